import CFiles
import Glibc
import PlanCore

/// A path below a root, and lookups of it.
struct FilePlace: Sendable {
    let root: Root
    let path: ByteString
    let allowOutside: Bool

    /// The status of the path from one unconfined system call; nil if that fails.
    ///
    /// A hint only: it may describe a file outside the root. It saves a confined lookup where it agrees with
    /// what is already known.
    func glance(followingLinks: Bool) -> stat? {
        do throws(SystemError) {
            return try root.lookup.folder.status(of: path.bytes, followingLinks: followingLinks)
        } catch {
            return nil
        }
    }

    /// The status of the path; links are followed.
    func look() throws(FileError) -> stat {
        do throws(SystemError) {
            return try open(flags: Descriptor.nameOnly).status()
        } catch {
            throw failure(error)
        }
    }

    /// The status of the path; a link in the last segment is not followed.
    func lookAtName() throws(FileError) -> stat {
        do throws(SystemError) {
            return try open(flags: Descriptor.nameOnly | O_NOFOLLOW).status()
        } catch {
            throw failure(error)
        }
    }

    /// Opens the path; `flags` are those of open(2).
    func open(flags: Int32) throws(SystemError) -> Descriptor {
        guard allowOutside else { return try root.lookup.open(path.bytes, flags: flags) }
        return Descriptor(
            owning: try SystemError.check {
                unsafe path.bytes.withCPath { path in
                    unsafe openat(root.lookup.folder.number, path, flags | O_CLOEXEC)
                }
            })
    }

    func requireRegular(_ status: stat) throws(FileError) {
        switch FileKind(mode: status.st_mode) {
        case .regular: return
        case .folder: throw .isFolder(path: path)
        case let kind: throw .notRegular(path: path, kind: kind)
        }
    }

    /// The error for a failure to open this path.
    func failure(_ error: SystemError) -> FileError {
        switch error.code {
        case ENOENT:
            isDanglingLink
                ? .danglingLink(path: path)
                : .notFound(path: path, folder: ByteString(displaying: root.absolutePath))
        case EACCES, EPERM: .unreadable(path: path, code: error.code)
        case EXDEV: .leavesRoot(path: path, root: ByteString(displaying: root.absolutePath))
        case ELOOP: .linkLoop(path: path)
        case ENOTDIR: .notFolder(path: path)
        default: .openFailed(path: path, code: error.code)
        }
    }

    private var isDanglingLink: Bool {
        do throws(SystemError) {
            return FileKind(mode: try open(flags: Descriptor.nameOnly | O_NOFOLLOW).status().st_mode) == .link
        } catch {
            return false
        }
    }
}
