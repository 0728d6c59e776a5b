import COSUpload
import PlanDigest
import Synchronization

/// The progress of `verify --remote`.
///
/// A class, because the audit and the display share it.
final class RemoteBoard: Sendable {
    private struct Reading {
        let progress: DigestProgress
        let bytes: Int64
        let files: Int
    }

    private let progress: UploadProgress
    private let total: Int
    private let reading = Mutex<Reading?>(nil)

    /// Shows `progress` of `total` files.
    init(_ progress: UploadProgress, total: Int) {
        self.progress = progress
        self.total = total
    }

    /// Shows the reading of local files until ``endReading()``.
    func beginReading(_ progress: DigestProgress, bytes: Int64, files: Int) {
        reading.withLock { $0 = Reading(progress: progress, bytes: bytes, files: files) }
    }

    func endReading() { reading.withLock { $0 = nil } }

    /// The current progress.
    var report: ProgressReport {
        if let reading = reading.withLock({ $0 }) {
            var report = ProgressReport(phase: "reading")
            report.totalBytes = reading.bytes
            report.doneBytes = reading.progress.bytesDone
            report.totalFiles = reading.files
            report.doneFiles = reading.progress.filesDone
            return report
        }
        let now = progress.snapshot
        var report = ProgressReport(phase: "asking")
        report.unit = .steps
        report.totalFiles = total
        report.doneFiles = now.filesDone + now.filesFailed
        report.retries = now.retries
        report.lastReason = now.lastReason
        report.wait = now.longestWait.flatMap(ProgressReport.text(of:))
        return report
    }
}
