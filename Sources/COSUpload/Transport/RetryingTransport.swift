import COSProtocol

/// Makes a request again while that may help: after a lost reply, a throttled one, an error on the service's
/// side.
///
/// What helps is in ``COSProtocol/ServiceCode`` and ``TransportError``. When it does not, the last answer or
/// failure is given back.
package struct RetryingTransport: Transport {
    /// The longest that a `Retry-After` is obeyed. **Unit**: seconds.
    static let longestRetryAfter: Int64 = 120
    /// The shortest pause where few tries are made. **Unit**: seconds.
    static let pauseBeforeLastTry = 1.0

    let inner: any Transport
    let policy: RetryPolicy
    let random: @Sendable () -> Double
    let sleep: @Sendable (Duration) async -> Bool
    let tell: @Sendable (UploadEvent) -> Void
    let retried: @Sendable () -> Void

    /// - Parameters:
    ///   - random: draws from 0..<1.
    ///   - sleep: gives false where the upload stops meanwhile.
    ///   - tell: told of every retry before the pause.
    ///   - retried: told of every retry after it.
    package init(
        _ inner: any Transport, policy: RetryPolicy,
        random: @escaping @Sendable () -> Double = { .random(in: 0..<1) },
        sleep: @escaping @Sendable (Duration) async -> Bool,
        tell: @escaping @Sendable (UploadEvent) -> Void = { _ in },
        retried: @escaping @Sendable () -> Void
    ) {
        self.inner = inner
        self.policy = policy
        self.random = random
        self.sleep = sleep
        self.tell = tell
        self.retried = retried
    }

    package func send(_ request: ServiceRequest) async throws(TransportError) -> ServiceResponse {
        var attempt = 0
        while true {
            attempt += 1
            var leastPause = 0.0
            let reason: String
            do throws(TransportError) {
                let response = try await inner.send(request)
                guard let error = response.error(of: request.operation), error.reaction == .retry,
                    attempt <= policy.retries
                else {
                    return response
                }
                reason = error.summary
                leastPause = Double(min(response.retryAfter ?? 0, Self.longestRetryAfter))
            } catch {
                guard attempt <= min(policy.retries, error.retryLimit ?? .max) else { throw error }
                if error.retryLimit != nil { leastPause = Self.pauseBeforeLastTry }
                reason = error.finding
            }
            let pause = max(leastPause, random() * policy.longestPause(before: attempt))
            tell(.retry(.init(request), number: attempt, reason: reason, pause: pause))
            request.body?.rest()
            guard await sleep(.seconds(pause)) else { throw .cancelled }
            await request.body?.wake()
            retried()
        }
    }
}
