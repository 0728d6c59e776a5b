import PlanCore

extension FileError: CustomStringConvertible {
    /// One line: the path, what was found, what to do.
    public var description: String {
        switch self {
        case .emptyPath: "path: is empty; name a file"
        case .notUTF8(let path):
            "\(path.shown): the name is not UTF-8 and no manifest can hold it; rename it or leave it out"
        case .pathTooLong(let path, let limit):
            "\(path.shown): the path is \(path.bytes.count) bytes long, more than the \(limit) a manifest holds; "
                + "choose a --root nearer to it"
        case .outsideRoot(let argument, let root, let suggestedRoot):
            "\(argument.shown): lies outside the root '\(root.shown)'; use --root '\(suggestedRoot.shown)' "
                + "or --allow-outside"
        case .tooManyFiles(let limit):
            "files: more than the \(limit) a manifest holds; plan them in several manifests"
        case .tooLarge(let path, let limit):
            "\(path.shown): holds more than \(limit) bytes; is it the right file?"
        case .notPrivate(let path, let mode):
            "\(path.shown): mode \(Self.octal(mode)) lets others use it; run: chmod 600 '\(path.shown)'"
        case .ownedByAnother(let path, let owner):
            "\(path.shown): belongs to user \(owner), not to you; use a file of your own"
        case .notFound, .noSuchFile, .folderNotFound, .danglingLink, .unreadable, .isFolder, .notFolder,
            .notRegular,
            .leavesRoot, .linkRefused, .linkNotFollowed, .linkLoop, .openFailed:
            openingDescription
        case .truncated, .grown, .modified, .replaced, .deleted: changeDescription
        case .readFailed, .mapFailed, .createFailed, .writeFailed, .closedPipe, .lockedByAnother,
            .lineTooLong:
            transferDescription
        }
    }

    private var openingDescription: String {
        switch self {
        case .notFound(let path, let folder):
            "\(path.shown): not found in the folder '\(folder.shown)'; if it lies elsewhere, name that folder "
                + "with --root"
        case .noSuchFile(let path): "\(path.shown): no such file; check the name"
        case .folderNotFound(let path): "\(path.shown): no such folder; create it or name another"
        case .danglingLink(let path):
            "\(path.shown): is a symbolic link to nothing; repair it or leave it out"
        case .unreadable(let path, let code):
            "\(path.shown): cannot be read: \(SystemError.text(code)); change its permissions or leave it out"
        case .isFolder(let path):
            "\(path.shown): is a folder; a file is needed here"
        case .notFolder(let path):
            "\(path.shown): is not a folder, or one on the way to it is not; name a folder"
        case .notRegular(let path, let kind):
            "\(path.shown): is \(kind), not a regular file; name a regular file"
        case .leavesRoot(let path, let root):
            "\(path.shown): leads out of the root '\(root.shown)' by '..' or a link (an absolute one does); "
                + "use --allow-outside if that is meant"
        case .linkRefused(let path):
            "\(path.shown): is a symbolic link; use --symlinks follow or --symlinks skip"
        case .linkNotFollowed(let path):
            "\(path.shown): is a symbolic link, which is not followed here; name the file itself"
        case .linkLoop(let path): "\(path.shown): is a loop of symbolic links; repair it or leave it out"
        case .openFailed(let path, let code): "\(path.shown): cannot be opened: \(SystemError.text(code))"
        default: ""
        }
    }

    private var changeDescription: String {
        switch self {
        case .truncated(let path, let before, let now):
            "\(path.shown): was cut from \(before) to \(now) bytes while it was read; try again when it is complete"
        case .grown(let path, let before, let now):
            "\(path.shown): grew from \(before) to \(now) bytes while it was read; try again when it is complete"
        case .modified(let path):
            "\(path.shown): was written to, or given another mode, owner or name, while it was read; try "
                + "again when nobody changes it"
        case .replaced(let path):
            "\(path.shown): was replaced by another file while it was read; try again"
        case .deleted(let path): "\(path.shown): was deleted while it was read; restore it or leave it out"
        default: ""
        }
    }

    private var transferDescription: String {
        switch self {
        case .readFailed(let path, let offset, let code):
            "\(path.shown): reading at offset \(offset) failed: \(SystemError.text(code)); check the disk"
        case .mapFailed(let path, let offset, let code):
            "\(path.shown): mapping at offset \(offset) failed: \(SystemError.text(code)); use fewer --jobs"
        case .createFailed(let path, let code):
            "\(path.shown): cannot be created: \(SystemError.text(code)); choose another place"
        case .writeFailed(let path, let code):
            "\(path.shown): writing failed: \(SystemError.text(code)); free some space or choose another place"
        case .closedPipe(let path): "\(path.shown): nobody reads it any more; nothing more was written"
        case .lockedByAnother(let path):
            "\(path.shown): another process is writing to it; wait for it or name another file"
        case .lineTooLong(let path, let line, let limit):
            "\(path.shown): line \(line) is longer than \(limit) bytes; is it the right file?"
        default: ""
        }
    }

    /// The permission bits as chmod takes them.
    private static func octal(_ mode: UInt32) -> String {
        let digits = String(mode & 0o7777, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension ByteString {
    /// The text made safe to print.
    fileprivate var shown: String { escapedForDisplay }

    /// A name for an error: `name` itself if it is UTF-8, else its ASCII with the other bytes as `\xNN`.
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
