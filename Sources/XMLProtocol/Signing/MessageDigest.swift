import CLibCrypto
import PlanCore

/// Digests of messages in memory, computed by libcrypto.
package enum MessageDigest {
    /// SHA-1 (FIPS 180-4), 20 bytes.
    package static func sha1(_ message: UnsafeRawBufferPointer) -> [UInt8] {
        unsafe digest(message, length: SHA_DIGEST_LENGTH) { unsafe SHA1($0, $1, $2) }
    }

    /// SHA-256 (FIPS 180-4), 32 bytes.
    package static func sha256(_ message: UnsafeRawBufferPointer) -> [UInt8] {
        unsafe digest(message, length: SHA256_DIGEST_LENGTH) { unsafe SHA256($0, $1, $2) }
    }

    /// MD5 (RFC 1321), 16 bytes.
    package static func md5(_ message: UnsafeRawBufferPointer) -> [UInt8] {
        unsafe digest(message, length: MD5_DIGEST_LENGTH) { unsafe MD5($0, $1, $2) }
    }

    /// SHA-1 (FIPS 180-4), 20 bytes.
    package static func sha1(_ message: [UInt8]) -> [UInt8] {
        unsafe message.withUnsafeBytes { unsafe sha1($0) }
    }

    /// SHA-256 (FIPS 180-4), 32 bytes.
    package static func sha256(_ message: [UInt8]) -> [UInt8] {
        unsafe message.withUnsafeBytes { unsafe sha256($0) }
    }

    /// MD5 (RFC 1321), 16 bytes.
    package static func md5(_ message: [UInt8]) -> [UInt8] {
        unsafe message.withUnsafeBytes { unsafe md5($0) }
    }

    private static func digest(
        _ message: UnsafeRawBufferPointer, length: Int32,
        by compute: (UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt8>?) -> UnsafeMutablePointer<UInt8>?
    ) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(length))
        let bytes = unsafe message.bindMemory(to: UInt8.self)
        _ = unsafe compute(bytes.baseAddress, bytes.count, &digest)
        return digest
    }
}

extension [UInt8] {
    /// The bytes in lower-case hex digits.
    package var hexText: String {
        var digits: [UInt8] = []
        digits.reserveCapacity(count * 2)
        for byte in self { digits.append(hexDigitsOf: byte) }
        return String(decoding: digits, as: UTF8.self)
    }
}
