import Foundation
import Synchronization

/// Ctrl-Z: takes the bar away before the process stops, for the shell writes there then.
enum Suspension {
    private static let source = Mutex<(any DispatchSourceSignal)?>(nil)

    /// Takes the signal from here on, unless whoever started the process had it ignored.
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

    /// Stops the process as the signal would have; returns when it goes on.
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
