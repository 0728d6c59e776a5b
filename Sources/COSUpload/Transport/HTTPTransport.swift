import PlanCore
import ServiceCore

/// Sends one HTTP request and returns one reply or error.
///
/// It knows nothing about any store's API. ``URLSessionTransport`` is the production implementation;
/// ``RequestSender`` is the only caller.
package protocol HTTPTransport: Sendable {
    /// Sends `request` and waits for the reply.
    ///
    /// Takes the body out of the request and releases it when the exchange has ended.
    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse

    /// Ends all exchanges at once, and those that begin later: each is ``TransportError/cancelled``.
    func abandon()
}

extension HTTPTransport {
    /// For a transport whose replies never take long.
    package func abandon() {}
}

/// A request line and headers, without those that the transport adds (`Host`, `Content-Length`).
package struct HTTPHead: Sendable {
    /// `GET`, `POST`, `PUT`, `HEAD`.
    package let method: String
    /// The encoded path, with a leading slash.
    package let path: String
    /// The encoded query, without the question mark.
    package let query: String?
    /// In the order in which they are sent.
    package var headers: [(name: String, value: String)]

    package init(method: String, path: String, query: String?, headers: [(name: String, value: String)]) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
    }
}

/// A signed request, ready to be sent.
package struct HTTPRequest: Sendable {
    /// Identifies the request in events.
    package let subject: UploadEvent.Request
    /// The server it is sent to.
    package let endpoint: Endpoint
    /// Request line and headers.
    package let head: HTTPHead
    /// The body; nil for none.
    package let body: OutgoingBody?
    /// The maximum length of the reply.
    ///
    /// **Unit**: bytes.
    package let replyLimit: Int
    /// The maximum time from the request's last byte to the reply's last byte; nil for the configured one.
    ///
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

    /// The URL of the request.
    var url: String { endpoint.url(path: head.path, query: head.query) }
}

/// An unparsed reply.
package struct HTTPResponse: Sendable {
    /// The HTTP status.
    package let status: Int
    /// Names in lower case.
    package let headers: [String: String]
    /// The complete body.
    package let body: [UInt8]

    package init(status: Int, headers: [String: String] = [:], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The server's clock, from `Date`.
    ///
    /// **Unit**: Unix seconds.
    var serverTime: Int64? { headers["date"].flatMap(HTTPDate.unixSeconds) }

    /// The requested delay before a retry, from `Retry-After` (RFC 9110, section 10.2.3).
    ///
    /// **Unit**: seconds.
    ///
    /// The header is a number of seconds of any length, or a date, which is relative to the server's own
    /// `Date`, or to `now` without one. Nil if the header is missing or malformed.
    func retryAfter(now: Int64) -> Int64? {
        guard let text = headers["retry-after"] else { return nil }
        if let date = HTTPDate.unixSeconds(text) { return max(0, date - (serverTime ?? now)) }
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(text) ?? .max
    }
}
