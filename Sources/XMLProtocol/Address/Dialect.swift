import PlanCore

/// Which of the two interfaces of this shape a store speaks.
public enum Dialect: Hashable, Sendable {
    /// COS's XML API (v5).
    case cos
    /// S3, with the checksum that the store proves bytes by.
    case s3(S3Checksum)

    /// What every multipart upload is held to.
    package var limits: MultipartLimits {
        switch self {
        case .cos: .xml
        case .s3: .s3
        }
    }

    /// The CRC-64 that the store answers; nil for an S3 store that proves by something else.
    package var crc: CRC64Value.Kind? {
        switch self {
        case .cos: .ecma
        case .s3(.crc64nvme): .nvme
        case .s3(.sha1), .s3(.md5): nil
        }
    }
}

/// By what an S3 store proves that it has the bytes. The choice is the user's: there is no silent step down.
public enum S3Checksum: String, Hashable, Sendable, CaseIterable {
    /// The CRC-64/NVME of the whole object.
    case crc64nvme
    /// SHA-1s of the parts; of the whole only their composite.
    case sha1
    /// The ETags, MD5s of the parts: for stores without checksums.
    case md5

    /// The header that carries a body's checksum; nil for MD5, which goes in `Content-MD5`.
    var header: String? {
        switch self {
        case .crc64nvme: HeaderName.checksumCRC64NVME
        case .sha1: HeaderName.checksumSHA1
        case .md5: nil
        }
    }

    /// The value of `x-amz-checksum-algorithm`.
    var algorithm: String? {
        switch self {
        case .crc64nvme: "CRC64NVME"
        case .sha1: "SHA1"
        case .md5: nil
        }
    }

    /// The value of `x-amz-checksum-type`.
    var type: String? {
        switch self {
        case .crc64nvme: "FULL_OBJECT"
        case .sha1: "COMPOSITE"
        case .md5: nil
        }
    }

    /// The element of a part in the XML of finish and of listings.
    var element: String? {
        switch self {
        case .crc64nvme: "ChecksumCRC64NVME"
        case .sha1: "ChecksumSHA1"
        case .md5: nil
        }
    }
}
