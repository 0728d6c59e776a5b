import CLibCrypto

/// The SHA-256 (FIPS 180-4) of bytes that come piece by piece.
///
/// A class, because OpenSSL's context is one thing. Not for two threads at once.
@safe public final class SHA256Stream {
    private let context: OpaquePointer

    /// No bytes yet.
    public init() {
        guard let context = unsafe EVP_MD_CTX_new(), unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
        else { preconditionFailure("OpenSSL has no SHA-256") }
        unsafe self.context = context
    }

    deinit { unsafe EVP_MD_CTX_free(context) }

    /// Takes the next bytes.
    public func update(_ bytes: UnsafeRawBufferPointer) {
        unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    /// Takes the next bytes.
    public func update(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe update($0) }
    }

    /// The digest of all bytes taken so far, 32 bytes; more may follow.
    public var digest: [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        guard let copy = unsafe EVP_MD_CTX_new() else { preconditionFailure("OpenSSL is out of memory") }
        defer { unsafe EVP_MD_CTX_free(copy) }
        unsafe EVP_MD_CTX_copy_ex(copy, context)
        unsafe EVP_DigestFinal_ex(copy, &digest, nil)
        return digest
    }

    /// ``digest`` as 64 lower-case hex digits.
    public var hexDigest: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
