/// Where a command stands at one moment: what the bar and the log lines are made of.
struct ProgressReport: Sendable {
    /// One file under way.
    struct File: Sendable {
        var name: String
        var doneBytes: Int64
        var totalBytes: Int64
        /// What is happening to it where that is not moving bytes, such as `finishing`.
        var phase: String?
    }

    /// What the command is doing, such as `hashing`.
    var phase: String
    var doneBytes: Int64 = 0
    var totalBytes: Int64 = 0
    var doneFiles = 0
    var totalFiles = 0
    /// Requests that were sent again.
    var retries = 0
    /// Why the last of them was.
    var lastReason: String?
    /// What has been waited for, for some time, such as `the reply to finish /a, 45 s`.
    var wait: String?
    /// Whether the amounts are bytes; else they are only counted.
    var countsBytes = true
    /// Files under way, longest waiting first.
    var files: [File] = []
}
