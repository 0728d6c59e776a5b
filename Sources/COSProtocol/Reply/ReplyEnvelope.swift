import ServiceCore

/// The envelope of a reply: `{"code":…,"message":…,"request_id":…,"data":{…}}`.
///
/// **Source**: the init page, "响应体".
public struct ReplyEnvelope: Hashable, Sendable {
    /// The HTTP status.
    package let status: Int
    /// Wire `code`; 0 is success.
    package let code: Int64
    /// Wire `message`; empty if missing.
    ///
    /// Untrusted text.
    package let message: String
    /// Wire `request_id`, else the header `x-cos-request-id`.
    ///
    /// Untrusted text.
    package let requestID: String?
    /// Wire `data`; nil if it is missing or not an object.
    package let data: ReplyData?

    /// Creates an envelope.
    package init(status: Int, code: Int64, message: String, requestID: String?, data: ReplyData?) {
        self.status = status
        self.code = code
        self.message = message
        self.requestID = requestID
        self.data = data
    }

    /// Whether it reports success: `code` 0 and an HTTP status of 2xx.
    package var isSuccess: Bool { code == 0 && (200..<300).contains(status) }

    /// The reply's body, encoded as the service does.
    package var encoded: [UInt8] {
        var members: [(String, JSONValue)] = [
            (WireName.code, .integer(code)), (WireName.message, .string(message)),
        ]
        if let requestID { members.append((WireName.requestID, .string(requestID))) }
        if let data { members.append((WireName.data, data.value)) }
        return JSONValue.object(members).encoded
    }
}
