import PlanCore

/// An answer of a service that is not success, whatever the API.
package protocol ServiceFailure: ExplainedError, Hashable, Sendable {
    /// What can be asked.
    associatedtype Operation: CustomStringConvertible

    /// What was asked.
    var operation: Operation { get }
    /// The HTTP status.
    var status: Int { get }
    /// The service's words, or the first bytes of an answer that was not the service's. Foreign text.
    var message: String { get }
    /// The service's name for the request, where there was one. Foreign text.
    var requestID: String? { get }
    /// What the upload does about it.
    var reaction: Reaction { get }
    /// Whether the service asks for fewer requests.
    var isThrottling: Bool { get }
    /// The status, the code and its meaning: short, and without the service's own words.
    var summary: String { get }
}

extension ServiceFailure {
    /// The service's name for the request, to end a finding with.
    package var requestIDText: String { requestID.map { ", request id \($0.escapedForDisplay)" } ?? "" }

    /// The finding for an answer with a code: `finish: code -174 (meaning), status 400, message '…', request id X`.
    package func finding(code: String, meaning: String?) -> String {
        "\(operation): \(code)\(meaning.map { " (\($0))" } ?? ""), status \(status)\(wordsText)"
    }

    /// The service's words and its name for the request, to end a finding with.
    package var wordsText: String {
        (message.isEmpty ? "" : ", message '\(message.escapedForDisplay)'") + requestIDText
    }

    /// The finding for an answer that is not in the service's `format`.
    package func finding(inPlaceOf format: String) -> String {
        let shown = message.isEmpty ? "an empty body" : "'\(message.escapedForDisplay(limit: 80))'"
        return
            "\(operation): status \(status) with \(shown) in place of the service's \(format)\(requestIDText)"
    }

    /// The finding where this answer was to say what is at the key; `first` is why that was asked.
    package func findingOfComparison(after first: Self?) -> String {
        (first.map { "\($0.finding); and it could not be compared: " }
            ?? "the object could not be compared: ") + finding
    }

    /// What to do where this answer was to say what is at the key.
    ///
    /// What `first` advises, to replace the object, would be to overwrite what nobody looked at.
    package var hintOfComparison: String { reaction == .retry ? "try again later" : hint }
}

/// How the upload of a file ended, whatever the API.
public enum UploadOutcome<Evidence, Refusal>: Hashable, Sendable
where Evidence: Hashable & Sendable, Refusal: Error & Hashable {
    /// The bytes went up and the service has them.
    case uploaded(Evidence)
    /// The service had the bytes; none went up.
    case instant(Evidence)
    /// An object was there, and it has the plan's bytes.
    case alreadyThere(Evidence)
    /// The object is not there, or another one is.
    case refused(Refusal)
}
