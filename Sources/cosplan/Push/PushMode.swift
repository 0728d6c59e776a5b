import COSUpload
import Foundation

/// Whether an upload is real or a rehearsal; decides the messages when it is stopped.
enum PushMode: Sendable {
    case upload
    /// To an emulator in this process; nothing remains afterwards.
    case rehearsal

    /// How long a supervisor is assumed to wait between SIGTERM and SIGKILL.
    ///
    /// Slices in flight at that time are sent again next time.
    private static let patience = 8

    /// The first signal stops `session` at a slice boundary, the second one ends the process.
    func takeSignals(_ session: UploadSession) {
        Interruption.shared.take(
            first: { cause in
                session.stop()
                if cause != .interrupt {
                    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(Self.patience)) {
                        Interruption.endAtOnce(cause, stopped)
                    }
                }
                // On a separate thread: the next signal must be handled even while a write to the terminal
                // blocks.
                Thread { Console.standardError.note(stopping(cause)) }.start()
            },
            second: { cause in Interruption.endAtOnce(cause, stopped) })
        // Applies a signal that arrived before this session.
        if Interruption.shared.cause != nil { session.stop() }
    }

    private func stopping(_ cause: Interruption.Cause) -> String {
        let how =
            cause == .interrupt
            ? "stopping at a slice boundary; press Ctrl-C again to stop at once"
            : "stopping at a slice boundary, after \(Self.patience) seconds at the latest"
        return self == .upload ? "\(how); the same command goes on from there" : how
    }

    /// The message when the process ends at once.
    private var stopped: String {
        switch self {
        case .upload: "interrupted: what arrived stays at the service; run the same command again to go on"
        case .rehearsal: Self.rehearsalInterrupted
        }
    }

    /// The message for an upload that was stopped after `done` files.
    func interrupted(done: Int) -> String {
        switch self {
        case .upload:
            "interrupted: \(counted(done, "file")) done, what arrived of others stays at the service; run the same "
                + "command again to go on"
        case .rehearsal: Self.rehearsalInterrupted
        }
    }

    private static let rehearsalInterrupted =
        "rehearsal interrupted: nothing is kept; the same command starts from the beginning"
}
