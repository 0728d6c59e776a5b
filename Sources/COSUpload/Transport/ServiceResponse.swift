import COSProtocol

/// What came back: the reply and the headers that matter.
package struct ServiceResponse: Sendable {
    /// The reply, read as far as it can be.
    package let reply: ServiceReply
    /// The service's clock, from `Date`. **Unit**: Unix seconds.
    package let serverTime: Int64?
    /// How long to wait before the next try, from `Retry-After`. **Unit**: seconds.
    package let retryAfter: Int64?

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
