import ByteDigests
import PlanCore

/// The variant of the API that a store implements.
public enum Dialect: Hashable, Sendable {
    /// COS's XML API (v5).
    case cos
    /// S3, with the checksum by which the store proves that it has the bytes.
    case s3(S3Checksum)

    /// The API of the dialect.
    package var api: ServiceAPI {
        switch self {
        case .cos: .xml
        case .s3: .s3
        }
    }

    /// The limits of multipart uploads.
    package var limits: MultipartLimits {
        switch self {
        case .cos: .xml
        case .s3: .s3
        }
    }

    /// The kind of CRC-64 that the store returns; nil for an S3 store with another checksum.
    package var crc: CRC64.Kind? {
        switch self {
        case .cos: .ecma
        case .s3(.crc64nvme): .nvme
        case .s3(.sha1), .s3(.md5): nil
        }
    }
}

/// The checksum by which an S3 store proves that it has the bytes.
///
/// Chosen by the user; there is no silent fallback.
public enum S3Checksum: String, Hashable, Sendable, CaseIterable {
    /// The CRC-64/NVME of the whole object.
    case crc64nvme
    /// SHA-1 of each part; the whole object has only their composite.
    case sha1
    /// ETags, the MD5 of each part, for stores without checksums.
    case md5

    /// The header of a body's checksum; nil for MD5, which uses `Content-MD5`.
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

    /// The XML element of a part's checksum in finish and in listings.
    var element: String? {
        switch self {
        case .crc64nvme: "ChecksumCRC64NVME"
        case .sha1: "ChecksumSHA1"
        case .md5: nil
        }
    }
}
