import COSProtocol
import PlanCore
import PlanFiles
import ServiceCore
import XMLProtocol

/// Why the upload of a file failed.
public enum UploadFailure: ExplainedError, Hashable, Sendable {
    /// The file cannot be opened or read, or it changed while it was read.
    case source(FileError)
    /// The file's size differs from the plan.
    ///
    /// **Unit**: bytes.
    case sizeDiffers(path: LocalPath, planned: Int64, found: Int64)
    /// The plan's parts are too long to be checked in memory.
    ///
    /// **Unit**: bytes.
    case partTooLong(path: LocalPath, length: Int64, limit: Int64)
    /// The bytes of part `part`, from 0, of `count` differ from the plan.
    ///
    /// None of them were sent.
    case bytesDiffer(path: LocalPath, part: Int, count: Int, range: ByteRange)
    /// The JSON API refused, or an object or upload at the key conflicts with the plan.
    case refused(UploadRefusal)
    /// The XML API or S3 refused, or an object or upload at the key conflicts with the plan.
    case refusedByStore(XMLUploadRefusal)
    /// The plan cannot be sent through this API.
    case unfit(XMLPlanProblem)
    /// Bucket and endpoint do not form a valid host name.
    case badAddress(EndpointError)
    /// The file's ticket cannot be used.
    ///
    /// What arrived is kept; new tickets resume it.
    case ticket(TicketFailure)
    /// No reply was received, after all retries.
    case noAnswer(operation: String, error: TransportError)
    /// The upload was stopped.
    ///
    /// What arrived is kept; the same command resumes it.
    case interrupted

    /// The class of a failure, for a command's exit code.
    package enum Verdict: Hashable, Sendable {
        /// The source differs from the plan (1).
        case sourceDiffers
        /// The plan cannot be sent as it is (1).
        case planUnfit
        /// The source does not exist or is unreadable (66).
        case sourceMissing
        /// The service refused permanently (69).
        case refused
        /// Reading failed (74).
        case inputOutput
        /// It may succeed later (75).
        case tryAgain
        /// The credentials or the clock are wrong (77).
        case credentials
        /// The endpoint, a proxy or the trusted certificates are misconfigured, or a system limit is too low (78).
        case configuration
        /// Stopped (129, 130, 143).
        case interrupted
    }

    /// The class of this failure.
    package var verdict: Verdict {
        switch self {
        case .source(let error): Self.verdict(of: error)
        case .sizeDiffers, .bytesDiffer: .sourceDiffers
        case .partTooLong: .planUnfit
        case .refused(.service(let error)), .refused(.notCompared(_, let error)): Self.verdict(of: error)
        case .refused: .refused
        case .refusedByStore(let refusal): Self.verdict(of: refusal)
        case .unfit: .planUnfit
        case .badAddress: .configuration
        case .ticket: .credentials
        case .noAnswer(_, let error): Self.verdict(of: error)
        case .interrupted: .interrupted
        }
    }

    /// Why every other file at the same store would fail alike, in words without the file; nil if others may not.
    package var reasonForAll: String? {
        switch self {
        case .noAnswer(_, let error): error.isAboutEndpoint ? error.finding : nil
        case .refused(.service(let error)), .refused(.notCompared(_, let error)):
            error.reaction.isAboutClient || error.isOfXMLAPI ? error.summary : nil
        case .refusedByStore(.service(let error)), .refusedByStore(.notCompared(_, let error)):
            // Access to this key may be denied to credentials that are right.
            error.reaction.isAboutClient && !error.saysNotAllowed || error.isOfJSONAPI ? error.summary : nil
        case .source, .sizeDiffers, .partTooLong, .bytesDiffer, .refused, .refusedByStore, .unfit,
            .badAddress, .ticket, .interrupted:
            nil
        }
    }

    /// Whether the store refuses the credentials themselves, so that no other request can succeed.
    package var refusesCredentials: Bool { verdict == .credentials && reasonForAll != nil }

    private static func verdict(of error: FileError) -> Verdict {
        switch error.category {
        case .changedSource: .sourceDiffers
        case .storage: .inputOutput
        case .limit: .configuration
        case .usage, .input, .output, .closedPipe, .privacy: .sourceMissing
        }
    }

    private static func verdict(of error: TransportError) -> Verdict {
        switch error {
        case .clockTooFar: .credentials
        case .certificateRefused, .authoritiesUnusable, .tlsFailed(answered: false): .configuration
        case .proxyRefused: error.isTransient ? .tryAgain : .configuration
        case .redirected, .replyTooLong, .cancelled: .refused
        case .connectionRefused, .hostNotFound, .hostUnreachable, .connectionLost, .closedUnanswered,
            .timedOut, .replyOverdue, .noReply, .cutReply, .garbledReply, .tlsFailed, .other:
            .tryAgain
        }
    }

    private static func verdict(of error: ServiceError) -> Verdict {
        verdict(of: error.reaction)
    }

    private static func verdict(of refusal: XMLUploadRefusal) -> Verdict {
        switch refusal {
        case .service(let error), .notCompared(_, let error):
            // Another upload to the key is in progress.
            error.saysConflict ? .tryAgain : verdict(of: error.reaction)
        case .planChecksumDiffers: .sourceDiffers
        case .unanswered: .tryAgain
        case .otherObject, .checksumDiffers, .noChecksum, .reply: .refused
        }
    }

    private static func verdict(of reaction: Reaction) -> Verdict {
        switch reaction {
        // The session was lost again; the next run starts a new one.
        case .retry, .beginAgain: .tryAgain
        case .signAgain, .renewCredentials, .refuseCredentials: .credentials
        case .refuseConfiguration: .configuration
        case .proceed, .resume, .compare, .refuse: .refused
        }
    }
}

extension UploadFailure {
    /// What was found, without advice.
    public var finding: String {
        switch self {
        case .source(let error): error.finding
        case .sizeDiffers(let path, let planned, let found):
            "\(path): planned as \(planned) bytes, now \(found)"
        case .partTooLong(let path, let length, let limit):
            "\(path): its parts have \(length) bytes, and parts of \(limit) at most are checked, in memory"
        case .bytesDiffer(let path, let part, let count, let range):
            "\(path): part \(part + 1) of \(count) (\(range)) differs from the plan, none of it was sent"
        case .refused(let refusal): refusal.finding
        case .refusedByStore(let refusal): refusal.finding
        case .unfit(let problem): problem.finding
        case .badAddress(let error): "the bucket cannot stand in the host's name: \(error)"
        case .ticket(let failure): failure.finding
        case .noAnswer(let operation, let error): "\(operation): \(error.finding)"
        case .interrupted: "stopped"
        }
    }

    /// What to do about it.
    public var hint: String {
        switch self {
        case .source(let error): error.hint
        case .sizeDiffers: "plan the file again"
        case .partTooLong: "plan the file again in smaller parts"
        case .bytesDiffer:
            "check the file against the plan to tell whether it or the plan's line is damaged; if the file is right, "
                + "plan it again"
        case .refused(let refusal): refusal.hint
        case .refusedByStore(let refusal): refusal.hint
        case .unfit(let problem): problem.hint
        case .badAddress: "address the bucket in the path"
        case .ticket: "sign again; what arrived stays there, upload again to go on"
        case .noAnswer(_, let error): error.hint
        case .interrupted: "what arrived stays there, upload again to go on"
        }
    }
}
