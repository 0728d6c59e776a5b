import Foundation
import PlanCore
import Synchronization

/// Shows how much of its inputs a command has read, until it is stopped: a large manifest, or a pipe that is slow.
struct ReadingProgress {
    /// What the reading thread writes and the display reads.
    ///
    /// A class because they share it.
    private final class Count: Sendable {
        let bytes = Atomic<Int64>(0)
    }

    private let count = Count()
    private let meter: ProgressMeter?

    /// Begins to show it; `names` are the inputs'.
    ///
    /// Where somebody types one of them, a bar would be in the way.
    init(_ style: ProgressMeter.Style, of names: [String]) {
        if names.contains("-"), isatty(STDIN_FILENO) == 1 {
            Console.standardError.note("reading standard input; Ctrl-D ends it")
            meter = nil
            return
        }
        meter = ProgressMeter(style: style, console: .standardError) { [count] in
            var report = ProgressReport(phase: "reading")
            report.isOpenEnded = true
            report.doneBytes = count.bytes.load(ordering: .relaxed)
            return report
        }
    }

    /// Counts what is read of `source`.
    func watch(_ source: any ByteSource) -> any ByteSource {
        WatchedSource(source) { [count] in count.bytes.add(Int64($0), ordering: .relaxed) }
    }

    /// Stops and takes the bar away.
    func stop() { meter?.stop() }
}

/// A byte source that tells how many bytes were read.
///
/// A class, because it is a position.
private final class WatchedSource: ByteSource {
    private let source: any ByteSource
    private let tell: (Int) -> Void

    init(_ source: any ByteSource, tell: @escaping (Int) -> Void) {
        self.source = source
        self.tell = tell
    }

    func read(upTo count: Int) throws -> [UInt8] {
        let bytes = try source.read(upTo: count)
        tell(bytes.count)
        return bytes
    }

    func rewind() throws { try source.rewind() }
}

/// Shows how many files a search has found, until it is stopped.
struct FindingProgress {
    private final class Count: Sendable {
        let files = Atomic<Int>(0)
    }

    private let count = Count()
    private let meter: ProgressMeter?

    /// Begins to show it.
    ///
    /// Where somebody types the names, a bar would be in the way.
    init(_ style: ProgressMeter.Style, readsTerminal: Bool) {
        if readsTerminal {
            Console.standardError.note("reading names from standard input; Ctrl-D ends them")
            meter = nil
            return
        }
        meter = ProgressMeter(style: style, console: .standardError) { [count] in
            var report = ProgressReport(phase: "finding files")
            report.unit = .files
            report.isOpenEnded = true
            report.doneFiles = count.files.load(ordering: .relaxed)
            return report
        }
    }

    /// Says how many were found so far.
    var found: @Sendable (Int) -> Void {
        { [count] in count.files.store($0, ordering: .relaxed) }
    }

    /// Stops and takes the bar away.
    func stop() { meter?.stop() }
}
