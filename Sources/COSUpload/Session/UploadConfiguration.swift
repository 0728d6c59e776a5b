import PlanCore
import PlanDigest
import ServiceCore
import XMLProtocol

/// How uploads are made.
public struct UploadConfiguration: Sendable {
    /// Where requests go; nil for the service's own host of each target's region.
    public var endpoint: Endpoint?
    /// Who asks.
    public var credentials: Credentials
    /// How many slices may be under way at once, over all files of several slices.
    public var slices = 4
    /// How many small files may be on their way at once, each with one request under way.
    public var filesAtOnce = 32
    /// Files up to this size go up in one request, the simple upload; 0 for empty files only. **Unit**: bytes, at
    /// most ``COSProtocol/SimpleUploadOperation/maximumFileSize``.
    public var simpleUpTo: Int64 = 0
    /// How long a part of the XML API or S3 should be at least. **Unit**: bytes; in `PartSizing.choices`.
    public var partSize = MultipartLimits.usualPart
    /// By what an S3 store proves that it has the bytes.
    public var s3Checksum = S3Checksum.crc64nvme
    /// Reads the credentials again where a temporary pair has expired; nil where there are no others.
    public var renewedCredentials: (@Sendable () async -> Credentials?)?
    /// What is tried again, and how.
    public var retry = RetryPolicy()
    /// The most bytes a second that leave, on average over slices; nil for no limit.
    public var bytesPerSecond: Int64?
    /// How long a request may stand still before its last byte is through. **Unit**: seconds, 60 or more outside
    /// tests.
    public var idleSeconds = 60
    /// How long a reply may take, from the request's last byte to its own. The service works on the whole file before
    /// it answers finish. **Unit**: seconds.
    public var replySeconds = 300
    /// A file of PEM certificates that are trusted in place of the system's; nil for the system's. It is only used
    /// where the guard works.
    public var certificateAuthorities: String?
    /// Whether the guard between Foundation and libcurl is used where it works. Without it a broken reply can end the
    /// process.
    public var isGuarded = true
    /// How the bytes to send are hashed where several parts are checked at once.
    package var kernel = Kernel.best
    /// Whether a whole file is checked before its upload begins; else its first part.
    public var checksWholeFilesFirst = false
    /// What requests say they come from.
    public var userAgent = "cosplan"

    /// The usual values, with this pair.
    public init(credentials: Credentials) {
        self.credentials = credentials
    }

    /// How many slices are held in memory at once, over all files: those under way, and some that are read and
    /// checked meanwhile.
    var slicesInMemory: Int { slices + SliceReader.maximumAtOnce }

    /// How many files of several slices are on their way at once.
    var largeFilesAtOnce: Int { min(slices, 16) }

    /// Whether the file's bytes go up in one request, unless the service wants them cut.
    func isSmall(_ plan: PlannedFile) -> Bool {
        plan.fileSize <= max(Int64(plan.sliceSize.bytes), simpleUpTo)
    }
}
