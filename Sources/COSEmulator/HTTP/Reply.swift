import COSProtocol
import PlanCore
import ServiceCore

/// What a request is answered with, before anything is done to it on its way.
struct Reply: Sendable {
    /// The HTTP status.
    var status: Int
    /// The header `Content-Type`; nil where there is no body.
    var contentType: String?
    var body: [UInt8]
    /// An object's bytes in place of `body`.
    var file: FileBody?
    /// What comes after the head and some white space.
    var later: Later?
    /// What Content-Length says of a body that HEAD leaves out.
    var headLength: Int64?
    /// Headers beside those that every reply has.
    var headers: [HeaderField] = []
    /// Wire `request_id`, which a header repeats.
    var requestID: String
    /// Whether the connection ends with it.
    var closes = false

    /// A body that lets wait for it.
    struct Later: Sendable {
        /// **Unit**: milliseconds.
        let milliseconds: Int64
        let body: [UInt8]
    }

    /// Success with these members of `data`.
    static func success(_ data: [(String, JSONValue)], requestID: String) -> Reply {
        json(status: 200, code: 0, message: "SUCCESS", data: ReplyData(.object(data)), requestID: requestID)
    }

    /// A refusal.
    static func refusal(_ refusal: Refusal, requestID: String) -> Reply {
        json(
            status: refusal.status, code: refusal.code, message: refusal.message, data: nil,
            requestID: requestID)
    }

    /// An envelope.
    static func json(
        status: Int, code: Int64, message: String, data: ReplyData?, requestID: String
    ) -> Reply {
        let envelope = ReplyEnvelope(
            status: status, code: code, message: message, requestID: requestID, data: data)
        return Reply(
            status: status, contentType: "application/json; charset=utf-8", body: envelope.encoded,
            requestID: requestID)
    }

    /// What the service's front answers where the bucket in the path is none.
    static func malformedBucket(requestID: String) -> Reply {
        let text = """
            <?xml version='1.0' encoding='utf-8' ?>
            <Error>
            \t<Code>InvalidBucketName</Code>
            \t<Message>The specified bucket is not valid.</Message>
            \t<RequestId>\(requestID)</RequestId>
            </Error>

            """
        return Reply(
            status: 400, contentType: "application/xml", body: Array(text.utf8), requestID: requestID)
    }

    /// A page of HTML, as the network before the service answers.
    static func html(status: Int, requestID: String) -> Reply {
        let text = """
            <html>
            <head><title>\(status)</title></head>
            <body><center><h1>\(status)</h1></center><hr><center>stgw</center></body>
            </html>

            """
        return Reply(status: status, contentType: "text/html", body: Array(text.utf8), requestID: requestID)
    }
}

extension Reply {
    /// A line of plain text.
    static func text(status: Int, _ text: String, requestID: String) -> Reply {
        Reply(
            status: status, contentType: text.isEmpty ? nil : "text/plain; charset=utf-8",
            body: Array(text.utf8), requestID: requestID)
    }
}

/// Bytes of a file that a reply carries.
struct FileBody: Sendable {
    let file: StoredFile
    let range: ByteRange
}
