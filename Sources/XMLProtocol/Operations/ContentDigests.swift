import PlanCore

/// Digests of a range of the file, for a request that carries it or for a comparison.
package struct ContentDigests: Hashable, Sendable {
    /// The kind of digest.
    package enum Kind: Hashable, Sendable, CaseIterable {
        /// For `Content-MD5` and for ETags.
        case md5
        /// CRC-64/XZ, used by COS.
        case crc64ecma
        /// CRC-64/NVME, used by S3.
        case crc64nvme
        /// For S3 stores without CRC-64/NVME.
        case sha1
        /// For S3's signature, if the payload's hash is signed.
        case sha256
    }

    /// The number of bytes.
    ///
    /// **Unit**: bytes.
    package var length: Int64
    /// MD5 (RFC 1321), 16 bytes.
    package var md5: [UInt8]?
    /// The CRC-64 of the store's kind.
    package var crc64: UInt64?
    /// SHA-1 (FIPS 180-4), 20 bytes.
    package var sha1: [UInt8]?
    /// SHA-256 (FIPS 180-4), 32 bytes.
    package var sha256: [UInt8]?

    package init(
        length: Int64, md5: [UInt8]? = nil, crc64: UInt64? = nil, sha1: [UInt8]? = nil, sha256: [UInt8]? = nil
    ) {
        self.length = length
        self.md5 = md5
        self.crc64 = crc64
        self.sha1 = sha1
        self.sha256 = sha256
    }

    /// The value of the store's checksum in header notation; nil for MD5, and if it was not computed.
    func checksumText(_ dialect: Dialect) -> String? {
        switch dialect {
        case .cos: crc64.map { String($0) }
        case .s3(.crc64nvme): crc64.map { Base64.encoded($0.bigEndianBytes) }
        case .s3(.sha1): sha1.map { Base64.encoded($0) }
        case .s3(.md5): nil
        }
    }
}
