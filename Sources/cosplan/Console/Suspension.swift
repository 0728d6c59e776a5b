import Foundation
import Synchronization

/// Ctrl-Z: removes the bar before the process is suspended, because the shell writes to the terminal then.
enum Suspension {
    private static let source = Mutex<(any DispatchSourceSignal)?>(nil)

    /// Handles SIGTSTP from now on, unless it was ignored when the process was started.
    static func take() {
        source.withLock { source in
            guard source == nil, !Interruption.isIgnored(SIGTSTP) else { return }
            let taken = DispatchSource.makeSignalSource(
                signal: SIGTSTP, queue: DispatchQueue(label: "cosplan.suspension"))
            taken.setEventHandler { Console.standardError.suspend(stop) }
            taken.resume()
            source = taken
        }
    }

    /// Suspends the process as the signal would have; returns when it is resumed.
    private static func stop() {
        var usual = sigaction()
        var taken = sigaction()
        usual.__sigaction_handler.sa_handler = SIG_DFL
        sigaction(SIGTSTP, &usual, &taken)
        var signals = sigset_t()
        var blocked = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTSTP)
        pthread_sigmask(SIG_UNBLOCK, &signals, &blocked)
        raise(SIGTSTP)
        pthread_sigmask(SIG_SETMASK, &blocked, nil)
        sigaction(SIGTSTP, &taken, nil)
    }
}
