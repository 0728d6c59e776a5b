import PlanCore

/// What `-v` prints for a finished file.
struct WorkDone: CustomStringConvertible {
    /// For example `a.bin: 2.50 MiB, 3 parts`.
    let description: String

    init(_ path: LocalPath, _ bytes: Int64, parts: Int) {
        description = "\(path): \(ByteText.size(bytes)), \(counted(parts, "part"))"
    }
}

/// What a command did, said in one line at its end.
struct WorkSummary: Encodable {
    /// What it did, such as `planned`.
    let action: String
    /// Files that are done.
    let files: Int
    /// The sum of their sizes; nil where no bytes were moved.
    let bytes: Int64?
    /// How long it took.
    let seconds: Double
    /// Whether the bytes were read or sent, so that a rate means something.
    var movesBytes = true
    /// Of an upload: bytes that this run sent.
    var sentBytes: Int64?
    /// Of a plan that takes files over from an earlier one: bytes of the others, which were read.
    var readBytes: Int64?
    /// Of an upload: requests that were sent again.
    var retries: Int?
    /// Of an upload: files whose bytes the service had.
    var instant: Int?
    /// Of an upload: files that were at their keys.
    var alreadyThere: Int?
    /// Of an upload: files that the receipt says are there.
    var skipped: Int?
    /// Files that failed.
    var failed: Int?
    /// Files that were not begun, or not ended.
    var unfinished: Int?
    /// Of a check: files that could not be read.
    var unread: Int?

    init(_ action: String, files: Int, bytes: Int64?, in time: Duration) {
        self.action = action
        self.files = files
        self.bytes = bytes
        seconds = Self.rounded(time / .seconds(1))
    }

    /// **Unit**: bytes a second, of those that were sent or read.
    ///
    /// Nil where no time passed.
    var bytesPerSecond: Double? {
        guard movesBytes, let moved = sentBytes ?? readBytes ?? bytes, seconds > 0 else { return nil }
        return (Double(moved) / seconds).rounded()
    }

    /// `planned 2 files, 2.50 MiB, in 0.01s (250 MiB/s)`, and what else there is to say.
    var text: String {
        guard let bytes else { return "\(action) \(counted(files, "file")) \(pace)" }
        let moved = [("sent", sentBytes), ("read", readBytes)].compactMap { verb, count in
            count.flatMap { $0 == bytes ? nil : "\(verb) \(ByteText.size($0)) " }
        }
        let items =
            ["\(action) \(counted(files, "file"))", ByteText.size(bytes), moved.joined() + pace] + extras
        return items.joined(separator: ", ")
    }

    /// `in 0.01s (250 MiB/s)`.
    private var pace: String {
        let elapsed =
            seconds < 10 ? ByteText.fixed(seconds, decimals: 2) + "s" : ByteText.duration(seconds: seconds)
        return "in \(elapsed)" + (bytesPerSecond.map { " (\(ByteText.rate(bytesPerSecond: $0)))" } ?? "")
    }

    /// What is not nothing, in words.
    private var extras: [String] {
        let receipt = skipped == 1 ? "the receipt says it is there" : "the receipt says they are there"
        let words: [(Int?, String)] = [
            (retries, retries == 1 ? "retry" : "retries"), (instant, "instant"),
            (alreadyThere, "already there"), (skipped, "skipped: \(receipt)"), (failed, "failed"),
            (unfinished, "not finished"), (unread, "not read"),
        ]
        return words.compactMap { count, word in
            guard let count, count > 0 else { return nil }
            return "\(count) \(word)"
        }
    }

    /// `seconds` to the millisecond, which is what a JSON number should show of it.
    static func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }

    private enum CodingKeys: String, CodingKey {
        case action
        case files = "doneFiles"
        case bytes = "doneBytes"
        case seconds, bytesPerSecond, sentBytes, readBytes, retries, instant, alreadyThere, skipped
        case failed, unfinished, unread
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(action, forKey: .action)
        try fields.encode(files, forKey: .files)
        try fields.encodeIfPresent(bytes, forKey: .bytes)
        try fields.encode(seconds, forKey: .seconds)
        try fields.encodeIfPresent(bytesPerSecond, forKey: .bytesPerSecond)
        try fields.encodeIfPresent(sentBytes, forKey: .sentBytes)
        try fields.encodeIfPresent(readBytes, forKey: .readBytes)
        try fields.encodeIfPresent(retries, forKey: .retries)
        try fields.encodeIfPresent(instant, forKey: .instant)
        try fields.encodeIfPresent(alreadyThere, forKey: .alreadyThere)
        try fields.encodeIfPresent(skipped, forKey: .skipped)
        try fields.encodeIfPresent(failed, forKey: .failed)
        try fields.encodeIfPresent(unfinished, forKey: .unfinished)
        try fields.encodeIfPresent(unread, forKey: .unread)
    }
}
