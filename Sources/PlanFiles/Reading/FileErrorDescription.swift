import Glibc
import PlanCore

extension FileError {
    /// One line: the path and what was found.
    public var finding: String {
        switch self {
        case .emptyPath: "path: is empty"
        case .notUTF8(let path): "\(path.shown): the name is not UTF-8 and no manifest can hold it"
        case .pathTooLong(let path, let limit):
            "\(path.shown): the path is \(path.bytes.count) bytes long, more than the \(limit) a manifest holds"
        case .outsideRoot(let argument, let root, _, _):
            "\(argument.shown): lies outside the root '\(root.shown)'"
        case .relativeToFolder(let argument, let root, _):
            "\(argument.shown): not found in the root '\(root.shown)', which paths are relative to"
        case .tooManyFiles(let limit): "files: more than the \(limit) a manifest holds"
        case .notFound(let path, let folder): "\(path.shown): not found in the folder '\(folder.shown)'"
        case .noSuchFile(let path): "\(path.shown): no such file"
        case .folderNotFound(let path): "\(path.shown): no such folder"
        case .danglingLink(let path): "\(path.shown): is a symbolic link to nothing"
        case .unreadable(let path, EBADF): "\(path.shown) is closed"
        case .unreadable(let path, let code): "\(path.shown): cannot be read: \(SystemError.text(code))"
        case .isFolder(let path): "\(path.shown): is a folder"
        case .notFolder(let path): "\(path.shown): is not a folder, or one on the way to it is not"
        case .notRegular(let path, let kind): "\(path.shown): is \(kind), not a regular file"
        case .leavesRoot(let path, let root):
            "\(path.shown): leads out of the root '\(root.shown)' by '..' or a link (an absolute one does)"
        case .linkRefused(let path): "\(path.shown): is a symbolic link"
        case .linkNotFollowed(let path): "\(path.shown): is a symbolic link, which is not followed here"
        case .linkLoop(let path): "\(path.shown): is a loop of symbolic links"
        case .openFailed(let path, let code): "\(path.shown): cannot be opened: \(SystemError.text(code))"
        case .truncated(let path, let before, let now):
            "\(path.shown): was cut from \(before) to \(now) bytes while it was read"
        case .grown(let path, let before, let now):
            "\(path.shown): grew from \(before) to \(now) bytes while it was read"
        case .modified(let path):
            "\(path.shown): was written to, or given another mode, owner or name, while it was read"
        case .replaced(let path): "\(path.shown): was replaced by another file while it was read"
        case .deleted(let path): "\(path.shown): was deleted while it was read"
        case .longerThanStated(let path, let size):
            "\(path.shown): its file system states \(size) bytes, but there are more"
        case .shorterThanStated(let path, let size, let found):
            "\(path.shown): its file system states \(size) bytes, but it ends after \(found)"
        case .readFailed(let path, let offset, let code):
            "\(path.shown): reading at offset \(offset) failed: \(SystemError.text(code))"
        case .mapFailed(let path, let offset, let code):
            "\(path.shown): no memory for its bytes at offset \(offset): \(SystemError.text(code))"
        case .createFailed(let path, let code): "\(path.shown): cannot be created: \(SystemError.text(code))"
        case .writeFailed(let path, EBADF): "\(path.shown) is closed"
        case .writeFailed(let path, let code): "\(path.shown): writing failed: \(SystemError.text(code))"
        case .closedPipe(let path): "\(path.shown): nobody reads it any more"
        case .lockedByAnother(let path): "\(path.shown): another process is writing to it"
        case .lineTooLong(let path, let line, let limit):
            "\(path.shown): line \(line) is longer than \(limit) bytes"
        case .notPrivate(let path, let mode): "\(path.shown): mode \(Self.octal(mode)) lets others use it"
        case .ownedByAnother(let path, let owner): "\(path.shown): belongs to user \(owner), not to you"
        case .tooLarge(let path, let limit): "\(path.shown): holds more than \(limit) bytes"
        }
    }

    /// What to do about it; nil if there is no advice.
    public var hint: String {
        switch self {
        case .emptyPath: "name a file"
        case .notUTF8: "rename it or leave it out"
        case .pathTooLong: "choose a root nearer to it"
        case .outsideRoot(_, _, let suggestedRoot, let suggestedPath):
            "use the root '\(suggestedRoot.shown)' with the path '\(suggestedPath.shown)', or allow paths outside"
        case .relativeToFolder(_, _, let suggestedPath): "name it '\(suggestedPath.shown)'"
        case .tooManyFiles: "plan them in several manifests"
        case .notFound: "if it lies elsewhere, use another root"
        case .noSuchFile: "check the name"
        case .folderNotFound: "create it or name another"
        case .danglingLink, .linkLoop: "repair it or leave it out"
        case .unreadable(_, EBADF): "redirect it from a file"
        case .unreadable: "change its permissions or leave it out"
        case .isFolder: "a file is needed here"
        case .notFolder: "name a folder"
        case .notRegular: "name a regular file"
        case .leavesRoot: "allow paths outside if that is meant"
        case .linkRefused: "have links followed or left out"
        case .linkNotFollowed: "name the file itself"
        case .openFailed(_, let code): Self.hint(forLimit: code, else: "")
        case .truncated, .grown: "try again when it is complete"
        case .modified: "try again when nobody changes it"
        case .replaced: "try again"
        case .deleted: "restore it or leave it out"
        case .longerThanStated, .shorterThanStated: "copy it to a disk and use the copy"
        case .readFailed: "check the disk"
        case .mapFailed: "use fewer threads, or a higher limit on memory"
        case .createFailed(_, let code): Self.hint(forLimit: code, else: "choose another place")
        case .writeFailed(_, EBADF): "redirect it to a file, or to /dev/null"
        case .writeFailed(_, EFBIG): "raise the limit on the size of files or choose another place"
        case .writeFailed: "free some space or choose another place"
        case .closedPipe: "nothing more was written"
        case .lockedByAnother: "wait for it or name another file"
        case .lineTooLong, .tooLarge: "is it the right file?"
        case .notPrivate(let path, _): "run: chmod 600 '\(path.shown)'"
        case .ownedByAnother: "use a file of your own"
        }
    }

    /// What to do if a limit of the process or the system is the cause; `other` if it is not.
    private static func hint(forLimit code: Int32, else other: String) -> String {
        switch code {
        case EMFILE: "raise the limit on open files (ulimit -n)"
        case ENFILE: "the whole system has no more; close programs or try again later"
        case ENOMEM: "raise the limit on memory (ulimit -v) or close programs"
        default: other
        }
    }

    /// The permission bits as octal digits, as for chmod.
    private static func octal(_ mode: UInt32) -> String {
        let digits = String(mode & 0o7777, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension ByteString {
    /// The text, escaped for display.
    fileprivate var shown: String { escapedForDisplay }

    /// A name for messages: `name` itself if it is UTF-8, else its ASCII with the other bytes as `\xNN`.
    package init(displaying name: some Collection<UInt8>) {
        if let valid = ByteString(validating: name) {
            self = valid
            return
        }
        var text = ""
        for byte in name {
            if byte < 0x80 {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "\\x" + String(byte, radix: 16)
            }
        }
        self.init(text)
    }
}
