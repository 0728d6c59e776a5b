import ByteDigests
import NIOCore
import PlanCore

/// Receives the bytes of an object or a part: hashes them, and writes them to a file if they are stored.
struct ContentIntake {
    private var md5 = DigestStream(.md5)
    private var checksum: RunningChecksum
    /// Nil where the signature does not cover it.
    private var sha256: DigestStream?
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
        sha256 = hashesPayload ? DigestStream(.sha256) : nil
    }

    /// The checksum of the bytes received, as its header writes it.
    var checksumText: String { checksum.text }
    /// The SHA-256 of the bytes received in hex; nil if it is not signed.
    var payloadHash: String? { sha256.map { $0.digest.hexText } }
    /// The MD5 of the bytes received.
    var md5Digest: [UInt8] { md5.digest }

    /// Takes the next bytes.
    mutating func take(_ buffer: ByteBuffer) {
        let offset = length
        unsafe buffer.withUnsafeReadableBytes { bytes in
            unsafe md5.take(bytes)
            unsafe checksum.update(bytes)
            unsafe sha256?.take(bytes)
        }
        length += Int64(buffer.readableBytes)
        guard failure == nil, let file else { return }
        do throws(StoreError) { try file.write([buffer], at: offset) } catch { failure = error }
    }
}
