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
        case .interrupted: self = Interruption.shared.cause?.status ?? .interrupted
        }
    }
}

extension UploadFailure {
    /// The failure as one line that names the file and the object.
    func line(for job: UploadJob) -> String {
        switch self {
        case .source, .sizeDiffers, .partTooLong, .bytesDiffer: description
        default: "\(job.plan.key.text.escapedForDisplay): \(description)"
        }
    }
}
