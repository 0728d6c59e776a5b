import Glibc
import PlanCore

/// The bytes of a file, a pipe or standard input, front to end and again.
///
/// What comes from a pipe is kept in a ``SpoolFile`` for the next time; of a regular file it is made sure that the
/// next time finds the same bytes. A class, because it has a position.
public final class FileByteSource: ByteSource {
    private let path: ByteString
    private let descriptor: Descriptor
    /// How to read again.
    private enum Replay {
        /// From the place in the file where reading began.
        case file(start: Int64, identity: FileIdentity)
        /// From what was kept.
        case spool(SpoolFile)
    }
    private let replay: Replay
    /// **Unit**: bytes from where reading began.
    private var position: Int64 = 0
    private var pipeEnded = false

    /// Opens `path`, relative to the current folder; a named pipe waits for its writer.
    ///
    /// - Throws: ``FileError/noSuchFile(path:)``, ``FileError/isFolder(path:)``,
    ///   ``FileError/unreadable(path:code:)``.
    public convenience init(path: ByteString) throws(FileError) {
        guard !path.isEmpty, !path.bytes.contains(0) else { throw .emptyPath }
        let descriptor: Descriptor
        do throws(SystemError) {
            let number = try SystemError.check {
                unsafe path.bytes.withCPath { unsafe open($0, O_RDONLY | O_CLOEXEC | O_NOCTTY) }
            }
            descriptor = Descriptor(owning: number)
        } catch {
            throw FileError.opening(path, error)
        }
        try self.init(descriptor, path: path)
    }

    /// Reads a copy of `descriptor`, such as standard input's, from where it stands; `name` is what errors call it.
    public convenience init(descriptor: Int32, name: ByteString) throws(FileError) {
        let copy: Int32
        do throws(SystemError) {
            copy = try SystemError.check { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
        } catch {
            throw .readFailed(path: name, offset: 0, code: error.code)
        }
        try self.init(Descriptor(owning: copy), path: name)
    }

    private init(_ descriptor: Descriptor, path: ByteString) throws(FileError) {
        self.path = path
        self.descriptor = descriptor
        let status: stat
        do throws(SystemError) {
            status = try descriptor.status()
        } catch {
            throw .readFailed(path: path, offset: 0, code: error.code)
        }
        switch FileKind(mode: status.st_mode) {
        case .folder: throw .isFolder(path: path)
        case .regular:
            let start = Int64(lseek(descriptor.number, 0, SEEK_CUR))
            replay = .file(start: max(0, start), identity: FileIdentity(status))
        default: replay = .spool(try SpoolFile())
        }
    }

    /// Which regular file it reads; nil for any other kind.
    public var node: FileNode? {
        if case .file(_, let identity) = replay { identity.node } else { nil }
    }

    /// The next bytes; none at the end.
    ///
    /// - Throws: ``FileError``: what the system said, or that a regular file changed since it was opened.
    public func read(upTo count: Int) throws -> [UInt8] {
        guard count > 0 else { return [] }
        let bytes: [UInt8]
        switch replay {
        case .file(let start, let identity):
            // Some systems' files (Linux's /proc) have bytes and yet a size of 0.
            let rest = identity.size == 0 ? Int64(count) : max(0, identity.size - start - position)
            bytes = try readFile(ByteRange(offset: start + position, length: min(rest, Int64(count))))
            if bytes.isEmpty { try checkUnchanged(since: identity) }
        case .spool(let spool):
            bytes = try readKept(spool, upTo: count)
        }
        position += Int64(bytes.count)
        return bytes
    }

    /// Goes back to where reading began.
    ///
    /// - Throws: ``FileError`` if a regular file changed since it was opened.
    public func rewind() throws {
        if case .file(_, let identity) = replay { try checkUnchanged(since: identity) }
        position = 0
    }

    private func readKept(_ spool: SpoolFile, upTo count: Int) throws(FileError) -> [UInt8] {
        let kept = spool.length - position
        if kept > 0 {
            return try spool.bytes(ByteRange(offset: position, length: min(kept, Int64(count))))
        }
        guard !pipeEnded else { return [] }
        let bytes = try readPipe(upTo: count)
        pipeEnded = bytes.isEmpty
        if !pipeEnded { _ = try spool.append(bytes) }
        return bytes
    }

    private func readFile(_ range: ByteRange) throws(FileError) -> [UInt8] {
        do throws(SystemError) {
            return try descriptor.bytes(range)
        } catch {
            throw .readFailed(path: path, offset: range.offset, code: error.code)
        }
    }

    /// What is there, at most `count` bytes; waits while nothing is.
    private func readPipe(upTo count: Int) throws(FileError) -> [UInt8] {
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
        let now: FileIdentity
        do throws(SystemError) {
            now = FileIdentity(try descriptor.status())
        } catch {
            throw .readFailed(path: path, offset: position, code: error.code)
        }
        try now.requireUnchanged(since: identity, path: path)
    }
}
