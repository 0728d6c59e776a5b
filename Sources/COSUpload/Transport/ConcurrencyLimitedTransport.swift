import COSProtocol
import Synchronization

/// Bounds how many requests are under way: at most `limit`, half as many whenever the service throttles, and
/// one more after as many successes as are allowed. A class, because the bound is shared.
package final class ConcurrencyLimitedTransport: Transport {
    private let inner: any Transport
    private let most: Int
    private let permits: AsyncSemaphore
    private let successes = Mutex(0)
    private let isStopped: @Sendable () -> Bool
    private let warn: @Sendable (UploadWarning) -> Void

    /// - Parameter isStopped: whether what still waits in line shall not leave any more.
    package init(
        _ inner: any Transport, limit: Int, isStopped: @escaping @Sendable () -> Bool = { false },
        warn: @escaping @Sendable (UploadWarning) -> Void
    ) {
        self.inner = inner
        self.isStopped = isStopped
        most = limit
        permits = AsyncSemaphore(limit)
        self.warn = warn
    }

    /// How many requests may be under way now.
    package var limit: Int { permits.limit }

    package func send(_ request: ServiceRequest) async throws(TransportError) -> ServiceResponse {
        await permits.take()
        defer { permits.giveBack() }
        request.began()
        guard !isStopped() else { throw .cancelled }
        let response = try await inner.send(request)
        note(response.error(of: request.operation))
        return response
    }

    private func note(_ error: ServiceError?) {
        let lowered: Int? = successes.withLock { successes in
            let limit = permits.limit
            guard error?.isThrottling == true else {
                successes += 1
                if limit < most, successes >= limit {
                    successes = 0
                    permits.setLimit(limit + 1)
                }
                return nil
            }
            successes = 0
            guard limit > 1 else { return nil }
            permits.setLimit(limit / 2)
            return limit / 2
        }
        if let lowered { warn(.throttled(limit: lowered)) }
    }
}
