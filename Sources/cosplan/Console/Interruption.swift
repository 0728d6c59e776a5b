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
        var isTaken = false
        var sources: [any DispatchSourceSignal] = []
    }

    private let state = Mutex(State())

    /// The process's own.
    static let shared = Interruption()

    /// Which signal came, if one did.
    var cause: Cause? { state.withLock { $0.cause } }

    /// Takes the signals from here on: `first` runs at the first, `second` at the next.
    ///
    /// A signal that whoever started the process had it ignore stays ignored, as a script does with Ctrl-C for what it
    /// runs with `&`, and nohup with SIGHUP.
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
        // Until then a signal ends the process without words. On Linux the sources install the handlers themselves.
        for _ in 0..<count { registered.wait() }
    }

    /// Ends the process in the middle of its work, and says `message` in place of the bar.
    static func endAtOnce(_ cause: Cause, _ message: String) -> Never {
        EndAtOnce.now(cause.status, saying: message)
    }

    /// Whether nothing happens at the signal `number`.
    static func isIgnored(_ number: Int32) -> Bool {
        // Only a change tells what was there. What a process inherits is that, or the default, which is nil here.
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
    /// Says `message` in place of the bar, writes out what the result holds back, and ends with `status`.
    ///
    /// Whoever reads the result may have stopped, with a thread of ours in the middle of writing to it: so a second is
    /// all it gets.
    static func now(_ status: ExitStatus, saying message: String) -> Never {
        Console.standardError.close(error: message)
        let written = DispatchSemaphore(value: 0)
        Thread {
            // Nobody is left to tell that the result could not be written; the status says that it is not whole.
            try? StandardOutput.writeOut()
            written.signal()
        }.start()
        _ = written.wait(timeout: .now() + 1)
        Foundation._exit(status.rawValue)
    }
}
