import COSUpload
import Foundation

/// Whether an upload is real, for what is said when it is stopped.
enum PushMode: Sendable {
    case upload
    /// To an emulator in this process: nothing outlives it.
    case rehearsal

    /// How long a supervisor that sent SIGTERM is taken to wait before it kills. What is under way then is sent
    /// again.
    private static let patience = 8

    /// Stops `session` at a slice boundary at the first signal, the process at the second.
    func takeSignals(_ session: UploadSession) {
        Interruption.shared.take(
            first: { cause in
                session.stop()
                if cause != .interrupt {
                    DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(Self.patience)) {
                        Interruption.endAtOnce(cause, stopped)
                    }
                }
                // From a thread of its own: while somebody else is blocked in writing to the terminal, the next
                // signal must still be heard.
                Thread { Console.standardError.note(stopping(cause)) }.start()
            },
            second: { cause in Interruption.endAtOnce(cause, stopped) })
        // One that came before this session was there to be stopped.
        if Interruption.shared.cause != nil { session.stop() }
    }

    private func stopping(_ cause: Interruption.Cause) -> String {
        let how =
            cause == .interrupt
            ? "stopping at a slice boundary; press Ctrl-C again to stop at once"
            : "stopping at a slice boundary, after \(Self.patience) seconds at the latest"
        return self == .upload ? "\(how); the same command goes on from there" : how
    }

    /// What is said when the process ends at once.
    private var stopped: String {
        switch self {
        case .upload: "interrupted: what arrived stays at the service; run the same command again to go on"
        case .rehearsal: Self.rehearsalInterrupted
        }
    }

    /// What is said of an upload that was stopped with `done` files done.
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
