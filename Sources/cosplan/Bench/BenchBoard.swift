import Synchronization

/// How many measurements are made, for the display. A class because the measuring thread writes what it reads.
final class BenchBoard: Sendable {
    private let total: Int
    private let done = Atomic(0)

    init(total: Int) { self.total = total }

    func step() { done.add(1, ordering: .relaxed) }

    var report: ProgressReport {
        var report = ProgressReport(phase: "measuring")
        report.doneFiles = done.load(ordering: .relaxed)
        report.totalBytes = Int64(total)
        report.doneBytes = Int64(report.doneFiles)
        report.countsBytes = false
        return report
    }
}
