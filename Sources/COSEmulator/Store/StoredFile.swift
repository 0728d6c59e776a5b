import Glibc
import NIOCore

/// An open file below the emulator's root.
///
/// A class, because it owns a descriptor.
final class StoredFile: Sendable {
    private let descriptor: Int32
    private let name: String

    init(owning descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
    }

    deinit { close(descriptor) }

    /// Tells whether a file is still the one that was written.
    struct Identity: Hashable, Sendable {
        let isRegular: Bool
        let size: Int64
        /// The number of hard links.
        let links: Int
        /// The modification time, for comparison only.
        ///
        /// **Unit**: nanoseconds modulo 2^64, because a file's date may lie beyond the year 2262.
        let modified: Int64
    }

    func identity() throws(StoreError) -> Identity {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw StoreError("look at", name) }
        return Identity(
            isRegular: status.st_mode & S_IFMT == S_IFREG, size: Int64(status.st_size),
            links: Int(status.st_nlink),
            modified: Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec))
    }

    /// Writes the buffers' concatenation at `offset`.
    func write(_ buffers: [ByteBuffer], at offset: Int64) throws(StoreError) {
        var offset = offset
        for buffer in buffers {
            let failure = unsafe buffer.withUnsafeReadableBytes { bytes -> StoreError? in
                var rest = unsafe bytes
                while let start = rest.baseAddress, rest.count > 0 {
                    let written = unsafe pwrite(descriptor, start, rest.count, off_t(offset))
                    guard written != 0 else { return StoreError("write", name, code: ENOSPC) }
                    guard written > 0 || errno == EINTR else { return StoreError("write", name) }
                    offset += Int64(max(0, written))
                    unsafe rest = UnsafeRawBufferPointer(rebasing: rest[max(0, written)...])
                }
                return nil
            }
            if let failure { throw failure }
        }
    }

    /// Copies the first `length` bytes of another file to `offset`.
    func append(_ other: StoredFile, _ length: Int64, at offset: Int64) throws(StoreError) {
        var offset = offset
        var failure: StoreError?
        try unsafe other.read(0, length) { bytes in
            guard failure == nil else { return }
            let buffer = unsafe ByteBuffer(bytes: bytes)
            do throws(StoreError) {
                try write([buffer], at: offset)
                offset += Int64(bytes.count)
            } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Passes `length` bytes from `offset` to `body` in pieces of at most 1 MiB, in order.
    func read(
        _ offset: Int64, _ length: Int64, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(StoreError) {
        guard offset >= 0, length >= 0, length <= Int64.max - offset else {
            throw StoreError("read", name, code: EINVAL)
        }
        var buffer = [UInt8](repeating: 0, count: Int(min(length, 1 << 20)))
        var done: Int64 = 0
        while done < length {
            let wanted = Int(min(Int64(buffer.count), length - done))
            let count = unsafe pread(descriptor, &buffer, wanted, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw StoreError("read", name, code: count < 0 ? errno : EIO) }
            unsafe buffer.withUnsafeBytes { unsafe body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            done += Int64(count)
        }
    }

    /// The content of the file, which must not be longer than `limit`.
    func contents(limit: Int64) throws(StoreError) -> [UInt8] {
        let size = try identity().size
        guard size <= limit else { throw StoreError("read", name, code: EFBIG) }
        var contents: [UInt8] = []
        contents.reserveCapacity(Int(size))
        try unsafe read(0, size) { bytes in unsafe contents.append(contentsOf: bytes) }
        return contents
    }

    /// Releases a lock that ``DiskFolder/lock(_:)`` took.
    func unlock() { flock(descriptor, LOCK_UN) }
}
