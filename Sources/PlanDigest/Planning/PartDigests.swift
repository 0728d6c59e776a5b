import PlanCore

/// The plain SHA-1 of each part of one file, filled in by several threads.
///
/// A class, because the threads write to one table.
@safe final class PartDigests: @unchecked Sendable {
    // Safety: each part is written by one thread, once; reading begins after the last write, which the
    // scheduler's lock orders.
    private let digests: UnsafeMutablePointer<Digest>
    private let count: Int

    init(count: Int) {
        self.count = count
        unsafe digests = .allocate(capacity: count)
        unsafe digests.initialize(repeating: .ofNoBytes, count: count)
    }

    deinit { unsafe digests.deallocate() }

    subscript(part: Int) -> Digest {
        get {
            precondition(part >= 0 && part < count, "no such part")
            return unsafe digests[part]
        }
        set {
            precondition(part >= 0 && part < count, "no such part")
            unsafe digests[part] = newValue
        }
    }
}
