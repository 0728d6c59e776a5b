import Foundation
import Synchronization

/// Ctrl-C, SIGTERM and SIGHUP: the first signal stops at the next safe point, the second one at once.
///
/// A class, because the process has one set of signal handlers. Signals are handled on a dispatch queue,
/// never in a signal handler.
final class Interruption: Sendable {
    /// The signal that asked to stop.
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
        var isTaken = false
        var sources: [any DispatchSourceSignal] = []
    }

    private let state = Mutex(State())

    /// The instance of the process.
    static let shared = Interruption()

    /// The signal that arrived, if any.
    var cause: Cause? { state.withLock { $0.cause } }

    /// Handles signals from now on: `first` runs at the first, `second` at the next.
    ///
    /// A signal that was ignored when the process was started stays ignored, such as Ctrl-C in a script's `&`
    /// job and SIGHUP under nohup.
    func take(
        first: @escaping @Sendable (Cause) -> Void, second: @escaping @Sendable (Cause) -> Void
    ) {
        let registered = DispatchSemaphore(value: 0)
        let count = state.withLock { state -> Int in
            state.onFirst = first
            state.onSecond = second
            guard !state.isTaken else { return 0 }
            state.isTaken = true
            let queue = DispatchQueue(label: "cosplan.signals")
            let causes = [(SIGINT, Cause.interrupt), (SIGTERM, .terminate), (SIGHUP, .hangUp)]
            for (number, cause) in causes where !Self.isIgnored(number) {
                let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
                source.setEventHandler { [self] in self.arrived(cause) }
                source.setRegistrationHandler { registered.signal() }
                source.resume()
                state.sources.append(source)
            }
            return state.sources.count
        }
        // Until the sources are registered a signal ends the process without a message. On Linux the sources
        // install the handlers themselves.
        for _ in 0..<count { registered.wait() }
    }

    /// Ends the process at once and prints `message` in place of the bar.
    static func endAtOnce(_ cause: Cause, _ message: String) -> Never {
        EndAtOnce.now(cause.status, saying: message)
    }

    /// Whether the signal `number` is ignored.
    static func isIgnored(_ number: Int32) -> Bool {
        // The disposition can be read only by changing it. The inherited one is either SIG_IGN or the
        // default, which is nil here.
        let isDefault = signal(number, SIG_IGN) == nil
        if isDefault { signal(number, SIG_DFL) }
        return !isDefault
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

/// Ends the process in the middle of its work.
enum EndAtOnce {
    /// Prints `message` in place of the bar, flushes the buffered result, and exits with `status`.
    ///
    /// Does not wait for a reader that has stopped: another thread may be blocked in a write to it.
    static func now(_ status: ExitStatus, saying message: String) -> Never {
        Console.standardError.close(error: message)
        let written = DispatchSemaphore(value: 0)
        Thread {
            // A write error cannot be reported any more; the exit status tells that the result is incomplete.
            try? StandardOutput.writeOut()
            written.signal()
        }.start()
        BlockedWrite.wait(for: written, to: STDOUT_FILENO)
        Foundation._exit(status.rawValue)
    }
}
