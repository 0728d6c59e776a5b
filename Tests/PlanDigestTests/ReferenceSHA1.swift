import CLibCrypto
import PlanCore

/// OpenSSL's SHA-1 over one piece, as the reference for the engine's digests.
struct ReferenceSHA1 {
    private var context = SHA_CTX()

    init() { unsafe SHA1_Init(&context) }

    mutating func update(_ bytes: ArraySlice<UInt8>) {
        unsafe bytes.withUnsafeBytes { bytes in
            _ = unsafe SHA1_Update(&context, bytes.baseAddress, bytes.count)
        }
    }

    /// The running state as the service's SDKs write it: the bytes of each word reversed.
    ///
    /// Whole blocks only.
    var littleEndianState: Digest {
        Digest(
            words: (
                context.h0.byteSwapped, context.h1.byteSwapped, context.h2.byteSwapped,
                context.h3.byteSwapped, context.h4.byteSwapped
            ))
    }

    /// The words in big-endian order, without padding.
    var bigEndianState: Digest {
        Digest(words: (context.h0, context.h1, context.h2, context.h3, context.h4))
    }

    /// The finished hash.
    var finished: Digest {
        var copy = context
        var bytes = [UInt8](repeating: 0, count: 20)
        unsafe SHA1_Final(&bytes, &copy)
        return Digest(hex: bytes.flatMap { hexDigits($0) }) ?? .ofNoBytes
    }

    static func digest(_ bytes: ArraySlice<UInt8>) -> Digest {
        var hash = ReferenceSHA1()
        hash.update(bytes)
        return hash.finished
    }
}

private func hexDigits(_ byte: UInt8) -> [UInt8] {
    let digits = Array("0123456789abcdef".utf8)
    return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
}

/// The plan of `bytes`, computed with the reference implementation.
func referenceParts(
    _ bytes: [UInt8], partSize: Int, kind: DatashaKind = .state, withSHA1: Bool = true
) -> (sha: Digest, parts: [Part]) {
    var running = ReferenceSHA1()
    var parts: [Part] = []
    for start in stride(from: 0, to: bytes.count, by: partSize) {
        let slice = bytes[start..<min(start + partSize, bytes.count)]
        running.update(slice)
        let plain = ReferenceSHA1.digest(slice)
        let state = slice.endIndex == bytes.count ? running.finished : running.littleEndianState
        parts.append(
            Part(
                range: ByteRange(offset: Int64(start), length: Int64(slice.count)),
                datasha: kind == .state ? state : plain, sha1: withSHA1 ? plain : nil))
    }
    return (running.finished, parts)
}
