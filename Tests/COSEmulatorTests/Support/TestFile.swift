import CLibCrypto
import Foundation

/// The bytes of a file and their digests, computed independently of the code under test.
enum TestFile {
    /// Byte i is (31·i + 7) & 0xff, the pattern that the vendor's SDKs were run with.
    static func pattern(_ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: 31 &* $0 &+ 7) }
    }

    /// Pseudo-random bytes, the same for a seed.
    static func random(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
        let words = (0..<(count + 7) / 8).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        return words.withUnsafeBytes { Array($0.prefix(count)) }
    }

    static func sha1(_ bytes: some Collection<UInt8>) -> String {
        let bytes = Array(bytes)
        var digest = [UInt8](repeating: 0, count: 20)
        var length: UInt32 = 0
        EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha1(), nil)
        return digest.map { String(format: "%02x", $0) }.joined()
    }

    static func md5(_ bytes: some Collection<UInt8>) -> String {
        let bytes = Array(bytes)
        var digest = [UInt8](repeating: 0, count: 16)
        var length: UInt32 = 0
        EVP_Digest(bytes, bytes.count, &digest, &length, EVP_md5(), nil)
        return digest.map { String(format: "%02x", $0) }.joined()
    }

    /// The `uploadparts` text, with states from libcrypto's `SHA_CTX`.
    ///
    /// Another test compares it with the digests from the vendor's SDKs.
    static func uploadParts(_ bytes: [UInt8], partSize: Int, plain: Bool = false) -> String {
        var entries: [String] = []
        var context = SHA_CTX()
        SHA1_Init(&context)
        for offset in stride(from: 0, to: bytes.count, by: partSize) {
            let end = min(offset + partSize, bytes.count)
            _ = bytes[offset..<end].withUnsafeBytes { SHA1_Update(&context, $0.baseAddress, $0.count) }
            let datasha: String
            if plain {
                datasha = sha1(bytes[offset..<end])
            } else if end == bytes.count {
                datasha = sha1(bytes)
            } else {
                datasha = [context.h0, context.h1, context.h2, context.h3, context.h4]
                    .map { String(format: "%08x", $0.byteSwapped) }.joined()
            }
            entries.append(#"{"offset":\#(offset),"datalen":\#(end - offset),"datasha":"\#(datasha)"}"#)
        }
        return "[\(entries.joined(separator: ","))]"
    }
}
