import CLibCrypto

/// An incremental digest.
///
/// Uses OpenSSL's low-level functions, which do not depend on its providers' policy.
package struct DigestStream: Sendable {
    /// The digest algorithm.
    package enum Algorithm: Hashable, Sendable, CaseIterable {
        /// MD5 (RFC 1321).
        case md5
        /// SHA-1 (FIPS 180-4).
        case sha1
        /// SHA-256 (FIPS 180-4).
        case sha256
    }

    private enum Context {
        case md5(MD5_CTX)
        case sha1(SHA_CTX)
        case sha256(SHA256_CTX)
    }

    private var context: Context

    /// Starts a digest.
    package init(_ algorithm: Algorithm) {
        switch algorithm {
        case .md5:
            var empty = MD5_CTX()
            unsafe MD5_Init(&empty)
            context = .md5(empty)
        case .sha1:
            var empty = SHA_CTX()
            unsafe SHA1_Init(&empty)
            context = .sha1(empty)
        case .sha256:
            var empty = SHA256_CTX()
            unsafe SHA256_Init(&empty)
            context = .sha256(empty)
        }
    }

    /// Processes the next bytes.
    package mutating func take(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        switch context {
        case .md5(var taken):
            unsafe MD5_Update(&taken, start, bytes.count)
            context = .md5(taken)
        case .sha1(var taken):
            unsafe SHA1_Update(&taken, start, bytes.count)
            context = .sha1(taken)
        case .sha256(var taken):
            unsafe SHA256_Update(&taken, start, bytes.count)
            context = .sha256(taken)
        }
    }

    /// Processes the next bytes.
    package mutating func take(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe take($0) }
    }

    /// The digest of all bytes so far; the stream can be continued.
    package var digest: [UInt8] {
        switch context {
        case .md5(var taken):
            var digest = [UInt8](repeating: 0, count: 16)
            unsafe MD5_Final(&digest, &taken)
            return digest
        case .sha1(var taken):
            var digest = [UInt8](repeating: 0, count: 20)
            unsafe SHA1_Final(&digest, &taken)
            return digest
        case .sha256(var taken):
            var digest = [UInt8](repeating: 0, count: 32)
            unsafe SHA256_Final(&digest, &taken)
            return digest
        }
    }
}

/// Digests of whole messages.
package enum MessageDigest {
    /// MD5, 16 bytes.
    package static func md5(_ message: UnsafeRawBufferPointer) -> [UInt8] {
        unsafe digest(message, .md5)
    }

    /// SHA-1, 20 bytes.
    package static func sha1(_ message: UnsafeRawBufferPointer) -> [UInt8] {
        unsafe digest(message, .sha1)
    }

    /// SHA-256, 32 bytes.
    package static func sha256(_ message: UnsafeRawBufferPointer) -> [UInt8] {
        unsafe digest(message, .sha256)
    }

    /// MD5, 16 bytes.
    package static func md5(_ message: [UInt8]) -> [UInt8] {
        unsafe message.withUnsafeBytes { unsafe md5($0) }
    }

    /// SHA-1, 20 bytes.
    package static func sha1(_ message: [UInt8]) -> [UInt8] {
        unsafe message.withUnsafeBytes { unsafe sha1($0) }
    }

    /// SHA-256, 32 bytes.
    package static func sha256(_ message: [UInt8]) -> [UInt8] {
        unsafe message.withUnsafeBytes { unsafe sha256($0) }
    }

    private static func digest(
        _ message: UnsafeRawBufferPointer, _ algorithm: DigestStream.Algorithm
    ) -> [UInt8] {
        var stream = DigestStream(algorithm)
        unsafe stream.take(message)
        return stream.digest
    }
}
