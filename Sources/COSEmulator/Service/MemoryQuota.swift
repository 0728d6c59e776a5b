import Synchronization

/// A limit on the bytes held in memory over all requests and sessions.
///
/// A class, because they share it.
final class MemoryQuota: Sendable {
    private let limit: Int
    private let held = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    /// Reserves `count` bytes; returns false if the limit would be exceeded.
    func take(_ count: Int) -> Bool {
        let (_, now) = held.add(count, ordering: .relaxed)
        guard now > limit else { return true }
        held.subtract(count, ordering: .relaxed)
        return false
    }

    /// Releases bytes.
    func give(_ count: Int) { held.subtract(count, ordering: .relaxed) }
}
