import PlanCore
import PlanDigest
import Synchronization

/// Where `verify --bytes` stands: files done, and the one being checked.
///
/// A class because the checking thread writes what the display reads.
final class BytesBoard: Sendable {
    private struct State {
        var doneBytes: Int64 = 0
        var doneFiles = 0
        var current: (name: String, size: Int64, progress: DigestProgress)?
    }

    private let totalBytes: Int64
    private let totalFiles: Int
    private let state = Mutex(State())

    init(totalBytes: Int64, totalFiles: Int) {
        self.totalBytes = totalBytes
        self.totalFiles = totalFiles
    }

    /// Begins with a file; `progress` is what the engine counts in.
    func begin(_ file: PlannedFile, progress: DigestProgress) {
        state.withLock { $0.current = (file.path.text, file.fileSize, progress) }
    }

    /// The file begun last is over.
    func end(_ file: PlannedFile) {
        state.withLock { state in
            state.current = nil
            state.doneBytes = state.doneBytes.addingClamped(file.fileSize)
            state.doneFiles += 1
        }
    }

    /// Where it stands now.
    var report: ProgressReport {
        state.withLock { state in
            var report = ProgressReport(phase: "checking")
            report.totalBytes = totalBytes
            report.totalFiles = totalFiles
            report.doneFiles = state.doneFiles
            report.doneBytes = state.doneBytes
            if let current = state.current {
                let done = min(current.progress.bytesDone, current.size)
                report.doneBytes = report.doneBytes.addingClamped(done)
                let phase = current.progress.phase == .diagnosing ? "finding what differs" : nil
                report.files = [
                    .init(name: current.name, doneBytes: done, totalBytes: current.size, phase: phase)
                ]
            }
            return report
        }
    }
}
