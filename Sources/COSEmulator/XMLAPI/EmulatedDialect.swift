import NIOHTTP1

/// Which of the two interfaces of one shape a request speaks.
enum EmulatedDialect: Hashable, Sendable {
    /// COS's XML API (v5).
    case cos
    /// S3.
    case s3

    /// The dialect of a request: its signature tells where both are spoken.
    init(_ head: HTTPRequestHead, among apis: Set<EmulatedAPI>) {
        guard apis.contains(.s3) else {
            self = .cos
            return
        }
        self = !apis.contains(.xml) || S3Authorization.speaks(head) ? .s3 : .cos
    }

    /// The longest key, without its leading slash. **Unit**: bytes. **Source**: the vendor's limits page; AWS's
    /// "Creating object key names".
    var longestKey: Int {
        switch self {
        case .cos: 850
        case .s3: 1_024
        }
    }

    /// The shortest part that is not the last. **Unit**: bytes. **Source**: the vendor's page on uploading parts;
    /// AWS's "Amazon S3 multipart upload limits".
    var smallestPart: Int64 {
        switch self {
        case .cos: 1 << 20
        case .s3: 5 << 20
        }
    }

    /// What is answered for bytes whose request names no checksum.
    var usualChecksum: StoreChecksum {
        switch self {
        case .cos: .crc64ecma
        case .s3: .crc64nvme
        }
    }

    /// The header that names a request.
    var requestIDHeader: String {
        switch self {
        case .cos: "x-cos-request-id"
        case .s3: "x-amz-request-id"
        }
    }
}
