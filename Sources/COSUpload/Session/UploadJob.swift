import PlanCore
import PlanFiles

/// A checked plan of one file, its target and its source.
public struct UploadJob: Sendable {
    /// The plan.
    public let plan: PlannedFile
    /// The target.
    public let target: Target
    /// The folder that the plan's path is relative to.
    package let root: Root
    /// Whether the path may leave the root.
    package let allowOutside: Bool
    /// The SHA-256 of the plan's manifest, in lower-case hex, for the receipt.
    package let manifestSHA256: String

    /// Creates a job.
    public init(
        plan: PlannedFile, target: Target, root: Root, allowOutside: Bool = false,
        manifestSHA256: String = ""
    ) {
        self.plan = plan
        self.target = target
        self.root = root
        self.allowOutside = allowOutside
        self.manifestSHA256 = manifestSHA256
    }
}

extension Target {
    /// The endpoint for requests, without the bucket.
    package var endpoint: Endpoint {
        switch self {
        case .json(let target): target.endpoint
        case .xml(let target): target.endpoint
        case .s3(let target): target.endpoint
        }
    }
}

/// The result of one file's upload.
public struct UploadResult: Sendable {
    /// The job.
    public let job: UploadJob
    /// Why it failed; nil if it succeeded.
    public let failure: UploadFailure?
    /// The receipt; nil if the upload was stopped, because it has not ended then.
    public let receipt: Receipt?
}
