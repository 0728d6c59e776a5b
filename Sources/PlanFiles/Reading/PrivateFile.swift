import Glibc
import PlanCore

/// Reads files that only their owner may access, such as credentials.
package enum PrivateFile {
    /// The maximum size of such a file.
    ///
    /// **Unit**: bytes.
    package static let sizeLimit = 65_536

    /// The content of the file at `path`, which must be a regular file owned by the current user and
    /// accessible to nobody else.
    ///
    /// - Throws: ``FileError/noSuchFile(path:)``, ``FileError/linkNotFollowed(path:)``,
    ///   ``FileError/notRegular(path:kind:)``, ``FileError/ownedByAnother(path:owner:)``,
    ///   ``FileError/notPrivate(path:mode:)``, ``FileError/tooLarge(path:limit:)``.
    package static func read(_ path: ByteString) throws(FileError) -> [UInt8] {
        let (descriptor, status) = try Descriptor.openRegular(path)
        guard status.st_uid == geteuid() else { throw .ownedByAnother(path: path, owner: status.st_uid) }
        guard status.st_mode & 0o077 == 0 else {
            throw .notPrivate(path: path, mode: status.st_mode & 0o7777)
        }
        do throws(SystemError) {
            let content = try descriptor.bytes(ByteRange(offset: 0, length: Int64(sizeLimit) + 1))
            guard content.count <= sizeLimit else { throw SystemError(EFBIG) }
            return content
        } catch {
            if error.code == EFBIG { throw .tooLarge(path: path, limit: sizeLimit) }
            throw .readFailed(path: path, offset: 0, code: error.code)
        }
    }
}
