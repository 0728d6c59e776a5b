import CLibCrypto
import NIOCore
import PlanCore

/// The bytes of an object or a part as they arrive: hashed, and written to a file where they are kept.
struct ContentIntake {
    private var md5: MD5Stream
    private var crc = CRC64()
    private let file: StoredFile?
    /// The first write that failed; nothing after it is kept.
    private(set) var failure: StoreError?

    /// - Parameter file: where the bytes go; nil to drop them once they are hashed.
    init(to file: StoredFile?) {
        self.file = file
        md5 = MD5Stream()
    }

    /// How many bytes came. **Unit**: bytes.
    var length: Int64 { crc.length }
    /// The CRC-64 of all of them.
    var crc64: UInt64 { crc.value }
    /// The MD5 of all of them.
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

/// An MD5 in progress (RFC 1321). OpenSSL does the work.
struct MD5Stream {
    private var context = MD5_CTX()

    init() { unsafe MD5_Init(&context) }

    /// Takes the next bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        _ = unsafe MD5_Update(&context, bytes.baseAddress, bytes.count)
    }

    /// The 16 bytes of everything taken. The stream itself can go on.
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
