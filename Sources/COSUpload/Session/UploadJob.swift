import PlanCore
import PlanFiles

/// A checked plan of one file, where it goes, and where its bytes are found.
public struct UploadJob: Sendable {
    /// What goes up.
    public let plan: PlannedFile
    /// Where to.
    public let target: Target
    /// The folder the plan's path is relative to.
    public let root: Root
    /// Whether the path may lead out of the root.
    public let allowOutside: Bool
    /// The SHA-256 of the manifest the plan comes from, lower-case hex; for the receipt.
    public let manifestSHA256: String

    /// A job with these fields.
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
    /// Where requests go, without the bucket.
    public var endpoint: Endpoint {
        switch self {
        case .json(let target): target.endpoint
        case .xml(let target): target.endpoint
        case .s3(let target): target.endpoint
        }
    }
}

/// How one file's upload ended.
public struct UploadResult: Sendable {
    /// The file.
    public let job: UploadJob
    /// Why it did not go up; nil for a good end.
    public let failure: UploadFailure?
    /// The line for a receipt; nil where the upload was stopped, because nothing has ended then.
    public let receipt: Receipt?
}
