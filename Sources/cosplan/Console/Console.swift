import Foundation
import Synchronization

/// Standard error as the commands use it: whole lines, one writer at a time, above the progress bar.
///
/// A class because the bar it draws around has identity: one terminal.
final class Console: Sendable {
    /// How much is said.
    enum Verbosity: Int, Comparable, Sendable {
        case quiet, normal, verbose
        static func < (left: Verbosity, right: Verbosity) -> Bool { left.rawValue < right.rawValue }
    }

    private struct State {
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
    func redraw(bar lines: [String]) {
        state.withLock { state in
            guard !state.isClosed else { return }
            Self.write(Self.erasing(state.bar.count) + lines.map { $0 + "\n" }.joined())
            state.bar = lines
        }
    }

    /// Takes the bar away and says why the process ends now; whoever still runs shows nothing after it.
    ///
    /// Never waits: another thread may be writing, and stuck because nobody reads. The bar stays then; and where
    /// standard error takes nothing, nothing is said.
    func close(error message: String) {
        // Nil only where another thread is at the bar.
        let clearing = state.withLockIfAvailable { state in
            state.isClosed = true
            // Without a bar the echoed ^C stands before the cursor.
            return state.bar.isEmpty && Terminal.isInteractive ? "\r\u{1b}[K" : Self.erasing(state.bar.count)
        }
        guard Self.isWritable else { return }
        Self.write((clearing ?? "") + "cosplan: error: \(message)\n")
    }

    /// Whether a write of a line or two returns at once: a pipe with room has room for a page.
    private static var isWritable: Bool {
        var standardError = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        return poll(&standardError, 1, 0) == 1
    }

    private func line(_ text: String, from least: Verbosity) {
        state.withLock { state in
            guard state.verbosity >= least, !state.isClosed else { return }
            let bar = state.bar.map { $0 + "\n" }.joined()
            Self.write(Self.erasing(state.bar.count) + text + "\n" + bar)
        }
    }

    /// Moves up over the bar and clears from there to the end of the screen.
    ///
    /// To the first column before anything else: a Ctrl-C that the terminal echoed stands below the bar.
    static func erasing(_ lines: Int) -> String {
        lines == 0 ? "" : "\r\u{1b}[\(lines)A\u{1b}[J"
    }

    private static func write(_ text: String) {
        // A closed or full standard error has nobody left to tell; the command's own status still says how it went.
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
