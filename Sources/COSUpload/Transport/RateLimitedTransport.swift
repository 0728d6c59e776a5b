import Synchronization

/// Holds bodies back so that they leave at no more than so many bytes a second, on average over slices.
package final class RateLimitedTransport: Transport {
    private let inner: any Transport
    private let bytesPerSecond: Int64
    private let sleep: @Sendable (Duration) async -> Bool
    private let now: @Sendable () -> Duration
    /// When the way is free again.
    private let free: Mutex<Duration>

    /// - Parameters:
    ///   - now: a clock that only goes forward; any origin.
    ///   - sleep: gives false where the upload stops meanwhile.
    package init(
        _ inner: any Transport, bytesPerSecond: Int64, now: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async -> Bool
    ) {
        precondition(bytesPerSecond > 0, "nothing would ever leave")
        self.inner = inner
        self.bytesPerSecond = bytesPerSecond
        self.now = now
        self.sleep = sleep
        free = Mutex(.zero)
    }

    package func send(_ request: ServiceRequest) async throws(TransportError) -> ServiceResponse {
        let count = Int64(request.body?.count ?? 0)
        let wait = free.withLock { free in
            let now = now()
            let start = max(now, free)
            free = start + .seconds(Double(count) / Double(bytesPerSecond))
            return start - now
        }
        if wait > .zero {
            guard await sleep(wait) else { throw .cancelled }
        }
        return try await inner.send(request)
    }
}
