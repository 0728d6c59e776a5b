import Glibc
import PlanCore

/// Reads files that not everybody may use, such as one with credentials.
package enum PrivateFile {
    /// What others than the file's user may do with it.
    package enum Others: Sendable {
        /// Nothing: the file is the present user's alone, and no link.
        case nothing
        /// A group may use it, whoever owns it, and links are followed: what a container mounts as a secret.
        case groupUse
        /// They may read it; only the present user and root may write it. Links are followed.
        case reading
    }

    /// The maximum size of such a file.
    ///
    /// **Unit**: bytes.
    package static let sizeLimit = 65_536

    /// The content of the regular file at `path`, if others may do no more than `others` says.
    ///
    /// - Throws: ``FileError/noSuchFile(path:)``, ``FileError/linkNotFollowed(path:)``,
    ///   ``FileError/notRegular(path:kind:)``, ``FileError/ownedByAnother(path:owner:)``,
    ///   ``FileError/notPrivate(path:mode:)``, ``FileError/tooLarge(path:limit:)``.
    package static func read(_ path: ByteString, others: Others = .nothing) throws(FileError) -> [UInt8] {
        let descriptor = try open(path, others: others)
        do throws(SystemError) {
            let content = try descriptor.bytes(ByteRange(offset: 0, length: Int64(sizeLimit) + 1))
            guard content.count <= sizeLimit else { throw SystemError(EFBIG) }
            return content
        } catch {
            if error.code == EFBIG { throw .tooLarge(path: path, limit: sizeLimit) }
            throw .readFailed(path: path, offset: 0, code: error.code)
        }
    }

    /// The bytes of such a file, which others must not use at all, and which file it is; of any size.
    ///
    /// - Throws: what ``read(_:others:)`` throws, except ``FileError/tooLarge(path:limit:)``.
    package static func source(_ path: ByteString) throws(FileError) -> FileByteSource {
        let descriptor = try open(path, others: .nothing)
        // The source makes a copy; until then the number must not be closed.
        return try withExtendedLifetime(descriptor) { () throws(FileError) -> FileByteSource in
            try FileByteSource(descriptor: descriptor.number, name: path)
        }
    }

    private static func open(_ path: ByteString, others: Others) throws(FileError) -> Descriptor {
        let (descriptor, status) = try Descriptor.openRegular(path, followingLinks: others != .nothing)
        let (owners, forbidden): ([uid_t]?, mode_t) =
            switch others {
            case .nothing: ([geteuid()], 0o077)
            case .groupUse: (nil, 0o007)
            case .reading: ([geteuid(), 0], 0o022)
            }
        if let owners, !owners.contains(status.st_uid) {
            throw .ownedByAnother(path: path, owner: status.st_uid)
        }
        guard status.st_mode & forbidden == 0 else {
            throw .notPrivate(path: path, mode: status.st_mode & 0o7777)
        }
        return descriptor
    }
}
