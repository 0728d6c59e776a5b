import COSProtocol

/// Makes a request again while that may help: after a lost reply, a throttled one, an error on the service's
/// side.
///
/// What helps is in ``COSProtocol/ServiceCode`` and ``TransportError``. When it does not, the last answer or
/// failure is given back.
package struct RetryingTransport: Transport {
    /// The longest that a `Retry-After` is obeyed. **Unit**: seconds.
    static let longestRetryAfter: Int64 = 120

    let inner: any Transport
    let policy: RetryPolicy
    let random: @Sendable () -> Double
    let sleep: @Sendable (Duration) async -> Bool
    let retried: @Sendable () -> Void

    /// - Parameters:
    ///   - random: draws from 0..<1.
    ///   - sleep: gives false where the upload stops meanwhile.
    ///   - retried: told of every retry.
    package init(
        _ inner: any Transport, policy: RetryPolicy,
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) },
        sleep: @escaping @Sendable (Duration) async -> Bool, retried: @escaping @Sendable () -> Void
    ) {
        self.inner = inner
        self.policy = policy
        self.random = random
        self.sleep = sleep
        self.retried = retried
    }

    package func send(_ request: ServiceRequest) async throws(TransportError) -> ServiceResponse {
        var attempt = 0
        while true {
            attempt += 1
            var leastPause = 0.0
            do throws(TransportError) {
                let response = try await inner.send(request)
                guard response.error(of: request.operation)?.reaction == .retry, attempt <= policy.retries
                else {
                    return response
                }
                leastPause = Double(min(response.retryAfter ?? 0, Self.longestRetryAfter))
            } catch {
                guard error.isTransient, attempt <= policy.retries else { throw error }
            }
            let pause = max(leastPause, random() * policy.longestPause(before: attempt))
            guard await sleep(.seconds(pause)) else { throw .cancelled }
            retried()
        }
    }
}
