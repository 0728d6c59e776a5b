import Glibc
import PlanCore

/// What can go wrong with a file, its folder or an output.
///
/// Paths are as the user wrote them, or relative to the root; bytes that are not UTF-8 stand in them as `\xNN`.
/// `code` is the system's `errno`.
public enum FileError: Error, Hashable, Sendable {
    // Arguments.

    /// An argument or name with no bytes.
    case emptyPath
    /// A name that is not UTF-8; a manifest cannot hold it.
    case notUTF8(path: ByteString)
    /// A name longer than a manifest may hold.
    case pathTooLong(path: ByteString, limit: Int)
    /// An argument that is not below the root; below `suggestedRoot`, which is there, it is `suggestedPath`.
    case outsideRoot(
        argument: ByteString, root: ByteString, suggestedRoot: ByteString, suggestedPath: ByteString)
    /// An argument that names a file below the root from the current folder, and none from the root, from where it
    /// is `suggestedPath`.
    case relativeToFolder(argument: ByteString, root: ByteString, suggestedPath: ByteString)
    /// More files than one manifest may hold.
    case tooManyFiles(limit: Int)

    // Finding and opening.

    /// No such file below `folder`.
    case notFound(path: ByteString, folder: ByteString)
    /// No such file, named by itself (a manifest, a list, credentials).
    case noSuchFile(path: ByteString)
    /// A folder named by itself (`--root`, the folder of an output) is not there.
    case folderNotFound(path: ByteString)
    /// A link whose target is not there.
    case danglingLink(path: ByteString)
    /// The system refuses to open it.
    case unreadable(path: ByteString, code: Int32)
    /// A folder where a file is needed.
    case isFolder(path: ByteString)
    /// A file where a folder is needed.
    case notFolder(path: ByteString)
    /// A pipe, device or socket; nothing was read from it.
    case notRegular(path: ByteString, kind: FileKind)
    /// A link or `..` on the way leads out of the root.
    case leavesRoot(path: ByteString, root: ByteString)
    /// A link, and links were to be refused.
    case linkRefused(path: ByteString)
    /// A link where none is followed (a receipt, credentials).
    case linkNotFollowed(path: ByteString)
    /// Links that lead to each other, or a linked folder that holds itself.
    case linkLoop(path: ByteString)
    /// Opening failed for another reason.
    case openFailed(path: ByteString, code: Int32)

    // The file moved while it was used.

    /// It is shorter than it was. **Unit**: bytes.
    case truncated(path: ByteString, before: Int64, now: Int64)
    /// It is longer than it was. **Unit**: bytes.
    case grown(path: ByteString, before: Int64, now: Int64)
    /// Its bytes were written to.
    case modified(path: ByteString)
    /// Its name stands for another file now.
    case replaced(path: ByteString)
    /// Its name is gone.
    case deleted(path: ByteString)

    // Its size is not what its file system states.

    /// It has bytes after its stated size, as files in `/proc` do. **Unit**: bytes.
    case longerThanStated(path: ByteString, size: Int64)
    /// It ends before its stated size, as files in `/sys` do. **Unit**: bytes.
    case shorterThanStated(path: ByteString, size: Int64, found: Int64)

    // Reading and writing.

    /// Reading failed at `offset`.
    case readFailed(path: ByteString, offset: Int64, code: Int32)
    /// There is no memory for its bytes, mapped or read.
    case mapFailed(path: ByteString, offset: Int64, code: Int32)
    /// The output could not be made.
    case createFailed(path: ByteString, code: Int32)
    /// Writing failed.
    case writeFailed(path: ByteString, code: Int32)
    /// Nobody reads the pipe any more.
    case closedPipe(path: ByteString)
    /// Another process holds the log.
    case lockedByAnother(path: ByteString)
    /// A log's line is longer than any this program writes.
    case lineTooLong(path: ByteString, line: Int, limit: Int)

    // Private files.

    /// Others than the owner may use it. `mode`: the permission bits.
    case notPrivate(path: ByteString, mode: UInt32)
    /// It belongs to another user.
    case ownedByAnother(path: ByteString, owner: UInt32)
    /// It is larger than anything it could sensibly hold. **Unit**: bytes.
    case tooLarge(path: ByteString, limit: Int)
}

extension FileError {
    /// What sort of failure it is, for whoever chooses an exit code or a next step.
    public enum Category: Hashable, Sendable {
        /// The command line is wrong.
        case usage
        /// An input is missing, unreadable or of the wrong kind.
        case input
        /// A source changed under the tool.
        case changedSource
        /// An output cannot be made or written.
        case output
        /// The reader of the output went away.
        case closedPipe
        /// The storage failed.
        case storage
        /// A file that must be private is not.
        case privacy
        /// A limit of the process or the system is in the way: open files, memory.
        case limit
    }

    /// Which sort of failure this is.
    public var category: Category {
        switch self {
        case .openFailed(_, EMFILE), .openFailed(_, ENFILE), .openFailed(_, ENOMEM),
            .createFailed(_, EMFILE), .createFailed(_, ENFILE), .createFailed(_, ENOMEM), .mapFailed:
            .limit
        case .emptyPath, .outsideRoot, .relativeToFolder, .tooManyFiles: .usage
        case .notUTF8, .pathTooLong, .notFound, .noSuchFile, .folderNotFound, .danglingLink, .unreadable,
            .isFolder,
            .notFolder, .notRegular, .leavesRoot, .linkRefused, .linkNotFollowed, .linkLoop, .openFailed,
            .longerThanStated, .shorterThanStated, .lineTooLong:
            .input
        case .truncated, .grown, .modified, .replaced, .deleted: .changedSource
        case .createFailed, .writeFailed, .lockedByAnother: .output
        case .closedPipe: .closedPipe
        case .readFailed: .storage
        case .notPrivate, .ownedByAnother, .tooLarge: .privacy
        }
    }

    /// What a failure to open `path`, named by itself, means.
    static func opening(_ path: ByteString, _ error: SystemError) -> FileError {
        switch error.code {
        case ENOENT: .noSuchFile(path: path)
        case EACCES, EPERM: .unreadable(path: path, code: error.code)
        case ELOOP: .linkLoop(path: path)
        case ENOTDIR: .notFolder(path: path)
        default: .openFailed(path: path, code: error.code)
        }
    }
}
