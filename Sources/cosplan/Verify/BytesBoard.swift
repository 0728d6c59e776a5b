import PlanCore
import PlanDigest
import Synchronization

/// Where `verify --bytes` stands: files done, and those being checked.
///
/// A class because the checking thread writes what the display reads.
final class BytesBoard: Sendable {
    private struct State {
        var doneBytes: Int64 = 0
        var doneFiles = 0
        /// Files that are begun and not reported, in their order.
        var current = ArraySlice<(name: String, size: Int64, progress: DigestProgress)>()
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
        state.withLock { $0.current.append((file.path.text, file.fileSize, progress)) }
    }

    /// The file that was begun first, of those that are not over, is over.
    func end() {
        state.withLock { state in
            guard let file = state.current.popFirst() else { return }
            state.doneBytes = state.doneBytes.addingClamped(file.size)
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
            for current in state.current {
                let done = min(current.progress.bytesDone, current.size)
                report.doneBytes = report.doneBytes.addingClamped(done)
                guard done > 0, current.progress.phase != .finished else { continue }
                let phase = current.progress.phase == .diagnosing ? "finding what differs" : nil
                report.files.append(
                    .init(name: current.name, doneBytes: done, totalBytes: current.size, phase: phase))
            }
            return report
        }
    }
}
