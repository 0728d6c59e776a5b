import PlanCore
import ServiceCore

/// A reply of the service that is not success.
public struct ServiceError: ExplainedError, ServiceFailure {
    /// The operation.
    package let operation: ServiceOperation
    /// The HTTP status.
    public let status: Int
    /// Wire `code`; nil if the reply was not the service's JSON.
    public let code: Int64?
    /// Wire `message`, or the first bytes of a reply that was not JSON.
    ///
    /// Untrusted text.
    package let message: String
    /// Wire `request_id`, if present.
    ///
    /// Untrusted text.
    public let requestID: String?

    /// Creates an error.
    package init(operation: ServiceOperation, status: Int, code: Int64?, message: String, requestID: String?)
    {
        self.operation = operation
        self.status = status
        self.code = code
        self.message = message
        self.requestID = requestID
    }

    /// Creates the error for `reply` to `operation`.
    package init(operation: ServiceOperation, reply: ServiceReply) {
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

    /// The known entry for the code; nil if unknown.
    ///
    /// Code 0 is also nil, because an error with the code of success has no meaning.
    package var known: ServiceCode? {
        code.flatMap { $0 == 0 ? nil : ServiceCode.entry(code: $0, message: message) }
    }

    /// The reaction of an upload.
    ///
    /// Some statuses take precedence over the body: 401 concerns the credentials, 407 a proxy; 429 and 5xx
    /// other than 501 are retried. A reply that is not JSON but has a success status is retried as well: an
    /// intermediary replied instead of the service. An error document of another API is refused whatever the
    /// status: another try would meet the same server. 403 never means a lost session. Unknown codes are refused.
    package var reaction: Reaction {
        if isOfXMLAPI { return .refuse }
        let known = known?.reaction
        switch status {
        case 401: return known == .signAgain ? .signAgain : .refuseCredentials
        case 407: return .refuseConfiguration
        case 429, 500, 502...: return .retry
        case 403 where known == .beginAgain: return .refuse
        case 200..<300 where code == nil: return .retry
        default: return known ?? .refuse
        }
    }

    /// Whether the service throttles.
    package var isThrottling: Bool { (status == 429 || status == 503) && !isOfXMLAPI }

    /// Whether the reply is an error document of the XML API or S3.
    package var isOfXMLAPI: Bool { code == nil && Self.beginsAsErrorDocument(message.utf8[...]) }

    /// Whether `text` begins as XML whose root is `Error`; a page of a proxy has another root.
    private static func beginsAsErrorDocument(_ text: Substring.UTF8View) -> Bool {
        var rest = text.starts(with: [0xef, 0xbb, 0xbf]) ? text.dropFirst(3) : text
        while true {
            rest = rest.drop { [0x09, 0x0a, 0x0d, 0x20].contains($0) }
            // The declaration and comments before the root.
            guard rest.starts(with: "<?".utf8) || rest.starts(with: "<!--".utf8) else { break }
            guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
            rest = rest[rest.index(after: end)...]
        }
        let root = "<Error"
        return rest.starts(with: root.utf8)
            && rest.dropFirst(root.utf8.count).first.map {
                [0x09, 0x0a, 0x0d, 0x20, 0x2f, 0x3e].contains($0)
            } ?? false
    }

    /// Whether the service reports that nothing is there: by a code with that meaning, or by a 404 with an
    /// unknown code (the code of list's 404 is not documented).
    package var saysNothingThere: Bool {
        reaction == .beginAgain || (status == 404 && code != nil && known == nil)
    }

    /// Whether it may mean that the session is unknown to the service.
    ///
    /// The code for that is not documented, so an unknown code may mean it, unless the status indicates
    /// another error.
    var mayMeanDeadSession: Bool {
        if saysNothingThere { return true }
        guard code != nil, known == nil, reaction == .refuse else { return false }
        return (200..<300).contains(status) || [400, 404, 409, 410].contains(status)
    }

    /// Whether it reports that the bytes or their digests differ from those at the start of the upload.
    var isAboutDigests: Bool {
        switch known {
        case .badSHA?, .shaDiffers?, .sizeDiffers?: reaction == .refuse
        default: false
        }
    }
}

extension ServiceError {
    /// For example `status 503, code -181 (storage error)`; does not contain the service's own text.
    package var summary: String {
        guard let code else { return "status \(status), no JSON" }
        return "status \(status), code \(code)" + (known.map { " (\($0.meaning))" } ?? "")
    }
}

extension ServiceError {
    /// What the service reported, without advice.
    public var finding: String {
        guard let code else { return finding(inPlaceOf: "JSON") }
        if code == 0 { return "\(operation): status \(status), though its code 0 says success\(wordsText)" }
        return finding(code: "code \(code)", meaning: known?.meaning)
    }

    /// What to do about it.
    public var hint: String {
        if isOfXMLAPI { return "the endpoint answers XML: is the XML API or S3 meant?" }
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
        if reaction == .retry, code != nil { return "try again later" }
        guard let code, code != 0 else { return "check endpoint, region and proxy" }
        return "look the code up in the service's error table"
    }
}
