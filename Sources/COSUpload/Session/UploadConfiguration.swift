import COSProtocol
import PlanCore
import PlanDigest
import ServiceCore
import XMLProtocol

/// The configuration of uploads.
public struct UploadConfiguration: Sendable {
    /// The endpoint for all requests; nil for the service's host of each target's region.
    public var endpoint: Endpoint?
    /// The credentials to sign with.
    public var credentials: Credentials
    /// Signatures made ahead, in place of the credentials: only objects of the JSON API that have one are uploaded.
    package var tickets: Tickets?
    /// The maximum number of slices in flight, over all files of several slices.
    public var slices = 4
    /// The maximum number of small files in flight, with one request each.
    public var filesAtOnce = 32
    /// Files up to this size are sent in one request, the simple upload; 0 for empty files only.
    ///
    /// **Unit**: bytes, at most `maximumFileSize`.
    public var simpleUpTo: Int64 = 0
    /// The minimum part size for the XML API and S3.
    ///
    /// **Unit**: bytes, within `PartSizing.choices`.
    public var partSize = MultipartLimits.usualPart
    /// The checksum by which an S3 store proves that it has the bytes.
    public var s3Checksum = S3Checksum.crc64nvme
    /// Reloads expired temporary credentials; nil if that is not possible.
    public var renewedCredentials: (@Sendable () async -> Credentials?)?
    /// The retry policy.
    public var retry = RetryPolicy()
    /// The maximum average rate, over several slices; nil for no limit.
    ///
    /// **Unit**: bytes per second.
    public var bytesPerSecond: Int64?
    /// The maximum time without progress before a request's last byte is acknowledged.
    ///
    /// **Unit**: seconds, 60 or more outside tests.
    package var idleSeconds = 60
    /// The maximum time from a request's last byte to the reply's last byte.
    ///
    /// The service processes the whole file before it replies to finish. **Unit**: seconds.
    public var replySeconds = 300
    /// A PEM file of trusted certificates that replaces the system's; nil for the system's.
    ///
    /// Used only if the guard is active.
    public var certificateAuthorities: String?
    /// Whether to use the guard between Foundation and libcurl.
    ///
    /// Without it a malformed reply can crash the process.
    package var isGuarded = true
    /// The kernel that hashes several parts at once.
    package var kernel = Kernel.best
    /// Whether the whole file is checked before its upload begins, instead of its first part.
    public var checksWholeFilesFirst = false
    /// The value of `User-Agent`.
    public var userAgent = "cosplan"

    /// The default configuration with these credentials.
    public init(credentials: Credentials) {
        self.credentials = credentials
    }

    /// The maximum memory for parts of the XML API and S3, over all files; a single part of any length is always
    /// allowed.
    ///
    /// **Unit**: bytes.
    package static let partMemory: Int64 = 256 << 20

    /// The maximum memory for parts of `size`.
    ///
    /// **Unit**: bytes.
    package static func memory(ofPartsOf size: Int64) -> Int64 { max(partMemory, size) }

    /// The maximum number of parts of `size` in flight.
    func partsAtOnce(of size: Int64) -> Int { min(slices, max(1, Int(Self.partMemory / size))) }

    /// The maximum number of slices in memory, over all files: those in flight, and those being read and
    /// checked meanwhile.
    var slicesInMemory: Int { slices + SliceReader.maximumAtOnce }

    /// The maximum number of files of several slices in flight.
    var largeFilesAtOnce: Int { min(slices, 16) }

    /// How many small files are read and checked while `filesAtOnce` others have a request in flight, so that the
    /// next request is ready when one ends.
    package static func filesReadAhead(of filesAtOnce: Int) -> Int { filesAtOnce / 8 }

    /// The maximum number of small files open.
    var smallFilesOpen: Int { filesAtOnce + Self.filesReadAhead(of: filesAtOnce) }

    /// Whether the file is sent in one request, unless the service requires several slices.
    func isSmall(_ plan: PlannedFile) -> Bool {
        plan.fileSize <= max(Int64(plan.sliceSize.bytes), simpleUpTo)
    }
}
