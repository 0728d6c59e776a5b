/// The exit statuses of the process, from BSD's sysexits where they fit.
enum ExitStatus: Int32, CaseIterable, Sendable {
    /// Done, or the answer is yes.
    case done = 0
    /// The answer is no: rules broken, bytes differ, a source changed.
    case answerIsNo = 1
    /// Some items failed, others succeeded.
    case someFailed = 2
    /// The command line is wrong; also an incomplete target.
    case usage = 64
    /// A manifest is not well-formed, has no document, or no mapping at its top.
    case malformed = 65
    /// An input does not exist or is unreadable.
    case inputMissing = 66
    /// The service refused permanently.
    case refused = 69
    /// A bug in cosplan.
    case bug = 70
    /// The output cannot be created.
    case cannotWrite = 73
    /// Reading or writing failed.
    case inputOutput = 74
    /// Try the same command again later.
    case tryAgain = 75
    /// Credentials are missing, expired or refused.
    case credentials = 77
    /// The configuration is wrong.
    case configuration = 78
    /// Stopped by SIGHUP.
    case hungUp = 129
    /// Stopped by Ctrl-C (SIGINT).
    case interrupted = 130
    /// Stopped by SIGTERM.
    case terminated = 143

    /// The exit status of a batch with `done` successful items and `failures`.
    ///
    /// 0 if nothing failed; 75 if every failure is worth a retry, even if other items succeeded; otherwise 2
    /// if some succeeded; otherwise the status of the first failure.
    static func ofBatch(done: Int, failures: [ExitStatus]) -> ExitStatus {
        guard let first = failures.first else { return .done }
        if failures.allSatisfy({ $0 == .tryAgain }) { return .tryAgain }
        return done > 0 ? .someFailed : first
    }
}
