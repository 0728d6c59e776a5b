import Glibc
import PlanCore

/// An error about a file, its folder or an output.
///
/// Paths are as the user wrote them, or relative to the root; bytes that are not UTF-8 are shown as `\xNN`.
/// `code` is the system's `errno`.
public enum FileError: ExplainedError, Hashable, Sendable {
    // Arguments.

    /// An empty argument or name.
    case emptyPath
    /// A name that is not UTF-8, which a manifest cannot hold.
    case notUTF8(path: ByteString)
    /// A name longer than a manifest allows.
    case pathTooLong(path: ByteString, limit: Int)
    /// An argument outside the root.
    ///
    /// `suggestedRoot` exists; below it the file is `suggestedPath`.
    case outsideRoot(
        argument: ByteString, root: ByteString, suggestedRoot: ByteString, suggestedPath: ByteString)
    /// An argument that names no file relative to the root, but one relative to the current folder.
    ///
    /// Relative to the root that file is `suggestedPath`.
    case relativeToFolder(argument: ByteString, root: ByteString, suggestedPath: ByteString)
    /// More files than one manifest allows.
    case tooManyFiles(limit: Int)

    // Finding and opening.

    /// There is no such file below `folder`.
    case notFound(path: ByteString, folder: ByteString)
    /// There is no such file; it was named directly (a manifest, a list, credentials).
    case noSuchFile(path: ByteString)
    /// A folder named directly (`--root`, the folder of an output) does not exist.
    case folderNotFound(path: ByteString)
    /// A link whose target does not exist.
    case danglingLink(path: ByteString)
    /// The process lacks permission to open it.
    case unreadable(path: ByteString, code: Int32)
    /// A folder where a file is needed.
    case isFolder(path: ByteString)
    /// A file where a folder is needed.
    case notFolder(path: ByteString)
    /// A pipe, device or socket.
    ///
    /// Nothing was read from it.
    case notRegular(path: ByteString, kind: FileKind)
    /// A link or `..` in the path leads out of the root.
    case leavesRoot(path: ByteString, root: ByteString)
    /// A link, and the options refuse links.
    case linkRefused(path: ByteString)
    /// A link where links are never followed (a receipt, credentials).
    case linkNotFollowed(path: ByteString)
    /// Links that form a cycle, or a followed folder that contains itself.
    case linkLoop(path: ByteString)
    /// Opening failed for another reason.
    case openFailed(path: ByteString, code: Int32)

    // The file changed while it was in use.

    /// It is shorter than before.
    ///
    /// **Unit**: bytes.
    case truncated(path: ByteString, before: Int64, now: Int64)
    /// It is longer than before.
    ///
    /// **Unit**: bytes.
    case grown(path: ByteString, before: Int64, now: Int64)
    /// Its bytes may have been written to: its time stamps changed.
    case modified(path: ByteString)
    /// Its name refers to another file now.
    case replaced(path: ByteString)
    /// Its name no longer exists.
    case deleted(path: ByteString)

    // Its size differs from the size its file system reports.

    /// It has bytes after its reported size, as files in `/proc` do.
    ///
    /// **Unit**: bytes.
    case longerThanStated(path: ByteString, size: Int64)
    /// It ends before its reported size, as files in `/sys` do.
    ///
    /// **Unit**: bytes.
    case shorterThanStated(path: ByteString, size: Int64, found: Int64)

    // Reading and writing.

    /// Reading failed at `offset`.
    case readFailed(path: ByteString, offset: Int64, code: Int32)
    /// There is no memory to map or read its bytes.
    case mapFailed(path: ByteString, offset: Int64, code: Int32)
    /// The output could not be created.
    case createFailed(path: ByteString, code: Int32)
    /// Writing failed.
    case writeFailed(path: ByteString, code: Int32)
    /// The pipe has no reader any more.
    case closedPipe(path: ByteString)
    /// Another process holds the lock of the log.
    case lockedByAnother(path: ByteString)
    /// A line of a log is longer than any line this program writes.
    case lineTooLong(path: ByteString, line: Int, limit: Int)

    // Files that must be private.

    /// Users other than the owner may access it.
    ///
    /// `mode`: the permission bits.
    case notPrivate(path: ByteString, mode: UInt32)
    /// It belongs to another user.
    case ownedByAnother(path: ByteString, owner: UInt32)
    /// It is larger than such a file can sensibly be.
    ///
    /// **Unit**: bytes.
    case tooLarge(path: ByteString, limit: Int)
}

extension FileError {
    /// The category of an error, from which the caller chooses an exit code or a next step.
    package enum Category: Hashable, Sendable {
        /// The command line is wrong.
        case usage
        /// An input is missing, unreadable or of the wrong kind.
        case input
        /// A source file changed while it was in use.
        case changedSource
        /// An output cannot be created or written.
        case output
        /// The reader of the output is gone.
        case closedPipe
        /// Reading from storage failed.
        case storage
        /// A file that must be private is not.
        case privacy
        /// A limit of the process or the system was reached: open files, memory.
        case limit
    }

    /// The category of this error.
    package var category: Category {
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

    /// The error for a failure to open `path`, which was named directly.
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
