import CLibCrypto
import NIOCore
import PlanCore

/// Receives the bytes of an object or a part: hashes them, and writes them to a file if they are stored.
struct ContentIntake {
    private var md5: MD5Stream
    private var checksum: RunningChecksum
    /// Nil where the signature does not cover it.
    private var sha256: SHA256Stream?
    private let file: StoredFile?
    /// The number of bytes received.
    ///
    /// **Unit**: bytes.
    private(set) var length: Int64 = 0
    /// The first write error; nothing is written after it.
    private(set) var failure: StoreError?

    /// Creates an intake.
    ///
    /// - Parameters:
    ///   - file: where the bytes are written; nil drops them once they are hashed.
    ///   - checksum: the checksum to compute.
    ///   - hashesPayload: whether to compute the SHA-256, because it is signed.
    init(to file: StoredFile?, _ checksum: StoreChecksum, hashesPayload: Bool) {
        self.file = file
        self.checksum = RunningChecksum(checksum)
        md5 = MD5Stream()
        sha256 = hashesPayload ? SHA256Stream() : nil
    }

    /// The checksum of the bytes received, as its header writes it.
    var checksumText: String { checksum.text }
    /// The SHA-256 of the bytes received in hex; nil if it is not signed.
    var payloadHash: String? { sha256.map { $0.digest.map(\.hexDigits).joined() } }
    /// The MD5 of the bytes received.
    var md5Digest: [UInt8] { md5.digest }

    /// Takes the next bytes.
    mutating func take(_ buffer: ByteBuffer) {
        let offset = length
        unsafe buffer.withUnsafeReadableBytes { bytes in
            unsafe md5.update(bytes)
            unsafe checksum.update(bytes)
            unsafe sha256?.update(bytes)
        }
        length += Int64(buffer.readableBytes)
        guard failure == nil, let file else { return }
        do throws(StoreError) { try file.write([buffer], at: offset) } catch { failure = error }
    }
}

/// An incremental MD5 (RFC 1321).
///
/// Implemented by OpenSSL.
struct MD5Stream {
    private var context = MD5_CTX()

    init() { unsafe MD5_Init(&context) }

    /// Processes the next bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        _ = unsafe MD5_Update(&context, bytes.baseAddress, bytes.count)
    }

    /// The 16-byte digest of all bytes so far.
    ///
    /// The stream can be continued.
    var digest: [UInt8] {
        var last = context
        var bytes = [UInt8](repeating: 0, count: 16)
        unsafe MD5_Final(&bytes, &last)
        return bytes
    }

    /// The MD5 of `bytes`.
    static func digest(of bytes: [UInt8]) -> [UInt8] {
        var stream = MD5Stream()
        unsafe bytes.withUnsafeBytes { unsafe stream.update($0) }
        return stream.digest
    }
}
