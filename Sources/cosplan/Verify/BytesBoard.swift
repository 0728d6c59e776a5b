import CosplanKit
import PlanCore
import PlanDigest
import Synchronization

/// The progress of `verify --bytes`: finished files, and those being checked.
///
/// A class, because the checking thread and the display share it.
final class BytesBoard: Sendable {
    private struct State {
        var doneBytes: Int64 = 0
        var doneFiles = 0
        /// Of the files that are over, those that were read to their end, and the sum of their sizes.
        var checkedFiles = 0
        var checkedBytes: Int64 = 0
        /// Of the files that are over, those that could not be read.
        var unreadFiles = 0
        /// Files that were started and not yet reported, in order.
        var current = ArraySlice<(path: LocalPath, size: Int64, progress: DigestProgress)>()
    }

    private let totalBytes: Int64
    private let totalFiles: Int
    private let state = Mutex(State())

    init(totalBytes: Int64, totalFiles: Int) {
        self.totalBytes = totalBytes
        self.totalFiles = totalFiles
    }

    /// Adds a file that is being checked; the engine updates `progress`.
    func begin(_ file: FileToCheck, progress: DigestProgress) {
        state.withLock { $0.current.append((file.entry.file.path, file.bytes, progress)) }
    }

    /// Marks the file that was started first, of those in progress, as over; `status` is nil if an interruption cut it
    /// short.
    func end(_ status: ExitStatus?) {
        state.withLock { state in
            guard let file = state.current.popFirst() else { return }
            state.doneBytes = state.doneBytes.addingClamped(file.size)
            state.doneFiles += 1
            switch status {
            case .done, .answerIsNo:
                state.checkedFiles += 1
                state.checkedBytes = state.checkedBytes.addingClamped(file.size)
            case nil: break
            default: state.unreadFiles += 1
            }
        }
    }

    /// What was checked, in `time`.
    func summary(in time: Duration) -> WorkSummary {
        state.withLock { state in
            var summary = WorkSummary(
                "checked", files: state.checkedFiles, bytes: state.checkedBytes, in: time)
            summary.unread = state.unreadFiles
            return summary
        }
    }

    /// The current progress.
    var report: ProgressReport {
        state.withLock { state in
            var report = ProgressReport(phase: "checking")
            report.totalBytes = totalBytes
            report.totalFiles = totalFiles
            report.doneFiles = state.doneFiles
            report.doneBytes = state.doneBytes
            for current in state.current {
                let done = min(current.progress.bytesDone, current.size)
                report.doneBytes = report.doneBytes.addingClamped(done)
                guard done > 0, current.progress.phase != .finished else { continue }
                let phase = current.progress.phase == .diagnosing ? "finding what differs" : nil
                report.files.append(
                    .init(name: current.path.text, doneBytes: done, totalBytes: current.size, phase: phase))
            }
            return report
        }
    }
}
