import CLibCrypto
import NIOCore
import PlanCore

/// Receives the bytes of an object or a part: hashes them, and writes them to a file if they are stored.
struct ContentIntake {
    private var md5: MD5Stream
    private var crc = CRC64()
    private let file: StoredFile?
    /// The first write error; nothing is written after it.
    private(set) var failure: StoreError?

    /// Creates an intake that writes to `file`; nil drops the bytes once they are hashed.
    init(to file: StoredFile?) {
        self.file = file
        md5 = MD5Stream()
    }

    /// The number of bytes received.
    ///
    /// **Unit**: bytes.
    var length: Int64 { crc.length }
    /// The CRC-64 of the bytes received.
    var crc64: UInt64 { crc.value }
    /// The MD5 of the bytes received.
    var md5Digest: [UInt8] { md5.digest }

    /// Takes the next bytes.
    mutating func take(_ buffer: ByteBuffer) {
        let offset = length
        unsafe buffer.withUnsafeReadableBytes { bytes in
            unsafe md5.update(bytes)
            unsafe crc.update(bytes)
        }
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
