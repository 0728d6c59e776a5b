import COSProtocol

/// What came back: the reply and the headers that matter.
package struct ServiceResponse: Sendable {
    /// The reply, read as far as it can be.
    package let reply: ServiceReply
    /// The service's clock, from `Date`. **Unit**: Unix seconds.
    package let serverTime: Int64?
    /// How long to wait before the next try, from `Retry-After`. **Unit**: seconds.
    package let retryAfter: Int64?

    /// Reads a `Retry-After` header (RFC 9110, section 10.2.3): a number of seconds, of any length, or a date,
    /// which counts from `now`. **Unit**: seconds; nil for anything else.
    package static func retryAfter(_ text: String, now: Int64) -> Int64? {
        if let date = HTTPDate.unixSeconds(text) { return max(0, date - now) }
        let digits = text.utf8.prefix { (48...57).contains($0) }
        guard !digits.isEmpty, digits.count == text.utf8.count else { return nil }
        return Int64(text) ?? .max
    }

    package init(reply: ServiceReply, serverTime: Int64? = nil, retryAfter: Int64? = nil) {
        self.reply = reply
        self.serverTime = serverTime
        self.retryAfter = retryAfter
    }

    /// The reply as an error; nil for a success.
    package func error(of operation: ServiceOperation) -> ServiceError? {
        if case .json(let envelope) = reply, envelope.isSuccess { return nil }
        return ServiceError(operation: operation, reply: reply)
    }
}
