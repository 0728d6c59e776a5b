import COSUpload

/// The progress of a command at one moment, for the bar and the log lines.
struct ProgressReport: Sendable {
    /// A file in progress.
    struct File: Sendable {
        var name: String
        var doneBytes: Int64
        var totalBytes: Int64
        /// What is happening to it, if not the transfer of bytes, such as `finishing`.
        var phase: String?
    }

    /// What the command is doing, such as `hashing`.
    var phase: String
    var doneBytes: Int64 = 0
    var totalBytes: Int64 = 0
    var doneFiles = 0
    var totalFiles = 0
    /// The number of retries.
    var retries = 0
    /// The reason of the last retry.
    var lastReason: String?
    /// What a request has been waiting for, such as `the reply to finish /a, 45 s`.
    var wait: String?
    /// Whether the amounts are bytes; otherwise they are plain counts.
    var countsBytes = true
    /// Files in progress, those started first in front.
    var files: [File] = []
}

extension ProgressReport {
    /// The text of a wait that is long enough to report.
    static func text(of wait: UploadProgress.Wait) -> String? {
        guard wait.seconds >= 5 else { return nil }
        let subject =
            switch wait.subject {
            case .connection: "a connection for"
            case .sending: "the service to take"
            case .reply: "the reply to"
            }
        return "\(subject) \(wait.request), \(wait.seconds) s"
    }
}
