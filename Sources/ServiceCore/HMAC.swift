import CLibCrypto

/// HMAC (RFC 2104), computed by libcrypto.
package enum HMAC {
    /// The length of a ``sha1(of:key:)`` code.
    ///
    /// **Unit**: bytes.
    package static let sha1Length = 20
    /// The length of a ``sha256(of:key:)`` code.
    ///
    /// **Unit**: bytes.
    package static let sha256Length = 32

    /// The HMAC-SHA1 of `message` under `key`.
    package static func sha1(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        unsafe code(EVP_sha1(), length: sha1Length, of: message, key: key)
    }

    /// The HMAC-SHA256 of `message` under `key`.
    package static func sha256(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        unsafe code(EVP_sha256(), length: sha256Length, of: message, key: key)
    }

    /// Compares two codes in constant time.
    package static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        unsafe left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    private static func code(
        _ digest: OpaquePointer?, length: Int, of message: [UInt8], key: [UInt8]
    ) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: length)
        var written: UInt32 = 0
        let result = unsafe CLibCrypto.HMAC(
            digest, key, Int32(key.count), message, message.count, &code, &written)
        precondition(unsafe result != nil && written == length, "libcrypto has SHA-1 and SHA-256")
        return code
    }
}
