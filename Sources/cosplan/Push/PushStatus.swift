import COSUpload

extension ExitStatus {
    /// What a file's failed upload ends a command with.
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
    /// The failure as one line that names the file and the object.
    func line(for job: UploadJob) -> String {
        switch self {
        case .source(let error): error.text
        case .sizeDiffers, .partTooLong, .bytesDiffer: description
        case .noAnswer(let operation, let error):
            "\(job.plan.key.text.escapedForDisplay): \(operation): \(error.finding); \(error.commandHint)"
        case .refused, .interrupted: "\(job.plan.key.text.escapedForDisplay): \(description)"
        }
    }
}

extension TransportError {
    /// What to do about it, with the flags of the command.
    fileprivate var commandHint: String {
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
        case .bodyGone: "plan the file again with cosplan hash"
        case .connectionRefused, .hostNotFound, .hostUnreachable, .connectionLost, .timedOut, .noReply,
            .cutReply, .garbledReply, .replyTooLong, .proxyRefused, .cancelled, .other:
            hint
        }
    }
}
