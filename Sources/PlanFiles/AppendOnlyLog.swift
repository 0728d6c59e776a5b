import Glibc
import PlanCore

/// A file of lines that only ever grows, written by one process at a time: where receipts go.
///
/// Every line is on disk when ``append(_:)`` returns. A last line without its end, torn by a crash, is cut when the
/// log is opened. A class, because it holds the file's lock; it is let go with the last reference.
public final class AppendOnlyLog {
    /// The longest line. **Unit**: bytes.
    public static let lineLimit = 1 << 20

    /// How many bytes of a torn last line were cut; 0 for a log that was whole.
    public let cutLength: Int64
    private let path: ByteString
    private let descriptor: Descriptor
    private var length: Int64

    /// Opens `path`, relative to the current folder, and makes it, for its owner only, if it is not there.
    ///
    /// - Throws: ``FileError/linkNotFollowed(path:)``, ``FileError/notRegular(path:kind:)``,
    ///   ``FileError/lockedByAnother(path:)``, ``FileError/createFailed(path:code:)``.
    public init(path: ByteString) throws(FileError) {
        guard !path.isEmpty, !path.bytes.contains(0) else { throw .emptyPath }
        self.path = path
        // O_NONBLOCK: a pipe under the name is refused, not waited for.
        let flags = O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        let status: stat
        do throws(SystemError) {
            let number = try SystemError.check {
                unsafe path.bytes.withCPath { unsafe open($0, flags, 0o600) }
            }
            descriptor = Descriptor(owning: number)
            status = try descriptor.status()
        } catch {
            switch error.code {
            case ELOOP: throw .linkNotFollowed(path: path)
            case EISDIR: throw .isFolder(path: path)
            default: throw .createFailed(path: path, code: error.code)
            }
        }
        let kind = FileKind(mode: status.st_mode)
        guard kind == .regular else { throw .notRegular(path: path, kind: kind) }
        do throws(SystemError) {
            try Self.lock(descriptor)
            let found = Int64(try descriptor.status().st_size)
            length = try Self.wholeLines(descriptor, length: found)
            cutLength = found - length
            if cutLength > 0 {
                try Self.cut(descriptor, to: length)
            }
        } catch {
            if error.code == EWOULDBLOCK { throw .lockedByAnother(path: path) }
            throw .writeFailed(path: path, code: error.code)
        }
        Self.syncFolder(of: path)
    }

    deinit {
        // A child being started just now holds copies of all descriptors; closing ours alone would leave the lock.
        flock(descriptor.number, LOCK_UN)
    }

    /// Adds `line`, which holds no LF, and returns when it is on disk.
    ///
    /// - Throws: ``FileError/writeFailed(path:code:)``; the log is then as it was.
    public func append(_ line: [UInt8]) throws(FileError) {
        precondition(!line.contains(UInt8(ascii: "\n")) && line.count < Self.lineLimit, "not one line")
        var output = BufferedDescriptor(descriptor, path: path)
        do throws(FileError) {
            try output.write(line + [UInt8(ascii: "\n")])
            try output.flush()
            guard fdatasync(descriptor.number) == 0 else { throw .writeFailed(path: path, code: errno) }
        } catch {
            // If even that fails, the next one to open the log cuts the torn line.
            ftruncate(descriptor.number, off_t(length))
            throw error
        }
        length += Int64(line.count) + 1
    }

    /// Calls `body` with each line, without its end, in their order.
    ///
    /// - Throws: ``FileError/lineTooLong(path:line:limit:)``, ``FileError/readFailed(path:offset:code:)``, and what
    ///   `body` throws.
    public func forEachLine(_ body: ([UInt8]) throws -> Void) throws {
        var line: [UInt8] = []
        var number = 1
        var offset: Int64 = 0
        while offset < length {
            let chunk = try bytes(ByteRange(offset: offset, length: min(65_536, length - offset)))
            offset += Int64(chunk.count)
            let pieces = chunk.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            for (index, piece) in pieces.enumerated() {
                if index > 0 {
                    try body(line)
                    line.removeAll(keepingCapacity: true)
                    number += 1
                }
                guard line.count + piece.count < Self.lineLimit else {
                    throw FileError.lineTooLong(path: path, line: number, limit: Self.lineLimit)
                }
                line += piece
            }
        }
    }

    private func bytes(_ range: ByteRange) throws(FileError) -> [UInt8] {
        do throws(SystemError) {
            let bytes = try descriptor.bytes(range)
            guard bytes.count == Int(range.length) else { throw SystemError(EIO) }
            return bytes
        } catch {
            throw .readFailed(path: path, offset: range.offset, code: error.code)
        }
    }

    private static func lock(_ descriptor: Descriptor) throws(SystemError) {
        let number = descriptor.number
        try SystemError.check { flock(number, LOCK_EX | LOCK_NB) }
    }

    /// The length of the lines that have their end.
    private static func wholeLines(_ descriptor: Descriptor, length: Int64) throws(SystemError) -> Int64 {
        var end = length
        while end > 0 {
            let start = max(0, end - 65_536)
            let chunk = try descriptor.bytes(ByteRange(offset: start, length: end - start))
            if let last = chunk.lastIndex(of: UInt8(ascii: "\n")) { return start + Int64(last) + 1 }
            end = start
        }
        return 0
    }

    private static func cut(_ descriptor: Descriptor, to length: Int64) throws(SystemError) {
        try SystemError.check { ftruncate(descriptor.number, off_t(length)) }
        try SystemError.check { fdatasync(descriptor.number) }
    }

    /// Makes a new log's name last; a folder that cannot be opened or synced is let be.
    private static func syncFolder(of path: ByteString) {
        let slash = path.bytes.lastIndex(of: UInt8(ascii: "/"))
        let folder = slash.map { Array(path.bytes[...$0]) } ?? [UInt8(ascii: ".")]
        let number = unsafe folder.withCPath { unsafe open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard number >= 0 else { return }
        fsync(number)
        close(number)
    }
}
