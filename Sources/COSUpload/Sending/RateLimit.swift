import Synchronization

/// Holds bodies back so that they leave at no more than so many bytes a second, on average over slices. A class,
/// because it is shared.
package final class RateLimit: Sendable {
    private let bytesPerSecond: Int64
    private let now: @Sendable () -> Duration
    /// When the way is free again.
    private let free: Mutex<Duration>

    /// - Parameter now: a clock that only goes forward; any origin.
    package init(bytesPerSecond: Int64, now: @escaping @Sendable () -> Duration) {
        precondition(bytesPerSecond > 0, "nothing would ever leave")
        self.bytesPerSecond = bytesPerSecond
        self.now = now
        free = Mutex(.zero)
    }

    /// How long a body of `count` bytes has to wait; it then counts as sent.
    package func pause(before count: Int) -> Duration {
        free.withLock { free in
            let now = now()
            let start = max(now, free)
            free = start + .seconds(Double(count) / Double(bytesPerSecond))
            return start - now
        }
    }
}
