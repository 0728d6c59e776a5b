import Synchronization

/// How many bytes wait in memory, over all requests and sessions, and how many may. Shared, so a class.
final class MemoryQuota: Sendable {
    private let limit: Int
    private let held = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    /// Takes room for `count` bytes if there is any.
    func take(_ count: Int) -> Bool {
        let (_, now) = held.add(count, ordering: .relaxed)
        guard now > limit else { return true }
        held.subtract(count, ordering: .relaxed)
        return false
    }

    /// Gives room back.
    func give(_ count: Int) { held.subtract(count, ordering: .relaxed) }
}
