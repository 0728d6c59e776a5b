import PlanCore
import ServiceCore

/// An answer of the XML API or of S3 that is not success.
public struct XMLServiceError: Error, Hashable, Sendable {
    /// What was asked.
    public let operation: XMLOperation
    /// The HTTP status; may be 200 for finish, whose body says whether it worked.
    public let status: Int
    /// The text of `Code`; nil where the answer was not the service's, and for HEAD, which has no body. Foreign text.
    public let code: String?
    /// The text of `Message`, or the first bytes of an answer that was not the service's. Foreign text.
    public let message: String
    /// The service's name for the request. Foreign text.
    public let requestID: String?

    /// An error with these fields.
    public init(operation: XMLOperation, status: Int, code: String?, message: String, requestID: String?) {
        self.operation = operation
        self.status = status
        self.code = code
        self.message = message
        self.requestID = requestID
    }

    /// What is known of the code; nil for an unknown one.
    public var known: XMLCode? { code.flatMap(XMLCode.entry) }

    /// What the upload does about it.
    ///
    /// Statuses 429 and 5xx are worth a retry whatever the body says, but for 501; 401 means the credentials. An answer
    /// that is not the service's is, too, when its status claims success: something on the way answered in the service's
    /// place, or the answer was cut. A code nobody knows is refused.
    public var reaction: Reaction {
        if status == 401 { return .refuseCredentials }
        if status == 429 || (status >= 500 && status != 501) { return .retry }
        if let known { return known.reaction }
        switch status {
        case 200..<300: return code == nil ? .retry : .refuse
        case 403: return .refuseCredentials
        case 408: return .retry
        case 409, 412: return .compare
        default: return .refuse
        }
    }

    /// Whether the service asks for fewer requests.
    public var isThrottling: Bool { status == 429 || status == 503 || code == "SlowDown" }

    /// Whether the service says that no object is at the key.
    package var saysNothingThere: Bool {
        switch operation {
        case .head, .get: status == 404 && known != .noSuchBucket
        case .put, .begin, .part, .listParts, .listUploads, .finish, .versioning, .delete, .abort:
            known == .noSuchKey
        }
    }

    /// Whether the service says that no unfinished upload of the id is there.
    package var saysUploadGone: Bool { known == .noSuchUpload }

    /// Whether the pair may not ask this, or the store does not have it.
    package var saysNotAllowed: Bool {
        known == .accessDenied || known == .notImplemented || (code == nil && status == 403) || status == 405
            || status == 501
    }

    /// Whether somebody else writes the same key meanwhile.
    package var saysConflict: Bool { known == .conditionalRequestConflict || (known == nil && status == 409) }
}

extension XMLServiceError {
    /// `status 503, SlowDown (too many requests)`: short, and without the service's own words.
    package var summary: String {
        guard let code else { return "status \(status)" }
        guard let known else { return "status \(status), \(code.escapedForDisplay(limit: 64))" }
        return "status \(status), \(known.name) (\(known.meaning))"
    }

    /// What the service said, without what to do about it.
    public var finding: String {
        let id = requestID.map { ", request id \($0.escapedForDisplay)" } ?? ""
        guard let code else {
            if operation == .head { return "\(operation): status \(status)\(id)" }
            let shown = message.isEmpty ? "an empty body" : "'\(message.escapedForDisplay(limit: 80))'"
            return "\(operation): status \(status) with \(shown) in place of the service's XML\(id)"
        }
        let meaning = known.map { " (\($0.meaning))" } ?? ""
        let words = message.isEmpty ? "" : ", message '\(message.escapedForDisplay)'"
        return "\(operation): \(code.escapedForDisplay(limit: 64))\(meaning), status \(status)\(words)\(id)"
    }

    /// What to do about it.
    public var hint: String {
        if let known { return known.hint }
        if operation == .head, status == 403 {
            return "nothing may be at the key, or the secret id may not look at it; allow it to"
        }
        return code == nil
            ? "check endpoint, region and proxy" : "look the code up in the service's list of errors"
    }
}

extension XMLServiceError: CustomStringConvertible {
    /// `finish: NoSuchUpload (…), status 404, message '…', request id X; what to do`.
    public var description: String { "\(finding); \(hint)" }
}
