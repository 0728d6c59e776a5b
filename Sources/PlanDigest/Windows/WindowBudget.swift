import PlanCore

/// How much file data may be in memory at once, and how it is divided.
///
/// **Unit**: bytes.
///
/// Page-cache pages that a lane reads count as the process's memory until it discards them. Each thread has a
/// budget, which its lanes share. If bytes must come from the disk, stretches are half as long and the next
/// one is read ahead.
struct WindowBudget: Sendable {
    /// The size of a huge page, which enters memory as a whole at the first touch if the page cache has one.
    static let hugePage = 2 << 20
    /// How much a reader maps at once if its stretches are whole huge pages.
    ///
    /// Mapping takes only address space, but blocks the page faults of other threads meanwhile.
    static let window = 64 << 20
    /// Files up to this size are read into a buffer, which is cheaper than a mapping.
    static let smallFile: Int64 = PartSize.step
    /// Longer stretches are not faster.
    ///
    /// **Source**: bench, one stream, hot and cold.
    private static let longest = 4 << 20
    /// The shortest stretch worth a mapping.
    private static let shortest = 32 << 10
    /// The budget of all threads together, for machines with very many processors.
    private static let total = 512 << 20

    /// The budget of one thread.
    let bytesPerThread: Int

    /// The budget for `threads` threads that hash one file: enough for its parts in 16 lanes.
    static func oneFile(threads: Int) -> WindowBudget { WindowBudget(16 << 20, threads: threads) }

    /// The budget for `threads` threads that hash many files: a huge page for each of 16 lanes.
    static func batch(threads: Int) -> WindowBudget { WindowBudget(32 << 20, threads: threads) }

    private init(_ bytesPerThread: Int, threads: Int) {
        self.bytesPerThread = min(bytesPerThread, Self.total / max(1, threads))
    }

    /// The length of a stretch for a thread with `lanes` active lanes.
    func stretchBytes(lanes: Int) -> Int64 {
        let share = bytesPerThread / max(1, lanes)
        var bytes = Self.longest
        while bytes > share && bytes > Self.shortest { bytes >>= 1 }
        return Int64(bytes)
    }

    /// How many consecutive parts share a mapping: as many as fit in half of a thread's budget; nil if the
    /// parts of `lanes` lanes exceed the budget, or if only one fits.
    ///
    /// Unmapping interrupts the other threads; large mappings make it rare. **Source**:
    /// `benchmarks/results/measured-choices.md`.
    func partsInBlock(_ pieceSize: Int64, lanes: Int) -> Int? {
        let count = bytesPerThread / 2 / Int(pieceSize)
        return count > 1 && Int(pieceSize) * lanes <= bytesPerThread ? count : nil
    }
}
