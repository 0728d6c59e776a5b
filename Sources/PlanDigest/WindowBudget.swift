/// How much of files may be mapped at once, and how it is shared out.
///
/// Every lane of every thread has a window it reads; where the bytes must come from the disk, half as large, and
/// another mapped ahead. Windows of 2 MiB and more let the kernel map whole huge pages of its cache, at a
/// tenth of the cost (Zen 3, hot: 20 % of the time in the kernel with 1 MiB, 3 % with 2). **Unit**: bytes.
struct WindowBudget: Sendable {
    /// All windows together.
    static let total = 32 << 20
    /// Beyond this, larger windows gain nothing. **Source**: bench, one stream and 8 lanes, hot and cold.
    static let largest = 4 << 20
    /// The least that is worth a mapping; 64 threads of 16 lanes stay within the budget.
    static let smallest = 32 << 10

    /// How many threads share the budget.
    let threads: Int

    /// The window for a thread that has `lanes` lanes alive.
    func windowBytes(lanes: Int) -> Int64 {
        let share = Self.total / (threads * max(1, lanes))
        var bytes = Self.largest
        while bytes > share && bytes > Self.smallest { bytes >>= 1 }
        return Int64(bytes)
    }
}
