import Foundation
import Synchronization

/// Ctrl-C, SIGTERM and SIGHUP as values a command asks about: once means stop at the next good place, twice at once.
///
/// A class because it stands for the process's signal handlers. Signals are taken by a dispatch queue, never
/// in a signal handler.
final class Interruption: Sendable {
    /// Which signal asked to stop.
    enum Cause: Sendable {
        case interrupt, terminate, hangUp

        var status: ExitStatus {
            switch self {
            case .interrupt: .interrupted
            case .terminate: .terminated
            case .hangUp: .hungUp
            }
        }
    }

    private struct State {
        var cause: Cause?
        var onFirst: (@Sendable (Cause) -> Void)?
        var onSecond: (@Sendable (Cause) -> Void)?
        var sources: [any DispatchSourceSignal] = []
    }

    private let state = Mutex(State())

    /// The process's own.
    static let shared = Interruption()

    /// Which signal came, if one did.
    var cause: Cause? { state.withLock { $0.cause } }

    /// Takes the signals from here on: `first` runs at the first, `second` at the next.
    func take(
        first: @escaping @Sendable (Cause) -> Void, second: @escaping @Sendable (Cause) -> Void
    ) {
        state.withLock { state in
            state.onFirst = first
            state.onSecond = second
            guard state.sources.isEmpty else { return }
            let queue = DispatchQueue(label: "cosplan.signals")
            let causes = [(SIGINT, Cause.interrupt), (SIGTERM, .terminate), (SIGHUP, .hangUp)]
            for (number, cause) in causes {
                let before = signal(number, SIG_IGN)
                let wasIgnored = unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
                // Under nohup the terminal may go.
                if wasIgnored, cause == .hangUp { continue }
                let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
                source.setEventHandler { [self] in self.arrived(cause) }
                source.resume()
                state.sources.append(source)
            }
        }
    }

    /// Ends the process in the middle of its work, and says `message` in place of the bar.
    static func endAtOnce(_ cause: Cause, _ message: String) -> Never {
        EndAtOnce.now(cause.status, saying: message)
    }

    private func arrived(_ cause: Cause) {
        let action = state.withLock { state -> (@Sendable (Cause) -> Void)? in
            guard state.cause == nil else { return state.onSecond }
            state.cause = cause
            return state.onFirst
        }
        action?(cause)
    }
}
