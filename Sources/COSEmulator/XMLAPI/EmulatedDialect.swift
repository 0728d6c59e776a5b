import NIOHTTP1

/// The API of a request: COS's XML API or S3, which have the same operations.
enum EmulatedDialect: Hashable, Sendable {
    /// COS's XML API (v5).
    case cos
    /// S3.
    case s3

    /// The dialect of a request; its signature decides if both are served.
    init(_ head: HTTPRequestHead, among apis: Set<EmulatedAPI>) {
        guard apis.contains(.s3) else {
            self = .cos
            return
        }
        self = !apis.contains(.xml) || S3Authorization.speaks(head) ? .s3 : .cos
    }

    /// The maximum length of a key, without its leading slash.
    ///
    /// **Unit**: bytes. **Source**: the vendor's limits page; AWS's "Creating object key names".
    var longestKey: Int {
        switch self {
        case .cos: 850
        case .s3: 1_024
        }
    }

    /// The minimum size of a part that is not the last.
    ///
    /// **Unit**: bytes. **Source**: the vendor's page on uploading parts; AWS's "Amazon S3 multipart upload limits".
    var smallestPart: Int64 {
        switch self {
        case .cos: 1 << 20
        case .s3: 5 << 20
        }
    }

    /// The checksum if the request specifies none.
    var usualChecksum: StoreChecksum {
        switch self {
        case .cos: .crc64ecma
        case .s3: .crc64nvme
        }
    }

    /// The header with the request id.
    var requestIDHeader: String {
        switch self {
        case .cos: "x-cos-request-id"
        case .s3: "x-amz-request-id"
        }
    }
}
