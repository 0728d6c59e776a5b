import Glibc
import PlanCore

extension Descriptor {
    /// Opens the regular file at `path`, relative to the current folder, for reading.
    ///
    /// Does not follow a link in the last segment and does not block on a pipe.
    ///
    /// - Throws: ``FileError/noSuchFile(path:)``, ``FileError/linkNotFollowed(path:)``,
    ///   ``FileError/notRegular(path:kind:)``, ``FileError/unreadable(path:code:)``.
    static func openRegular(
        _ path: ByteString, followingLinks: Bool = false
    ) throws(FileError) -> (descriptor: Descriptor, status: stat) {
        guard !path.isEmpty, !path.bytes.contains(0) else { throw .emptyPath }
        let flags = O_RDONLY | (followingLinks ? 0 : O_NOFOLLOW) | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
        let descriptor: Descriptor
        let status: stat
        do throws(SystemError) {
            let number = try SystemError.check { unsafe path.bytes.withCPath { unsafe open($0, flags) } }
            descriptor = Descriptor(owning: number)
            status = try descriptor.status()
        } catch {
            throw error.code == ELOOP ? .linkNotFollowed(path: path) : FileError.opening(path, error)
        }
        let kind = FileKind(mode: status.st_mode)
        if kind == .folder { throw .isFolder(path: path) }
        guard kind == .regular else { throw .notRegular(path: path, kind: kind) }
        return (descriptor, status)
    }

    /// All bytes of `range`.
    ///
    /// `path` is the file's name in errors.
    ///
    /// - Throws: ``FileError/readFailed(path:offset:code:)``, with `EIO` where the file ends before the range does.
    func allBytes(_ range: ByteRange, of path: ByteString) throws(FileError) -> [UInt8] {
        do throws(SystemError) {
            let bytes = try bytes(range)
            guard bytes.count == Int(range.length) else { throw SystemError(EIO) }
            return bytes
        } catch {
            throw .readFailed(path: path, offset: range.offset, code: error.code)
        }
    }
}
