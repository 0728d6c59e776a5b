import COSProtocol
import PlanCore
import PlanFiles

/// Why one file did not go up.
public enum UploadFailure: Error, Hashable, Sendable {
    /// The file cannot be opened or read, or it changed meanwhile.
    case source(FileError)
    /// The file is not as long as planned. **Unit**: bytes.
    case sizeDiffers(path: LocalPath, planned: Int64, found: Int64)
    /// The plan's parts are longer than any that is held in memory to be checked. **Unit**: bytes.
    case partTooLong(path: LocalPath, length: Int64, limit: Int64)
    /// The bytes of part `part`, from 0, of `count` are not the planned ones. None of them were sent.
    case bytesDiffer(path: LocalPath, part: Int, count: Int, range: ByteRange)
    /// The service, or what it holds, stands in the way.
    case refused(UploadRefusal)
    /// No answer came, after all retries.
    case noAnswer(operation: ServiceOperation, error: TransportError)
    /// The upload was stopped; what arrived stays and the same command goes on from there.
    case interrupted

    /// What it means for a command's exit code.
    public enum Verdict: Hashable, Sendable {
        /// The source is not what was planned (1).
        case sourceDiffers
        /// The plan cannot be sent as it is (1).
        case planUnfit
        /// The source is missing or unreadable (66).
        case sourceMissing
        /// The service refused for good (69).
        case refused
        /// Reading failed (74).
        case inputOutput
        /// The same command may succeed later (75).
        case tryAgain
        /// The credentials are wrong, or the clock is (77).
        case credentials
        /// The endpoint, a proxy or the trusted certificates are set wrongly (78).
        case configuration
        /// Stopped (129, 130, 143).
        case interrupted
    }

    /// What it means for a command's exit code.
    public var verdict: Verdict {
        switch self {
        case .source(let error): Self.verdict(of: error)
        case .sizeDiffers, .bytesDiffer: .sourceDiffers
        case .partTooLong: .planUnfit
        case .refused(.service(let error)), .refused(.notCompared(_, let error)): Self.verdict(of: error)
        case .refused: .refused
        case .noAnswer(_, let error): Self.verdict(of: error)
        case .interrupted: .interrupted
        }
    }

    private static func verdict(of error: FileError) -> Verdict {
        switch error {
        case .truncated, .grown, .modified, .replaced, .deleted: .sourceDiffers
        case .readFailed, .mapFailed: .inputOutput
        default: .sourceMissing
        }
    }

    private static func verdict(of error: TransportError) -> Verdict {
        switch error {
        case .clockTooFar: .credentials
        case .certificateRefused, .authoritiesUnusable, .tlsFailed(answered: false): .configuration
        case .proxyRefused: error.isTransient ? .tryAgain : .configuration
        case .redirected, .replyTooLong, .bodyGone, .cancelled: .refused
        case .connectionRefused, .hostNotFound, .hostUnreachable, .connectionLost, .timedOut, .replyOverdue,
            .noReply, .cutReply, .garbledReply, .tlsFailed, .other:
            .tryAgain
        }
    }

    private static func verdict(of error: ServiceError) -> Verdict {
        switch error.reaction {
        // A session that died once more: the next run begins with a fresh one.
        case .retry, .beginAgain: .tryAgain
        case .signAgain, .refuseCredentials: .credentials
        case .refuseConfiguration: .configuration
        case .proceed, .resume, .compare, .refuse: .refused
        }
    }
}

extension UploadFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .source(let error): error.description
        case .sizeDiffers(let path, let planned, let found):
            "\(path): planned as \(planned) bytes, now \(found); plan it again with cosplan hash"
        case .partTooLong(let path, let length, let limit):
            "\(path): its parts have \(length) bytes, and push checks parts of \(limit) at most, in memory; "
                + "plan it again with cosplan hash --part-size 1M"
        case .bytesDiffer(let path, let part, let count, let range):
            "\(path): part \(part + 1) of \(count) (\(range)) differs from the plan, none of it was sent; "
                + "cosplan verify --bytes tells whether the file or the manifest line is damaged; "
                + "if the file is right, plan it again with cosplan hash"
        case .refused(let refusal): refusal.description
        case .noAnswer(let operation, let error): "\(operation): \(error)"
        case .interrupted: "stopped; what arrived stays there, run the same command again to go on"
        }
    }
}
