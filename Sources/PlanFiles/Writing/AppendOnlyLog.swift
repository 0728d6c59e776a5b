import Glibc
import PlanCore

/// An append-only file of lines with one writing process at a time; holds receipts.
///
/// Lines are on disk when ``append(_:)`` returns. Opening an existing file does not change it: the caller,
/// who knows the format of the lines, decides whether it is a log and whether an unfinished last line may be
/// cut. A class, because it holds the file's lock, which is released with the last reference.
package final class AppendOnlyLog {
    /// The maximum length of a line.
    ///
    /// **Unit**: bytes.
    package static let lineLimit = LogLines.lineLimit

    /// The file's identity.
    package let node: FileNode
    /// Whether opening created the file.
    package let isNew: Bool
    /// The length of an unfinished last line, as a crash leaves it; 0 if the log is whole.
    ///
    /// **Unit**: bytes.
    package private(set) var tornLength: Int64
    private let path: ByteString
    private let descriptor: Descriptor
    private var length: Int64

    /// Opens `path`, relative to the current folder; creates it with mode 0600 if it does not exist.
    ///
    /// - Throws: ``FileError/linkNotFollowed(path:)``, ``FileError/notRegular(path:kind:)``,
    ///   ``FileError/lockedByAnother(path:)``, ``FileError/createFailed(path:code:)``.
    package init(path: ByteString) throws(FileError) {
        guard !path.isEmpty, !path.bytes.contains(0) else { throw .emptyPath }
        self.path = path
        let status: stat
        do throws(SystemError) {
            (descriptor, isNew) = try Self.open(path)
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
        node = FileNode(status)
        do throws(SystemError) {
            try Self.lock(descriptor)
            let found = Int64(try descriptor.status().st_size)
            length = try LogLines.wholeLength(descriptor, length: found)
            tornLength = found - length
        } catch {
            if error.code == EWOULDBLOCK { throw .lockedByAnother(path: path) }
            throw .readFailed(path: path, offset: 0, code: error.code)
        }
        if isNew { Self.syncFolder(of: path) }
    }

    deinit {
        // A child process being forked at this moment holds copies of all descriptors, so closing alone may
        // keep the lock.
        flock(descriptor.number, LOCK_UN)
    }

    /// The lines of the log at this moment.
    package var lines: LogLines {
        LogLines(descriptor, path: path, length: length, tornLength: tornLength)
    }

    /// Restricts an existing log to its owner (mode 0600), who must be the current user.
    ///
    /// - Throws: ``FileError/ownedByAnother(path:owner:)``, ``FileError/writeFailed(path:code:)``.
    package func makePrivate() throws(FileError) {
        let status: stat
        do throws(SystemError) { status = try descriptor.status() } catch {
            throw .writeFailed(path: path, code: error.code)
        }
        guard status.st_uid == geteuid() else { throw .ownedByAnother(path: path, owner: status.st_uid) }
        guard status.st_mode & 0o077 != 0 else { return }
        guard fchmod(descriptor.number, 0o600) == 0 else { throw .writeFailed(path: path, code: errno) }
    }

    /// Cuts the unfinished last line and syncs the file.
    ///
    /// - Throws: ``FileError/writeFailed(path:code:)``.
    package func cutTornLine() throws(FileError) {
        guard tornLength > 0 else { return }
        do throws(SystemError) {
            try SystemError.check { ftruncate(descriptor.number, off_t(length)) }
            try SystemError.check { fdatasync(descriptor.number) }
        } catch {
            throw .writeFailed(path: path, code: error.code)
        }
        tornLength = 0
    }

    /// Ends the unfinished last line, which is whole but for its LF, and syncs the file.
    ///
    /// - Throws: ``FileError/writeFailed(path:code:)``; the log is then as it was.
    package func endLastLine() throws(FileError) {
        guard tornLength > 0 else { return }
        let end = length + tornLength
        try write([[]], at: end)
        (length, tornLength) = (end + 1, 0)
    }

    /// Appends `lines`, none of which may hold an LF.
    ///
    /// Returns when they are on disk, with one sync for all of them.
    ///
    /// - Throws: ``FileError/writeFailed(path:code:)``; the log is then as it was.
    package func append(_ lines: [[UInt8]]) throws(FileError) {
        precondition(tornLength == 0, "an unfinished line would run into this one")
        var added: Int64 = 0
        for line in lines {
            precondition(!line.contains(UInt8(ascii: "\n")), "not one line")
            guard line.count < Self.lineLimit else { throw .writeFailed(path: path, code: EFBIG) }
            added += Int64(line.count) + 1
        }
        guard added > 0 else { return }
        try write(lines, at: length)
        length += added
    }

    /// Writes `lines` and syncs the file, which ends at `end`; after a failure it ends there again.
    private func write(_ lines: [[UInt8]], at end: Int64) throws(FileError) {
        var output = BufferedDescriptor(descriptor, path: path)
        do throws(FileError) {
            for line in lines { try output.write(line + [UInt8(ascii: "\n")]) }
            try output.flush()
            guard fdatasync(descriptor.number) == 0 else { throw .writeFailed(path: path, code: errno) }
        } catch {
            // Best effort: whoever opens the log next cuts the torn line.
            ftruncate(descriptor.number, off_t(end))
            throw error
        }
    }

    /// O_NONBLOCK: a pipe under this name is refused instead of blocking.
    private static func open(_ path: ByteString) throws(SystemError) -> (Descriptor, isNew: Bool) {
        let flags = O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        // Two attempts: another process may remove the file in between.
        for _ in 0..<2 {
            do throws(SystemError) {
                let number = try SystemError.check {
                    unsafe path.bytes.withCPath { unsafe Glibc.open($0, flags | O_CREAT | O_EXCL, 0o600) }
                }
                return (Descriptor(owning: number), true)
            } catch {
                guard error.code == EEXIST else { throw error }
            }
            do throws(SystemError) {
                let number = try SystemError.check {
                    unsafe path.bytes.withCPath { unsafe Glibc.open($0, flags) }
                }
                return (Descriptor(owning: number), false)
            } catch {
                guard error.code == ENOENT else { throw error }
            }
        }
        throw SystemError(ENOENT)
    }

    private static func lock(_ descriptor: Descriptor) throws(SystemError) {
        let number = descriptor.number
        try SystemError.check { flock(number, LOCK_EX | LOCK_NB) }
    }

    /// Best effort: fsyncs the folder, so that a new log's name survives a crash.
    private static func syncFolder(of path: ByteString) {
        let slash = path.bytes.lastIndex(of: UInt8(ascii: "/"))
        let folder = slash.map { Array(path.bytes[...$0]) } ?? [UInt8(ascii: ".")]
        let number = unsafe folder.withCPath { unsafe Glibc.open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard number >= 0 else { return }
        fsync(number)
        close(number)
    }
}
