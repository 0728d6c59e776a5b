import CLibCrypto

/// HMAC-SHA1 (RFC 2104) through libcrypto.
enum HMACSHA1 {
    /// How long a code is. **Unit**: bytes.
    static let length = 20

    /// The code of `message` under `key`.
    static func code(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: length)
        var written: UInt32 = 0
        let result = unsafe HMAC(
            EVP_sha1(), key, Int32(key.count), message, message.count, &code, &written)
        precondition(unsafe result != nil && written == length, "libcrypto has SHA-1")
        return code
    }

    /// Whether two codes are equal, in a time that does not depend on where they differ.
    static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        unsafe left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
