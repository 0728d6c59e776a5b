import Glibc
import PlanCore

/// Reads a file, a pipe or standard input from front to end, more than once.
///
/// The bytes of a pipe are kept in a ``SpoolFile`` for the next pass. A regular file must be unchanged for
/// the next pass. ``rewind()`` closes a file that was opened by path; the next read opens it again, so that
/// thousands of waiting sources cost no descriptors. A class, because it has a position.
package final class FileByteSource: ByteSource {
    private let path: ByteString
    /// The open file; nil once it is not needed, or until it is opened again.
    private var descriptor: Descriptor?
    /// Whether the file is closed by ``rewind()`` and opened again.
    private let reopens: Bool
    /// How the next pass reads.
    private enum Replay {
        /// From the offset in the file where the first pass began.
        case file(start: Int64, identity: FileIdentity)
        /// From the spooled bytes.
        case spool(SpoolFile)
    }
    private let replay: Replay
    /// **Unit**: bytes from where the first pass began.
    private var position: Int64 = 0
    private var pipeEnded = false

    /// Opens `path`, relative to the current folder.
    ///
    /// Blocks on a named pipe until it has a writer.
    ///
    /// - `spoolFolder`: where what comes from a pipe is kept.
    /// - Throws: ``FileError/noSuchFile(path:)``, ``FileError/isFolder(path:)``,
    ///   ``FileError/unreadable(path:code:)``.
    package convenience init(
        path: ByteString, spoolFolder: ByteString = SpoolFile.usualFolder
    ) throws(FileError) {
        guard !path.isEmpty, !path.bytes.contains(0) else { throw .emptyPath }
        try self.init(Self.open(path), path: path, reopens: true, spoolFolder: spoolFolder)
    }

    private static func open(_ path: ByteString) throws(FileError) -> Descriptor {
        do throws(SystemError) {
            let number = try SystemError.check {
                unsafe path.bytes.withCPath { unsafe Glibc.open($0, O_RDONLY | O_CLOEXEC | O_NOCTTY) }
            }
            return Descriptor(owning: number)
        } catch {
            throw FileError.opening(path, error)
        }
    }

    /// Reads a copy of `descriptor`, such as standard input's, from its current offset.
    ///
    /// `name` is its name in errors.
    ///
    /// - `spoolFolder`: where what comes from a pipe is kept.
    package convenience init(
        descriptor: Int32, name: ByteString, spoolFolder: ByteString = SpoolFile.usualFolder
    ) throws(FileError) {
        // What nobody may read: closed, or open for writing alone.
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, flags & O_ACCMODE != O_WRONLY else { throw .unreadable(path: name, code: EBADF) }
        let copy: Int32
        do throws(SystemError) {
            copy = try SystemError.check { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
        } catch {
            throw .readFailed(path: name, offset: 0, code: error.code)
        }
        try self.init(Descriptor(owning: copy), path: name, reopens: false, spoolFolder: spoolFolder)
    }

    private init(
        _ descriptor: Descriptor, path: ByteString, reopens: Bool, spoolFolder: ByteString
    ) throws(FileError) {
        self.path = path
        self.descriptor = descriptor
        self.reopens = reopens
        let identity: FileIdentity?
        do throws(SystemError) {
            let status = try descriptor.status()
            let kind = FileKind(mode: status.st_mode)
            node = kind == .regular ? FileNode(status) : nil
            switch kind {
            case .folder: throw SystemError(EISDIR)
            // Some file systems (`/proc`) state size 0 for files that have bytes, and the bytes can differ
            // each time.
            case .regular where status.st_size > 0:
                identity = try TimestampClock.system.settledIdentity(of: descriptor, status)
                if identity == nil { throw SystemError(ETIMEDOUT) }
            case .regular, .link, .fifo, .characterDevice, .blockDevice, .socket, .other: identity = nil
            }
        } catch {
            switch error.code {
            case EISDIR: throw .isFolder(path: path)
            case ETIMEDOUT: throw .modified(path: path)
            default: throw .readFailed(path: path, offset: 0, code: error.code)
            }
        }
        if let identity {
            replay = .file(start: max(0, Int64(lseek(descriptor.number, 0, SEEK_CUR))), identity: identity)
        } else {
            replay = .spool(SpoolFile(folder: spoolFolder))
        }
    }

    /// The regular file it reads; nil for any other kind.
    package let node: FileNode?

    /// The next bytes; empty at the end.
    ///
    /// - Throws: ``FileError``: what the system said, or that a regular file changed since it was opened.
    package func read(upTo count: Int) throws -> [UInt8] {
        guard count > 0 else { return [] }
        let bytes: [UInt8]
        switch replay {
        case .file(let start, let identity):
            bytes = try readFile(ByteRange(offset: start + position, length: Int64(count)))
            let end = start + position + Int64(bytes.count)
            if bytes.isEmpty || end > identity.size { try checkUnchanged(since: identity) }
        case .spool(let spool):
            bytes = try readKept(spool, upTo: count)
        }
        position += Int64(bytes.count)
        return bytes
    }

    /// Goes back to where the first pass began.
    ///
    /// - Throws: ``FileError`` if a regular file changed since it was opened.
    package func rewind() throws {
        if case .file(_, let identity) = replay, descriptor != nil {
            try checkUnchanged(since: identity)
            if reopens { descriptor = nil }
        }
        position = 0
    }

    /// The open file; opens it again if it was closed.
    ///
    /// - Throws: ``FileError``, also if the path now refers to another file or the file changed.
    private func opened() throws(FileError) -> Descriptor {
        if let descriptor { return descriptor }
        let opened = try Self.open(path)
        descriptor = opened
        if case .file(_, let identity) = replay { try checkUnchanged(since: identity) }
        return opened
    }

    private func readKept(_ spool: SpoolFile, upTo count: Int) throws(FileError) -> [UInt8] {
        let kept = spool.length - position
        if kept > 0 {
            return try spool.bytes(ByteRange(offset: position, length: min(kept, Int64(count))))
        }
        guard !pipeEnded else { return [] }
        let bytes = try readPipe(upTo: count)
        pipeEnded = bytes.isEmpty
        if pipeEnded { descriptor = nil } else { _ = try spool.append(bytes) }
        return bytes
    }

    private func readFile(_ range: ByteRange) throws(FileError) -> [UInt8] {
        let descriptor = try opened()
        do throws(SystemError) {
            return try descriptor.bytes(range)
        } catch {
            throw .readFailed(path: path, offset: range.offset, code: error.code)
        }
    }

    /// The bytes available, at most `count`; blocks while there are none.
    private func readPipe(upTo count: Int) throws(FileError) -> [UInt8] {
        let descriptor = try opened()
        var code: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while true {
                let result = unsafe Glibc.read(descriptor.number, buffer.baseAddress, buffer.count)
                filled = max(0, result)
                if result >= 0 { return }
                switch errno {
                case EINTR: continue
                case EAGAIN: descriptor.wait(for: POLLIN)
                default:
                    code = errno
                    return
                }
            }
        }
        guard code == 0 else { throw .readFailed(path: path, offset: position, code: code) }
        return bytes
    }

    private func checkUnchanged(since identity: FileIdentity) throws(FileError) {
        let descriptor = try opened()
        let now: FileIdentity
        do throws(SystemError) {
            now = FileIdentity(try descriptor.status())
        } catch {
            throw .readFailed(path: path, offset: position, code: error.code)
        }
        guard now.node == identity.node else { throw .replaced(path: path) }
        try now.requireUnchanged(since: identity, path: path)
    }
}
