import Synchronization

/// Adaptive limit on concurrent requests: at most `maximum`, halved when the service throttles, and raised by
/// one after as many successes as the current limit.
///
/// A class, because it is shared.
package final class ConcurrencyLimit: Sendable {
    private let maximum: Int
    private let permits: AsyncSemaphore
    private let successes = Mutex(0)

    package init(_ maximum: Int) {
        self.maximum = maximum
        permits = AsyncSemaphore(maximum)
    }

    /// The current limit.
    package var limit: Int { permits.limit }

    /// Waits for a free slot; ``leave()`` releases it.
    package func enter() async { await permits.take() }

    /// Releases the slot.
    package func leave() { permits.giveBack() }

    /// Adjusts the limit to the service's reply.
    ///
    /// - Returns: the new limit if it was lowered; else nil.
    package func note(isThrottling: Bool) -> Int? {
        successes.withLock { successes in
            let limit = permits.limit
            guard isThrottling else {
                successes += 1
                if limit < maximum, successes >= limit {
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
    }
}

/// Two limits on concurrent requests: one for files sent in one request, one for slices of larger files.
///
/// A small file mostly waits for replies, so many can be in flight at once.
package struct ConcurrencyLimits: Sendable {
    /// Which limit applies to a request.
    package enum Bound: Hashable, Sendable {
        /// A request about a file that is sent in one request.
        case smallFiles
        /// A request about a file of several slices.
        case slices
    }

    private let smallFiles: ConcurrencyLimit
    private let slices: ConcurrencyLimit

    package init(smallFiles: Int, slices: Int) {
        self.smallFiles = ConcurrencyLimit(smallFiles)
        self.slices = ConcurrencyLimit(slices)
    }

    package subscript(bound: Bound) -> ConcurrencyLimit {
        switch bound {
        case .smallFiles: smallFiles
        case .slices: slices
        }
    }
}
