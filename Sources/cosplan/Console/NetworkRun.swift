import Foundation
import Synchronization

/// The kind of network operation; decides the messages when it is stopped.
enum NetworkRun: Sendable {
    case upload
    /// An upload to an emulator in this process; nothing remains afterwards.
    case rehearsal
    /// Queries about the objects at keys.
    case audit

    /// How long a supervisor is assumed to wait between SIGTERM and SIGKILL.
    ///
    /// Slices in flight at that time are sent again next time.
    private static let patience = 8
    /// How long a command that waits for no reply any more may take to write what it has.
    ///
    /// **Unit**: seconds.
    private static let lastWords = 2

    /// How often a command is given that time again where nothing blocks it, as on a busy machine.
    private static let lateness = 3

    /// The first signal calls `stop`, the second one `abandon`; the third one ends the process, as does a command
    /// that does not end by itself after that.
    func takeSignals(stop: @escaping @Sendable () -> Void, abandon: @escaping @Sendable () -> Void) {
        let isAbandoned = Atomic(false)
        let leave: @Sendable (Interruption.Cause) -> Void = { cause in
            let isSecond = isAbandoned.exchange(true, ordering: .sequentiallyConsistent)
            if isSecond { Interruption.endAtOnce(cause, stopped) }
            end(cause, unlessLate: Self.lateness)
            abandon()
        }
        Interruption.shared.take(
            first: { cause in
                if cause != .interrupt {
                    let deadline = DispatchTime.now() + .seconds(Self.patience - Self.lastWords)
                    DispatchQueue.global().asyncAfter(deadline: deadline) { leave(cause) }
                }
                // Said before the stop, so that nothing which follows from it is said earlier. On a separate thread: a
                // write to the terminal may block, and the next signal must be handled nevertheless.
                let said = DispatchSemaphore(value: 0)
                Thread {
                    Console.standardError.note(stopping(cause))
                    said.signal()
                }.start()
                BlockedWrite.wait(for: said, to: STDERR_FILENO)
                stop()
            },
            second: leave)
        // Applies a signal that arrived earlier.
        if Interruption.shared.cause != nil { stop() }
    }

    /// Ends the process, unless it ends by itself before.
    private func end(_ cause: Interruption.Cause, unlessLate times: Int) {
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(Self.lastWords)) {
            let isBlocked = ![STDOUT_FILENO, STDERR_FILENO].allSatisfy(BlockedWrite.isWritable)
            guard times > 0, !isBlocked else { Interruption.endAtOnce(cause, stopped) }
            end(cause, unlessLate: times - 1)
        }
    }

    private func stopping(_ cause: Interruption.Cause) -> String {
        let place = self == .audit ? "after the answers under way" : "at a slice boundary"
        let how =
            cause == .interrupt
            ? "stopping \(place); press Ctrl-C again to stop at once"
            : "stopping \(place), after \(Self.patience) seconds at the latest"
        return self == .upload ? "\(how); the same command goes on from there" : how
    }

    /// The message when the process ends at once.
    private var stopped: String {
        switch self {
        case .upload: "interrupted: what arrived stays at the service; run the same command again to go on"
        case .rehearsal: Self.rehearsalInterrupted
        case .audit: Self.auditInterrupted
        }
    }

    /// The message after a stop with `done` files done.
    func interrupted(done: Int) -> String {
        switch self {
        case .upload:
            "interrupted: \(counted(done, "file")) done, what arrived of others stays at the service; run the same "
                + "command again to go on"
        case .rehearsal: Self.rehearsalInterrupted
        case .audit: Self.auditInterrupted
        }
    }

    private static let rehearsalInterrupted =
        "rehearsal interrupted: nothing is kept; the same command starts from the beginning"
    private static let auditInterrupted =
        "interrupted: not all files were asked for; start the same command again"
}
