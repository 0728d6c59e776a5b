import PlanCore

/// An answer of the service that is not success.
public struct ServiceError: Error, Hashable, Sendable {
    /// What was asked.
    public let operation: ServiceOperation
    /// The HTTP status.
    public let status: Int
    /// Wire `code`; nil where the answer was not the service's JSON.
    public let code: Int64?
    /// Wire `message`, or the first bytes of an answer that was not JSON. Foreign text.
    public let message: String
    /// Wire `request_id`, where there was one. Foreign text.
    public let requestID: String?

    /// An error with these fields.
    public init(operation: ServiceOperation, status: Int, code: Int64?, message: String, requestID: String?) {
        self.operation = operation
        self.status = status
        self.code = code
        self.message = message
        self.requestID = requestID
    }

    /// The answer `reply` to `operation`, taken as an error.
    public init(operation: ServiceOperation, reply: ServiceReply) {
        switch reply {
        case .json(let envelope):
            self.init(
                operation: operation, status: envelope.status, code: envelope.code,
                message: envelope.message, requestID: envelope.requestID)
        case .notJSON(let status, let firstBytes):
            self.init(
                operation: operation, status: status, code: nil,
                message: String(decoding: firstBytes, as: UTF8.self), requestID: nil)
        }
    }

    /// What is known of the code; nil for an unknown one.
    public var known: ServiceCode? {
        code.flatMap { ServiceCode.entry(code: $0, message: message) }
    }

    /// What the upload does about it.
    ///
    /// Statuses 429 and 5xx are worth a retry whatever the body says. An answer that is not JSON is, too,
    /// when its status claims success: something on the way answered in the service's place. A code nobody
    /// knows is refused.
    public var reaction: ServiceCode.Reaction {
        if status == 429 || status >= 500 { return .retry }
        guard code != nil else { return (200..<300).contains(status) ? .retry : .refuse }
        return known?.reaction ?? .refuse
    }

    /// Whether the service asks for fewer requests.
    public var isThrottling: Bool { status == 429 || status == 503 }

    /// Whether the service says that nothing is there: by a code that means it, or by a 404 whose code nobody
    /// knows (the code behind list's 404 is not documented).
    public var saysNothingThere: Bool {
        if known?.reaction == .beginAgain { return true }
        return status == 404 && code != nil && (known == nil || known?.reaction == .proceed)
    }
}

extension ServiceError {
    /// `status 503, code -181 (storage error)`: short, and without the service's own words.
    package var summary: String {
        guard let code else { return "status \(status), no JSON" }
        return "status \(status), code \(code)" + (known.map { " (\($0.meaning))" } ?? "")
    }
}

extension ServiceError: CustomStringConvertible {
    /// `finish: code -174 (the object's sha differs …), "message", request id X; what to do`.
    public var description: String { "\(finding); \(advice)" }

    /// What the service said, without what to do about it.
    var finding: String {
        guard let code else {
            let shown = message.isEmpty ? "an empty body" : "'\(message.escapedForDisplay(limit: 80))'"
            return "\(operation): status \(status) with \(shown) in place of the service's JSON"
        }
        let meaning = known.map { " (\($0.meaning))" } ?? ""
        let words = message.isEmpty ? "" : ", message '\(message.escapedForDisplay)'"
        let id = requestID.map { ", request id \($0.escapedForDisplay)" } ?? ""
        return "\(operation): code \(code)\(meaning), status \(status)\(words)\(id)"
    }

    /// What to do about it.
    var advice: String {
        guard code != nil else { return "check endpoint, region and proxy" }
        return known?.advice ?? "look the code up in the service's error table"
    }
}
