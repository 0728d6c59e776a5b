import PlanCore
import ServiceCore

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

    /// What is known of the code; nil for an unknown one, and for 0: an error that calls itself a success has no
    /// code that says anything.
    public var known: ServiceCode? {
        code.flatMap { $0 == 0 ? nil : ServiceCode.entry(code: $0, message: message) }
    }

    /// What the upload does about it.
    ///
    /// Statuses that speak for themselves win over the body: 401 is about the credentials, 407 about a proxy, 429 and
    /// 5xx are worth a retry. An answer that is not JSON is worth one, too, when its status claims success: something
    /// on the way answered in the service's place. A 403 never means a lost session. A code nobody knows is refused.
    public var reaction: Reaction {
        let known = known?.reaction
        switch status {
        case 401: return known == .signAgain ? .signAgain : .refuseCredentials
        case 407: return .refuseConfiguration
        case 429, 500...: return .retry
        case 403 where known == .beginAgain: return .refuse
        case 200..<300 where code == nil: return .retry
        default: return known ?? .refuse
        }
    }

    /// Whether the service asks for fewer requests.
    public var isThrottling: Bool { status == 429 || status == 503 }

    /// Whether the service says that nothing is there: by a code that means it, or by a 404 whose code nobody
    /// knows (the code behind list's 404 is not documented).
    public var saysNothingThere: Bool {
        reaction == .beginAgain || (status == 404 && code != nil && known == nil)
    }

    /// Whether it may be the answer to a session that is no longer known. The code for that is not documented, so
    /// an unknown code may be it, unless the status says that something else is wrong.
    var mayMeanDeadSession: Bool {
        if saysNothingThere { return true }
        guard code != nil, known == nil, reaction == .refuse else { return false }
        return (200..<300).contains(status) || [400, 404, 409, 410].contains(status)
    }

    /// Whether it says that the bytes or their digests are not what the upload was begun with.
    var isAboutDigests: Bool {
        switch known {
        case .badSHA?, .shaDiffers?, .sizeDiffers?: reaction == .refuse
        default: false
        }
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
    public var description: String { "\(finding); \(hint)" }

    /// What the service said, without what to do about it.
    public var finding: String {
        guard let code else {
            let shown = message.isEmpty ? "an empty body" : "'\(message.escapedForDisplay(limit: 80))'"
            return "\(operation): status \(status) with \(shown) in place of the service's JSON"
        }
        let words = message.isEmpty ? "" : ", message '\(message.escapedForDisplay)'"
        let id = requestID.map { ", request id \($0.escapedForDisplay)" } ?? ""
        if code == 0 { return "\(operation): status \(status), though its code 0 says success\(words)\(id)" }
        let meaning = known.map { " (\($0.meaning))" } ?? ""
        return "\(operation): code \(code)\(meaning), status \(status)\(words)\(id)"
    }

    /// What to do about it.
    public var hint: String {
        switch reaction {
        case .refuseCredentials where known?.reaction != .refuseCredentials:
            return "the signature was refused: check secret id and key, and that appid and secret id belong "
                + "together"
        case .refuseConfiguration:
            return "the proxy asks for a name and a password: write them into the proxy's URL "
                + "(http://name:password@host:port), or go around it with no_proxy"
        default: break
        }
        if let known { return known.hint }
        if reaction == .retry, code != nil { return "run the same command again later" }
        guard let code, code != 0 else { return "check endpoint, region and proxy" }
        return "look the code up in the service's error table"
    }
}
