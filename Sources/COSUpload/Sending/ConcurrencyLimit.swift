import Synchronization

/// Bounds how many requests are under way: at most `maximum`, half as many whenever the service throttles, and one
/// more after as many successes as are allowed. A class, because it is shared.
package final class ConcurrencyLimit: Sendable {
    private let maximum: Int
    private let permits: AsyncSemaphore
    private let successes = Mutex(0)

    package init(_ maximum: Int) {
        self.maximum = maximum
        permits = AsyncSemaphore(maximum)
    }

    /// How many requests may be under way now.
    package var limit: Int { permits.limit }

    /// Waits in line for a request's turn; ``leave()`` ends it.
    package func enter() async { await permits.take() }

    /// The request is over.
    package func leave() { permits.giveBack() }

    /// Takes what the service said of its load.
    ///
    /// - Returns: how many may be under way from here on, where that is fewer than before.
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

/// The two bounds on requests: one for files whose bytes go up in one request, one for slices of the others.
///
/// A small file is held up by the service's answers, not by its bytes, so many may be under way at once.
package struct ConcurrencyLimits: Sendable {
    /// Which bound a request falls under.
    package enum Lane: Hashable, Sendable {
        /// About a file whose bytes go up in one request.
        case smallFiles
        /// About a file of several slices.
        case slices
    }

    private let smallFiles: ConcurrencyLimit
    private let slices: ConcurrencyLimit

    package init(smallFiles: Int, slices: Int) {
        self.smallFiles = ConcurrencyLimit(smallFiles)
        self.slices = ConcurrencyLimit(slices)
    }

    package subscript(lane: Lane) -> ConcurrencyLimit {
        switch lane {
        case .smallFiles: smallFiles
        case .slices: slices
        }
    }
}
