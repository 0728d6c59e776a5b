import COSUpload
import PlanCore

/// What has become of a push's files so far.
struct PushTally {
    /// Files that are at their keys now through this run, by how.
    private(set) var uploaded = 0
    private(set) var instant = 0
    private(set) var alreadyThere = 0
    /// Files that the receipt says are there.
    private(set) var skipped = 0
    private(set) var failures: [ExitStatus] = []
    /// Of the files that are done.
    private(set) var bytes: Int64 = 0
    /// Bytes that went up, and requests that were made again.
    private(set) var sentBytes: Int64 = 0
    private(set) var retries = 0

    /// Files that are done.
    var done: Int { uploaded + instant + alreadyThere }
    /// Files that came to an end, good or bad.
    var ended: Int { done + skipped + failures.count }

    /// A file is at its key.
    mutating func add(_ result: Receipt.Result, bytes: Int64) {
        switch result {
        case .uploaded: uploaded += 1
        case .instant: instant += 1
        case .alreadyThere: alreadyThere += 1
        case .failed: return
        }
        self.bytes = self.bytes.addingClamped(bytes)
    }

    /// A file of a dry run would go up.
    mutating func wouldSend(bytes: Int64) { add(.uploaded, bytes: bytes) }

    /// The receipt says that a file is there.
    mutating func skip() { skipped += 1 }

    /// A file failed.
    mutating func fail(_ status: ExitStatus) { failures.append(status) }

    /// What a session counted, at its end.
    mutating func add(_ progress: UploadProgress.Snapshot) {
        sentBytes = sentBytes.addingClamped(progress.bytesSent)
        retries += progress.retries
    }

    /// `pushed 3 files, …`, where `files` were to go up.
    func summary(_ action: String, of files: Int, in time: Duration) -> WorkSummary {
        var summary = WorkSummary(action, files: done, bytes: bytes, in: time)
        summary.sentBytes = sentBytes
        summary.retries = retries
        summary.instant = instant
        summary.alreadyThere = alreadyThere
        summary.skipped = skipped
        summary.failed = failures.count
        summary.unfinished = files - ended
        return summary
    }
}
