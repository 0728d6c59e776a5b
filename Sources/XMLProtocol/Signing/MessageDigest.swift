import CLibCrypto
import PlanCore

/// Digests of a message that lies in memory, through libcrypto.
package enum MessageDigest {
    /// SHA-1 (FIPS 180-4), 20 bytes.
    package static func sha1(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
        unsafe SHA1(message, message.count, &digest)
        return digest
    }

    /// SHA-256 (FIPS 180-4), 32 bytes.
    package static func sha256(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        unsafe SHA256(message, message.count, &digest)
        return digest
    }

    /// MD5 (RFC 1321), 16 bytes.
    package static func md5(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(MD5_DIGEST_LENGTH))
        unsafe MD5(message, message.count, &digest)
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
