import PlanCore

/// How much of files may be in memory at once, and how it is shared out. **Unit**: bytes.
///
/// Page-cache pages that a lane reads count as the process's memory until it gives them back. Every thread may have so
/// many, shared among its lanes; where bytes must come from the disk stretches are half as long, and another is read
/// ahead.
struct WindowBudget: Sendable {
    /// What the kernel maps in one piece, where its cache has it in one: it enters memory whole at the first touch.
    static let hugePage = 2 << 20
    /// How much a reader maps at once where its stretches are whole huge pages. Mapping takes address space and no
    /// memory, but stops the other threads' page faults while it is done.
    static let window = 64 << 20
    /// Up to this size a file is read into a buffer: less work for the kernel than a mapping.
    static let smallFile: Int64 = PartSize.step
    /// Beyond this, longer stretches gain nothing. **Source**: bench, one stream, hot and cold.
    private static let longest = 4 << 20
    /// The least that is worth a mapping.
    private static let shortest = 32 << 10
    /// All threads together, on machines with very many processors.
    private static let total = 512 << 20

    /// What one thread may have.
    let bytesPerThread: Int

    /// The budget of `threads` threads that hash one file; a file's parts, hashed side by side in 16 lanes, fit.
    static func oneFile(threads: Int) -> WindowBudget { WindowBudget(16 << 20, threads: threads) }

    /// The budget of `threads` threads that hash many files: 16 lanes have a huge page each.
    static func batch(threads: Int) -> WindowBudget { WindowBudget(32 << 20, threads: threads) }

    private init(_ bytesPerThread: Int, threads: Int) {
        self.bytesPerThread = min(bytesPerThread, Self.total / max(1, threads))
    }

    /// The stretch for a thread that has `lanes` lanes alive.
    func stretchBytes(lanes: Int) -> Int64 {
        let share = bytesPerThread / max(1, lanes)
        var bytes = Self.longest
        while bytes > share && bytes > Self.shortest { bytes >>= 1 }
        return Int64(bytes)
    }

    /// How many consecutive parts share a mapping: as many as half of what a thread may have holds; none where so many
    /// in `lanes` lanes are more than a thread may have, or where that half holds but one.
    ///
    /// Unmapping interrupts the other threads: large mappings make it rare.
    /// **Source**: `benchmarks/results/measured-choices.md`.
    func partsInBlock(_ pieceSize: Int64, lanes: Int) -> Int? {
        let count = bytesPerThread / 2 / Int(pieceSize)
        return count > 1 && Int(pieceSize) * lanes <= bytesPerThread ? count : nil
    }
}
