import COSProtocol
import PlanCore
import ServiceCore

/// What became of one file: a line of a receipt.
///
/// **Shape**: written as one line of JSON, in the order of these fields. It never holds a secret or a
/// signature.
public struct Receipt: Hashable, Sendable {
    /// How the upload of a file ended.
    public enum Result: String, Hashable, Sendable, CaseIterable {
        /// The bytes went up.
        case uploaded
        /// The service had the bytes.
        case instant
        /// The same object was there.
        case alreadyThere = "already there"
        /// It did not go up.
        case failed

        /// Whether the object is at its key now.
        public var isGood: Bool { self != .failed }
    }

    /// The version of this form.
    public static let version: Int64 = 1

    /// How it ended.
    public var result: Result
    /// Which object of which plan.
    public var identity: Identity
    /// The local path, as in the manifest.
    public var path: ByteString
    /// How many slices went up.
    public var slicesSent: Int
    /// How many slices the service had already.
    public var slicesFound: Int
    /// The object's URLs.
    public var urls: ObjectURLs
    /// The service's ids of the requests that began, listed, ended or refused the upload.
    public var requestIDs: [String]
    /// The id of the multipart upload; nil where there was none, and for the JSON API.
    public var uploadID: String?
    /// What shows that the service has the planned bytes; nil for the JSON API, whose finish compares the sha.
    public var proof: String?
    /// RFC 3339, UTC.
    public var started: String
    /// RFC 3339, UTC.
    public var ended: String
    /// The SHA-256 of the manifest, lower-case hex.
    public var manifestSHA256: String
    /// Why it did not go up; nil for a good one.
    public var error: String?

    /// What must be equal for a good line to stand for a plan.
    public struct Identity: Hashable, Sendable {
        /// By which API.
        public var api: PlanCore.ServiceAPI
        /// Where requests went.
        public var endpoint: String
        /// The region's name.
        public var region: String
        /// The account's number; S3 has none.
        public var appID: Int64?
        /// The bucket's name.
        public var bucket: String
        /// The object's path.
        public var key: ByteString
        /// **Unit**: bytes.
        public var fileSize: Int64
        /// Lower-case hex.
        public var sha: String
        /// What `datasha` was in the plan.
        public var datasha: DatashaKind

        /// The identity of a plan's upload.
        public init(endpoint: Endpoint, target: Target, plan: PlannedFile) {
            self.endpoint = endpoint.description
            api = target.api
            switch target {
            case .json(let target):
                (region, appID, bucket) = (target.region.name, target.appID.number, target.bucket.name)
            case .xml(let target):
                (region, appID, bucket) = (target.region.name, target.appID.number, target.bucket.name)
            case .s3(let target): (region, appID, bucket) = (target.region.name, nil, target.bucket.name)
            }
            key = plan.key.bytes
            fileSize = plan.fileSize
            sha = plan.sha.hex
            datasha = plan.datashaKind
        }
    }
}
