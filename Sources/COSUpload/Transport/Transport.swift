/// The way to the service. One request goes out, one answer or one failure comes back.
///
/// The one that knows sockets is ``URLSessionTransport``. Around it stand, from the inside: whoever watches every
/// request (``WatchedTransport``), a fresh signature (``SigningTransport``), a bound on what is under way
/// (``ConcurrencyLimitedTransport``), a limit on bytes a second (``RateLimitedTransport``) and another try
/// (``RetryingTransport``). Each does one thing and can be tested with a scripted transport inside it.
package protocol Transport: Sendable {
    /// Sends `request` and waits for its answer.
    func send(_ request: ServiceRequest) async throws(TransportError) -> ServiceResponse
}
