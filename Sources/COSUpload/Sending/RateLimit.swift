import Synchronization

/// Delays bodies so that the average rate over several slices stays below a limit.
///
/// A class, because it is shared.
package final class RateLimit: Sendable {
    private let bytesPerSecond: Int64
    private let now: @Sendable () -> Duration
    /// When the next body may start.
    private let free: Mutex<Duration>

    /// Creates a limit; `now` is a monotonic clock with any origin.
    package init(bytesPerSecond: Int64, now: @escaping @Sendable () -> Duration) {
        precondition(bytesPerSecond > 0, "nothing would ever leave")
        self.bytesPerSecond = bytesPerSecond
        self.now = now
        free = Mutex(.zero)
    }

    /// How long a body of `count` bytes has to wait.
    ///
    /// It counts as sent from then on.
    package func pause(before count: Int) -> Duration {
        free.withLock { free in
            let now = now()
            let start = max(now, free)
            free = start + .seconds(Double(count) / Double(bytesPerSecond))
            return start - now
        }
    }
}
