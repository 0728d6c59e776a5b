import Foundation
import PlanCore
import Synchronization

/// Standard error as the commands use it: whole lines, one writer at a time, above the progress bar. Where standard
/// output is the same terminal, its lines go through here, too.
///
/// A class because the bar it draws around has identity: one terminal.
final class Console: Sendable {
    /// How much is said.
    enum Verbosity: Int, Comparable, Sendable {
        case quiet, normal, verbose
        static func < (left: Verbosity, right: Verbosity) -> Bool { left.rawValue < right.rawValue }
    }

    private struct State {
        /// The lines that stand on the screen right above the cursor.
        var bar: [String] = []
        var verbosity = Verbosity.normal
        /// The last word was said.
        var isClosed = false
    }

    /// The process's own.
    static let standardError = Console()

    private let state = Mutex(State())

    /// Sets how much is said from here on.
    func set(_ verbosity: Verbosity) {
        state.withLock { $0.verbosity = verbosity }
    }

    /// Says why the command failed; never left out.
    func error(_ message: String) { line("cosplan: error: \(message)", from: .quiet) }

    /// Says what the user should know although the command goes on; never left out.
    func warning(_ message: String) { line("cosplan: warning: \(message)", from: .quiet) }

    /// Says something that is not wrong.
    func note(_ message: String) { line("cosplan: note: \(message)", from: .normal) }

    /// Says at the end what was done, in one line.
    func summary(_ message: String) { line("cosplan: \(message)", from: .normal) }

    /// Says what only `-v` shows; without it the message is not even made, for there may be a million.
    func detail(_ message: @autoclosure () -> String) {
        guard state.withLock({ $0.verbosity }) == .verbose else { return }
        line("cosplan: \(message())", from: .verbose)
    }

    /// A line without a prefix, such as a progress line in a log.
    func plain(_ message: String) { line(message, from: .normal) }

    /// A line without a prefix that is never left out, such as a problem of a manifest.
    func problem(_ message: String) { line(message, from: .quiet) }

    /// Shows `lines` below everything said so far, in place of what was shown there before.
    ///
    /// Not in the background: the terminal is the shell's then.
    func redraw(bar lines: [String]) {
        state.withLock { state in
            guard !state.isClosed else { return }
            let cleared = Self.clearing(&state)
            guard Terminal.isForeground else { return }
            Self.write(cleared + lines.map { $0 + "\n" }.joined())
            state.bar = lines
        }
    }

    /// Runs `body`, which writes whole lines to the terminal of standard error, with the bar out of their way.
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

    /// Takes the bar away, and keeps everybody from writing until `body` has ended: the process is about to stop.
    func suspend(_ body: () -> Void) {
        state.withLock { state in
            Self.write(Self.clearing(&state))
            body()
        }
    }

    /// Takes the bar away and says why the process ends now; whoever still runs shows nothing after it.
    ///
    /// Waits for a thread in the middle of a line, but not for one that is stuck there because nobody reads: then the
    /// bar stays, and nothing is said.
    func close(error message: String) {
        let clearing = within(Self.patience) { state in
            state.isClosed = true
            // Without a bar the echoed ^C stands before the cursor.
            let isBare = state.bar.isEmpty && Terminal.isInteractive && Terminal.isForeground
            return isBare ? "\r\u{1b}[K" : Self.clearing(&state)
        }
        guard Self.isWritable else { return }
        Self.write((clearing ?? "") + "cosplan: error: \(message.withoutTerminalControls)\n")
    }

    /// How long the last word waits for another writer.
    private static let patience = Duration.seconds(1)

    /// Runs `body` with the lock held; nil where it cannot be had in time.
    private func within(_ limit: Duration, _ body: (inout State) -> String) -> String? {
        let end = ContinuousClock.now + limit
        repeat {
            if let result = state.withLockIfAvailable({ body(&$0) }) { return result }
            usleep(1000)
        } while ContinuousClock.now < end && Self.isWritable
        return state.withLockIfAvailable { body(&$0) }
    }

    /// Whether a write of a line or two returns at once: a pipe with room has room for a page.
    private static var isWritable: Bool {
        var standardError = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        return poll(&standardError, 1, 0) == 1
    }

    private func line(_ text: String, from least: Verbosity) {
        state.withLock { state in
            guard state.verbosity >= least, !state.isClosed else { return }
            let bar = state.bar
            let cleared = Self.clearing(&state)
            if Terminal.isForeground { state.bar = bar }
            Self.write(cleared + text.withoutTerminalControls + "\n" + state.bar.map { $0 + "\n" }.joined())
        }
    }

    /// What takes the bar away; it counts as gone then.
    ///
    /// In the background the bar belongs to what the shell has scrolled on since: it stays.
    private static func clearing(_ state: inout State) -> String {
        defer { state.bar = [] }
        guard !state.bar.isEmpty, Terminal.isForeground else { return "" }
        return erasing(rows: Terminal.current.rows(of: state.bar))
    }

    /// Moves up over the bar and clears from there to the end of the screen.
    ///
    /// To the first column before anything else: a Ctrl-C that the terminal echoed stands below the bar.
    static func erasing(rows: Int) -> String {
        rows == 0 ? "" : "\r\u{1b}[\(rows)A\u{1b}[J"
    }

    /// Writes all of `text`, so that no escape sequence is cut in two, also where another process made the descriptor
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
                // A closed or full standard error has nobody left to tell; the exit status still says how it went.
                return
            }
        }
    }
}

extension String {
    /// The text with everything escaped that a terminal would act on, line ends excepted.
    ///
    /// Messages escape foreign text themselves, line ends included; this holds for all of them.
    var withoutTerminalControls: String {
        let isPlain = utf8.allSatisfy { (0x20...0x7e).contains($0) || $0 == UInt8(ascii: "\n") }
        guard !isPlain else { return self }
        return unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { String($0).escapedForDisplay(limit: .max) }.joined(separator: "\n")
    }
}
