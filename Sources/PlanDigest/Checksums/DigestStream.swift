import CLibCrypto
import PlanCore

/// An incremental digest.
///
/// Uses OpenSSL's low-level functions, which do not depend on its providers' policy.
package struct DigestStream: Sendable {
    /// The digest algorithm.
    package enum Algorithm: Hashable, Sendable, CaseIterable {
        /// MD5 (RFC 1321).
        case md5
        /// SHA-256 (FIPS 180-4).
        case sha256
    }

    private enum Context {
        case md5(MD5_CTX)
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
        case .sha256:
            var empty = SHA256_CTX()
            unsafe SHA256_Init(&empty)
            context = .sha256(empty)
        }
    }

    /// Processes the next bytes.
    package mutating func take(_ bytes: UnsafeRawBufferPointer) {
        switch context {
        case .md5(var taken):
            unsafe MD5_Update(&taken, bytes.baseAddress, bytes.count)
            context = .md5(taken)
        case .sha256(var taken):
            unsafe SHA256_Update(&taken, bytes.baseAddress, bytes.count)
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
        case .sha256(var taken):
            var digest = [UInt8](repeating: 0, count: 32)
            unsafe SHA256_Final(&digest, &taken)
            return digest
        }
    }

    /// ``digest`` in lower-case hex.
    package var hexDigest: String { digest.reduce(into: "") { $0 += $1.hexDigits } }
}
