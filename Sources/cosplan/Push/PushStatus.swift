import COSProtocol
import COSUpload
import PlanCore
import XMLProtocol

extension ExitStatus {
    /// The exit status for a failed upload.
    init(_ failure: UploadFailure) {
        switch failure.verdict {
        case .sourceDiffers, .planUnfit: self = .answerIsNo
        case .sourceMissing: self = .inputMissing
        case .refused: self = .refused
        case .inputOutput: self = .inputOutput
        case .tryAgain: self = .tryAgain
        case .credentials: self = .credentials
        case .configuration: self = .configuration
        case .interrupted: self = Interruption.shared.cause?.status ?? .interrupted
        }
    }
}

extension UploadFailure {
    /// The failure in one line that names the file, the object and the host.
    func line(for job: UploadJob) -> String {
        line(path: job.plan.path, key: job.plan.key, at: job.target)
    }

    /// The failure in one line that names the file and the object; nothing was sent.
    func line(for plan: PlannedFile) -> String { line(path: plan.path, key: plan.key, at: nil) }

    /// The failure in one line that names the file, the object and the host; `target` is nil where nothing was sent.
    func line(path: LocalPath, key: ObjectKey, at target: Target?) -> String {
        let key = key.text.escapedForDisplay
        if case .noAnswer(let operation, let error) = self, let target {
            return "\(key): \(operation): \(ConnectionText(error, from: target).text)"
        }
        return switch self {
        case .source(let error): error.text
        case .sizeDiffers, .partTooLong, .bytesDiffer: "\(finding); \(commandHint)"
        case .unfit, .badAddress: "\(path): \(finding); \(commandHint)"
        case .refused, .refusedByStore, .ticket, .noAnswer, .interrupted: "\(key): \(finding); \(commandHint)"
        }
    }

    /// What to do, naming commands and flags.
    private var commandHint: String {
        switch self {
        case .source: hint
        case .sizeDiffers: "plan it again with cosplan hash"
        case .partTooLong: "plan it again with cosplan hash --part-size 1M"
        case .bytesDiffer:
            "cosplan verify --bytes tells whether the file or the manifest line is damaged; if the file is right, "
                + "plan it again with cosplan hash"
        case .refused(let refusal): refusal.commandHint
        case .refusedByStore(let refusal): refusal.commandHint
        case .unfit(.plan): "plan it again with cosplan hash --api, or push it with another --api"
        case .unfit(.partSize): "choose another --upload-part-size"
        case .badAddress: "use --addressing path"
        case .ticket:
            "sign again: cosplan sign; what arrived stays at the service, the same command with new tickets goes on"
        case .noAnswer(_, let error): error.commandHint
        case .interrupted: "what arrived stays there, run the same command again to go on"
        }
    }
}

extension UploadRefusal {
    /// What to do, naming commands and flags.
    fileprivate var commandHint: String {
        switch self {
        case .service(let error) where error.isOfXMLAPI, .notCompared(_, let error) where error.isOfXMLAPI:
            "the endpoint answers XML: is --api xml or --api s3 meant?"
        case .service(let error) where error.code == nil && error.reaction == .refuse:
            "check --endpoint, --api, --region and the proxy"
        case .service(let error) where error.hint == error.known?.hint:
            switch error.known {
            case .badSHA?: "check the manifest with cosplan verify --bytes"
            case .shaDiffers?, .sizeDiffers?:
                "check the file with cosplan verify --bytes; if it is as planned, use another key"
            case .fileExists?: "choose another key, or plan with --insert-only 0"
            default: hint
            }
        case .otherObject: "choose another key, or plan with --insert-only 0 to replace it"
        case .foundSlicesDisagree:
            "check the file with cosplan verify --bytes; if it is as planned, remove the unfinished upload in the "
                + "console and push again, or use another key"
        case .service, .otherUnfinishedUpload, .foreignSlice, .notCompared, .reply: hint
        }
    }
}

extension XMLUploadRefusal {
    /// What to do, naming commands and flags.
    fileprivate var commandHint: String {
        switch self {
        case .otherObject(_, _, .some):
            "cosplan verify --bytes tells whether the plan's line is damaged; if it is not, choose another key, or plan "
                + "with --insert-only 0 to replace what is there"
        case .otherObject: "choose another key, or plan with --insert-only 0 to replace it"
        case .planChecksumDiffers: "plan it again with cosplan hash --checksum"
        case .noChecksum(let checksum):
            "name one that it has with --s3-checksum "
                + S3Checksum.allCases.filter { $0 != checksum }.map(\.rawValue).joined(separator: " or ")
        case .service(let error) where error.isOfJSONAPI && error.reaction == .refuse,
            .notCompared(_, let error) where error.isOfJSONAPI && error.reaction == .refuse:
            "the endpoint answers JSON: is --api json meant?"
        case .service(let error) where error.code == nil && error.reaction == .refuse:
            "check --endpoint, --api, --region and the proxy"
        case .service(let error) where error.known?.name == "PathStyleDomainForbidden":
            "use --addressing host"
        case .service(let error) where error.known?.name == "EntityTooSmall":
            "use a larger --upload-part-size"
        case .service, .notCompared, .checksumDiffers, .reply, .unanswered: hint
        }
    }
}

extension TransportError {
    /// What to do, naming the command's flags.
    var commandHint: String {
        switch self {
        case .redirected: "check --endpoint"
        case .clockTooFar: "set this machine's clock, or check --endpoint"
        case .certificateRefused(_, .selfSigned), .certificateRefused(_, .unknownAuthority),
            .certificateRefused(_, .other):
            "if the host is yours, pass its authority's certificate with --ca-file"
        case .certificateRefused: "\(hint) (--endpoint)"
        case .tlsFailed: "check whether --endpoint is http or https, and its port"
        case .authoritiesUnusable: "pass a file of PEM certificates with --ca-file"
        case .replyOverdue: "try again later, or give the service more time with --timeout"
        case .connectionRefused, .hostNotFound, .hostUnreachable, .connectionLost, .closedUnanswered,
            .timedOut, .noReply, .cutReply, .garbledReply, .replyTooLong, .proxyRefused, .cancelled, .other:
            hint
        }
    }
}
