import PlanCore
import ServiceCore

/// The way to a server: one HTTP request goes out, one answer or one failure comes back.
///
/// It knows sockets and nothing of any store's API. ``URLSessionTransport`` is the real one; ``RequestSender`` is the
/// only caller.
package protocol HTTPTransport: Sendable {
    /// Sends `request` and waits for its answer.
    ///
    /// It takes the body out of the request and lets go of it as soon as it has a copy of its own.
    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse
}

/// A request's line and headers, without those the transport adds (`Host`, `Content-Length`).
package struct HTTPHead: Sendable {
    /// `GET`, `POST`, `PUT`, `HEAD`.
    package let method: String
    /// The encoded path, with its leading slash.
    package let path: String
    /// The encoded query, without the question mark.
    package let query: String?
    /// In the order they are sent.
    package var headers: [(name: String, value: String)]

    package init(method: String, path: String, query: String?, headers: [(name: String, value: String)]) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
    }
}

/// One request, signed and ready to leave.
package struct HTTPRequest: Sendable {
    /// What it asks about which object.
    package let subject: UploadEvent.Request
    /// Which server it goes to.
    package let endpoint: Endpoint
    /// Line and headers.
    package let head: HTTPHead
    /// Nil for a request without one.
    package let body: OutgoingBody?
    /// The longest reply that is read. **Unit**: bytes.
    package let replyLimit: Int
    /// How long the reply may take from the request's last byte to its own; nil for what the configuration says.
    /// **Unit**: seconds.
    package let replySeconds: Int?

    package init(
        subject: UploadEvent.Request, endpoint: Endpoint, head: HTTPHead, body: OutgoingBody?,
        replyLimit: Int,
        replySeconds: Int? = nil
    ) {
        self.subject = subject
        self.endpoint = endpoint
        self.head = head
        self.body = body
        self.replyLimit = replyLimit
        self.replySeconds = replySeconds
    }

    /// Where it goes.
    var url: String { endpoint.url(path: head.path, query: head.query) }
}

/// An answer, before anything is read in it.
package struct HTTPResponse: Sendable {
    /// The HTTP status.
    package let status: Int
    /// Names in lower case.
    package let headers: [String: String]
    /// All of it.
    package let body: [UInt8]

    package init(status: Int, headers: [String: String] = [:], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The server's clock, from `Date`. **Unit**: Unix seconds.
    var serverTime: Int64? { headers["date"].flatMap(HTTPDate.unixSeconds) }

    /// How long to wait before the next try, from `Retry-After` (RFC 9110, section 10.2.3): a number of seconds, of
    /// any length, or a date, which counts from the server's own `Date`, else from `now`.
    /// **Unit**: seconds; nil where the header lacks or is anything else.
    func retryAfter(now: Int64) -> Int64? {
        guard let text = headers["retry-after"] else { return nil }
        if let date = HTTPDate.unixSeconds(text) { return max(0, date - (serverTime ?? now)) }
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(text) ?? .max
    }
}
