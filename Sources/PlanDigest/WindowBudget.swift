/// How much of files may be mapped at once, and how it is shared out.
///
/// Every lane of every thread has a window it reads and one mapped ahead. **Unit**: bytes.
struct WindowBudget: Sendable {
    /// All windows together.
    static let total = 32 << 20
    /// Beyond this, larger windows gain nothing. **Source**: bench, one stream and 8 lanes, hot and cold.
    static let largest = 4 << 20
    /// The least that is worth a mapping; 64 threads of 16 lanes stay within the budget.
    static let smallest = 16 << 10

    /// How many threads share the budget.
    let threads: Int

    /// The window for a thread that has `lanes` lanes alive.
    func windowBytes(lanes: Int) -> Int64 {
        let share = Self.total / (2 * threads * max(1, lanes))
        var bytes = Self.largest
        while bytes > share && bytes > Self.smallest { bytes >>= 1 }
        return Int64(bytes)
    }
}
