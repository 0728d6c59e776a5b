import COSUpload

/// The progress of a command at one moment, for the bar, the log lines and the events.
struct ProgressReport: Sendable {
    /// A file in progress.
    struct File: Sendable {
        var name: String
        var doneBytes: Int64
        var totalBytes: Int64
        /// What is happening to it, if not the transfer of bytes, such as `finishing`.
        var phase: String?
    }

    /// What the amounts count.
    enum Unit: Sendable {
        /// Bytes, and beside them files.
        case bytes
        /// Files alone.
        case files
        /// Steps of the work; they stand in the fields of files.
        case steps
        /// Nothing: only the phase is known.
        case nothing
    }

    /// What the command is doing, such as `hashing`.
    var phase: String
    var unit = Unit.bytes
    /// Whether the totals are unknown.
    var isOpenEnded = false
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
    /// Files in progress, those started first in front.
    var files: [File] = []

    /// What of the unit is done.
    var done: Int64 { unit == .bytes ? doneBytes : Int64(doneFiles) }
    /// All there is of it.
    var total: Int64 { unit == .bytes ? totalBytes : Int64(totalFiles) }

    /// The time that the rest takes at this rate; nil where nothing moves, nothing is left or the total is unknown.
    func secondsLeft(bytesPerSecond: Double) -> Double? {
        guard unit == .bytes, !isOpenEnded, bytesPerSecond > 0, doneBytes < totalBytes else { return nil }
        return Double(totalBytes - doneBytes) / bytesPerSecond
    }
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
