/// What the process ends with, after BSD's sysexits where they fit.
enum ExitStatus: Int32, Sendable {
    /// Done, or the answer is yes.
    case done = 0
    /// The answer is no: rules broken, bytes differ, a source changed.
    case answerIsNo = 1
    /// Some items failed, others are done.
    case someFailed = 2
    /// The command line does not fit; also an incomplete target.
    case usage = 64
    /// A manifest is not well-formed, has no document, or no mapping at its top.
    case malformed = 65
    /// An input is missing or unreadable.
    case inputMissing = 66
    /// The service refused for good.
    case refused = 69
    /// A bug in cosplan.
    case bug = 70
    /// The output cannot be made.
    case cannotWrite = 73
    /// Reading or writing failed.
    case inputOutput = 74
    /// Try the same command again later.
    case tryAgain = 75
    /// Credentials are missing, expired or refused.
    case credentials = 77
    /// The configuration is wrong.
    case configuration = 78
    /// Stopped because the terminal went away.
    case hungUp = 129
    /// Stopped by Ctrl-C.
    case interrupted = 130
    /// Stopped by SIGTERM.
    case terminated = 143

    /// What a batch ends with, of which `failures` failed and `done` items are done.
    ///
    /// All done 0; every failure worth a retry 75, even if others are done; else some done 2; none done,
    /// the first failure's own.
    static func ofBatch(done: Int, failures: [ExitStatus]) -> ExitStatus {
        guard let first = failures.first else { return .done }
        if failures.allSatisfy({ $0 == .tryAgain }) { return .tryAgain }
        return done > 0 ? .someFailed : first
    }
}
