import COSProtocol
import PlanCore
import ServiceCore

/// The result of one file's upload: a line of a receipt file.
///
/// **Shape**: written as one line of JSON, in the order of these fields. It never contains a secret or a
/// signature.
public struct Receipt: Hashable, Sendable {
    /// How the upload of a file ended.
    public enum Result: String, Hashable, Sendable, CaseIterable {
        /// The bytes were sent.
        case uploaded
        /// The service already had the bytes (instant upload).
        case instant
        /// The same object already existed at the key.
        case alreadyThere = "already there"
        /// The upload failed.
        case failed

        /// Whether the object is at its key.
        package var isGood: Bool { self != .failed }
    }

    /// The version of the format.
    package static let version: Int64 = 1

    /// The result.
    public var result: Result
    /// What was uploaded where.
    package var identity: Identity
    /// The local path, as in the manifest.
    package var path: ByteString
    /// The number of slices sent.
    package var slicesSent: Int
    /// The number of slices the service already had.
    package var slicesFound: Int
    /// The object's URLs.
    public var urls: ObjectURLs
    /// The service's request ids of init, list, finish and refused requests.
    public var requestIDs: [String]
    /// The id of the multipart upload; nil if there was none, and for the JSON API.
    package var uploadID: String?
    /// What proves that the service has the planned bytes; nil for the JSON API, whose finish compares the
    /// sha.
    public var proof: String?
    /// Start time, RFC 3339, UTC.
    package var started: String
    /// End time, RFC 3339, UTC.
    package var ended: String
    /// The SHA-256 of the manifest, lower-case hex.
    package var manifestSHA256: String
    /// Why the upload failed; nil if it succeeded.
    public var error: String?

    /// The fields in which a successful receipt must equal a plan for the file to be skipped.
    package struct Identity: Hashable, Sendable {
        /// The API.
        package var api: ServiceAPI
        /// The endpoint that requests were sent to.
        package var endpoint: String
        /// The region's name.
        package var region: String
        /// The appid; S3 has none.
        package var appID: Int64?
        /// The bucket's name.
        package var bucket: String
        /// The object key.
        package var key: ByteString
        /// **Unit**: bytes.
        package var fileSize: Int64
        /// Lower-case hex.
        package var sha: String
        /// The kind of `datasha` in the plan.
        package var datasha: DatashaKind

        /// Creates the identity of a plan's upload.
        package init(endpoint: Endpoint, target: Target, plan: PlannedFile) {
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
