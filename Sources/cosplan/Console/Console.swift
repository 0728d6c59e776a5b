import Foundation
import PlanCore
import Synchronization

/// Writes whole lines to standard error above the progress bar, one writer at a time.
///
/// If standard output is the same terminal, its lines are written through here as well.
///
/// A class, because there is one terminal and one bar.
final class Console: Sendable {
    /// How much is printed.
    enum Verbosity: Int, Comparable, Sendable {
        case quiet, normal, verbose
        static func < (left: Verbosity, right: Verbosity) -> Bool { left.rawValue < right.rawValue }
    }

    private struct State {
        /// The lines of the bar, directly above the cursor.
        var bar: [String] = []
        var verbosity = Verbosity.normal
        /// Whether every line is a JSON object.
        var isJSON = false
        /// Whether the final message was printed.
        var isClosed = false
    }

    /// The console of the process.
    static let standardError = Console()

    /// When the command began.
    static let start = ContinuousClock.now

    /// Since the command began.
    ///
    /// **Unit**: seconds.
    private static var elapsed: Double { (.now - start) / .seconds(1) }

    private let state = Mutex(State())

    /// Sets the verbosity, and whether every line is a JSON object.
    func set(_ verbosity: Verbosity, asJSON isJSON: Bool = false) {
        state.withLock { state in
            state.verbosity = verbosity
            state.isJSON = isJSON
        }
    }

    /// Prints an error.
    ///
    /// Printed at every verbosity.
    func error(_ message: String) {
        say(.message(.error, message), "cosplan: error: \(message)", from: .quiet)
    }

    /// Prints why the command failed, and nothing afterwards.
    func end(error message: String) {
        say(.message(.error, message), "cosplan: error: \(message)", from: .quiet, isLast: true)
    }

    /// Prints a warning: the command continues.
    ///
    /// Printed at every verbosity.
    func warning(_ message: String) {
        say(.message(.warning, message), "cosplan: warning: \(message)", from: .quiet)
    }

    /// Prints a note; nothing is wrong.
    func note(_ message: String) { say(.message(.note, message), "cosplan: note: \(message)", from: .normal) }

    /// Prints the final one-line summary.
    func summary(_ summary: WorkSummary) { say(.summary(summary), "cosplan: \(summary.text)", from: .normal) }

    /// Says what only `-v` shows, with the time since the command began; without it the message is not even made, for
    /// there may be a million.
    func detail(_ message: @autoclosure () -> String) {
        guard state.withLock({ $0.verbosity }) == .verbose else { return }
        let message = message()
        let time = ByteText.fixed(Self.elapsed, decimals: 3)
        say(.message(.detail, message), "cosplan: [\(time)s] \(message)", from: .verbose)
    }

    /// Prints a progress line in a log.
    func plain(_ message: String) { line(from: .normal) { _ in message } }

    /// Prints a line without a prefix at every verbosity, such as a problem in a manifest.
    func problem(_ message: String) { say(.message(.problem, message), message, from: .quiet) }

    /// Prints where the command stands, for a program.
    func progress(_ report: ProgressReport, bytesPerSecond: Double) {
        say(.progress(report, bytesPerSecond: bytesPerSecond), "", from: .normal)
    }

    /// Replaces the bar with `lines`, below everything printed so far.
    ///
    /// Does nothing in the background, where the terminal belongs to the shell.
    func redraw(bar lines: [String]) {
        state.withLock { state in
            guard !state.isClosed else { return }
            let cleared = Self.clearing(&state)
            guard Terminal.isForeground else { return }
            Self.write(cleared + lines.map { $0 + "\n" }.joined())
            state.bar = lines
        }
    }

    /// Runs `body`, which writes whole lines to the same terminal, with the bar removed meanwhile.
    func aboveBar<Value>(_ body: () throws -> Value) rethrows -> Value {
        try state.withLock { state in
            let bar = state.bar
            Self.write(Self.clearing(&state))
            defer {
                if !bar.isEmpty, !state.isClosed, Terminal.isForeground {
                    Self.write(bar.map { $0 + "\n" }.joined())
                    state.bar = bar
                }
            }
            return try body()
        }
    }

    /// Removes the bar and blocks all writers while `body` runs: the process is about to be suspended.
    func suspend(_ body: () -> Void) {
        state.withLock { state in
            Self.write(Self.clearing(&state))
            body()
        }
    }

    /// Removes the bar and prints why the process ends now.
    ///
    /// Nothing is printed after it, and nothing by it if the command has just said why it ended.
    ///
    /// Waits for a thread that is writing a line, but not for one that is blocked because nobody reads
    /// standard error. In that case nothing is printed.
    func close(error message: String) {
        let isSaid = within(Self.patience) { state in
            guard !state.isClosed else { return }
            state.isClosed = true
            // Without a bar an echoed ^C stands before the cursor.
            let isBare = state.bar.isEmpty && Terminal.isInteractive && Terminal.isForeground
            let clearing = isBare ? "\r\u{1b}[K" : Self.clearing(&state)
            // With the lock held: the command may end at the same moment.
            Self.writeLast(message, after: clearing, asJSON: state.isJSON)
        }
        // Where the lock cannot be had, nobody can say how lines are written.
        if !isSaid { Self.writeLast(message, after: "", asJSON: false) }
    }

    private static func writeLast(_ message: String, after clearing: String, asJSON isJSON: Bool) {
        guard isWritable else { return }
        let line =
            isJSON
            ? ConsoleEvent(elapsed: elapsed, content: .message(.error, message)).line
            : "cosplan: error: \(message.withoutTerminalControls)"
        write(clearing + line + "\n")
    }

    /// How long the final message waits for another writer, which is not blocked but late.
    private static let patience = Duration.seconds(10)

    /// Runs `body` with the lock held; false if the lock is not available in time.
    private func within(_ limit: Duration, _ body: (inout State) -> Void) -> Bool {
        let end = ContinuousClock.now + limit
        repeat {
            if state.withLockIfAvailable({ body(&$0) }) != nil { return true }
            usleep(1000)
        } while ContinuousClock.now < end && Self.isWritable
        return state.withLockIfAvailable { body(&$0) } != nil
    }

    /// Whether a short write would not block.
    private static var isWritable: Bool { BlockedWrite.isWritable(STDERR_FILENO) }

    /// Writes a line, as an object or as `text`.
    private func say(
        _ content: ConsoleEvent.Content, _ text: @autoclosure () -> String, from minimum: Verbosity,
        isLast: Bool = false
    ) {
        line(from: minimum, isLast: isLast) { isJSON in
            isJSON ? ConsoleEvent(elapsed: Self.elapsed, content: content).line : text()
        }
    }

    /// Writes a line, made while no other can be written: the times of events only grow.
    ///
    /// Nothing is written after the last one.
    private func line(
        from minimum: Verbosity, isLast: Bool = false, _ text: (_ isJSON: Bool) -> String
    ) {
        state.withLock { state in
            guard state.verbosity >= minimum, !state.isClosed else { return }
            state.isClosed = isLast
            let text = text(state.isJSON)
            let bar = state.bar
            let cleared = Self.clearing(&state)
            if Terminal.isForeground { state.bar = bar }
            Self.write(cleared + text.withoutTerminalControls + "\n" + state.bar.map { $0 + "\n" }.joined())
        }
    }

    /// The escape sequence that removes the bar, which then counts as removed.
    ///
    /// In the background the shell may have scrolled, so the bar is left alone.
    private static func clearing(_ state: inout State) -> String {
        defer { state.bar = [] }
        guard !state.bar.isEmpty, Terminal.isForeground else { return "" }
        return erasing(rows: Terminal.current.rows(of: state.bar))
    }

    /// Moves up over the bar and clears to the end of the screen.
    ///
    /// Goes to the first column first, because an echoed ^C may stand below the bar.
    static func erasing(rows: Int) -> String {
        rows == 0 ? "" : "\r\u{1b}[\(rows)A\u{1b}[J"
    }

    /// Writes all of `text`, so that no escape sequence is cut, even if another process made the descriptor
    /// non-blocking.
    private static func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var standardError = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
                poll(&standardError, 1, -1)
            } else if errno != EINTR {
                // Standard error is closed or full: there is nowhere to report it. The exit status is
                // unaffected.
                return
            }
        }
    }
}

extension String {
    /// The text with all terminal control characters escaped, except line ends.
    ///
    /// Messages already escape foreign text, including line ends; this is a second safeguard.
    var withoutTerminalControls: String {
        let isPlain = utf8.allSatisfy { (0x20...0x7e).contains($0) || $0 == UInt8(ascii: "\n") }
        guard !isPlain else { return self }
        return unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { String($0).escapedForDisplay(limit: .max) }.joined(separator: "\n")
    }
}
