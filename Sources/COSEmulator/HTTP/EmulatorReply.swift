import COSProtocol
import PlanCore
import ServiceCore

/// The reply to a request, before faults are applied.
struct EmulatorReply: Sendable {
    /// The HTTP status.
    var status: Int
    /// The header `Content-Type`; nil if there is no body.
    var contentType: String?
    var body: [UInt8]
    /// A range of a file to send instead of `body`.
    var file: FileBody?
    /// A body that is sent later, after the head and some white space.
    var later: Later?
    /// The Content-Length of a reply to HEAD, which has no body.
    var headLength: Int64?
    /// Headers besides those that every reply has.
    var headers: [HeaderField] = []
    /// Wire `request_id`; also sent as a header.
    var requestID: String
    /// The name of that header.
    var requestIDHeader = WireName.requestIDHeader
    /// Whether the connection closes after it.
    var closes = false

    /// A delayed body.
    struct Later: Sendable {
        /// **Unit**: milliseconds.
        let milliseconds: Int64
        let body: [UInt8]
    }

    /// A success reply with these members of `data`.
    static func success(_ data: [(String, JSONValue)], requestID: String) -> EmulatorReply {
        json(status: 200, code: 0, message: "SUCCESS", data: ReplyData(.object(data)), requestID: requestID)
    }

    /// The reply for a refusal.
    static func refusal(_ refusal: Refusal, requestID: String) -> EmulatorReply {
        json(
            status: refusal.status, code: refusal.code, message: refusal.message, data: nil,
            requestID: requestID)
    }

    /// A reply with the JSON API's envelope.
    static func json(
        status: Int, code: Int64, message: String, data: ReplyData?, requestID: String
    ) -> EmulatorReply {
        let envelope = ReplyEnvelope(
            status: status, code: code, message: message, requestID: requestID, data: data)
        return EmulatorReply(
            status: status, contentType: "application/json; charset=utf-8", body: envelope.encoded,
            requestID: requestID)
    }

    /// The reply of the service's front end to an invalid bucket name in the path.
    static func malformedBucket(requestID: String) -> EmulatorReply {
        let text = """
            <?xml version='1.0' encoding='utf-8' ?>
            <Error>
            \t<Code>InvalidBucketName</Code>
            \t<Message>The specified bucket is not valid.</Message>
            \t<RequestId>\(requestID)</RequestId>
            </Error>

            """
        return EmulatorReply(
            status: 400, contentType: "application/xml", body: Array(text.utf8), requestID: requestID)
    }

    /// An HTML page, as a gateway in front of the service sends it.
    static func html(status: Int, requestID: String) -> EmulatorReply {
        let text = """
            <html>
            <head><title>\(status)</title></head>
            <body><center><h1>\(status)</h1></center><hr><center>stgw</center></body>
            </html>

            """
        return EmulatorReply(
            status: status, contentType: "text/html", body: Array(text.utf8), requestID: requestID)
    }
}

extension EmulatorReply {
    /// One line of plain text.
    static func text(status: Int, _ text: String, requestID: String) -> EmulatorReply {
        EmulatorReply(
            status: status, contentType: text.isEmpty ? nil : "text/plain; charset=utf-8",
            body: Array(text.utf8), requestID: requestID)
    }
}

/// A range of a file, sent as the body of a reply.
struct FileBody: Sendable {
    let file: StoredFile
    let range: ByteRange
}
