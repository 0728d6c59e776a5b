import Glibc
import PlanCore

/// Finds the files that arguments name, and the files in folders they name.
///
/// **Shape**: sorted by path bytes, each path once. Two names of one file (hard links, followed symbolic
/// links) are two entries.
public struct FileWalk: Sendable {
    /// Options of a search.
    public struct Options: Sendable {
        /// Whether a folder stands for all files in it, at any depth.
        public var recursive = false
        /// How to treat symbolic links, including those named as arguments.
        public var links = LinkPolicy.error
        /// Selects among the files in folders.
        public var filter = FileFilter()
        /// Files that are never selected: the command's own outputs.
        package var ownOutputs: Set<FileNode> = []
        /// Folders in which the command's outputs will appear; a search of them is reported.
        package var outputFolders: Set<FileNode> = []
        /// Whether failures are collected instead of ending the search.
        public var keepGoing = false
        /// Whether absolute paths, `..` and links that leave the root are accepted.
        package var allowOutside = false
        /// Told how many files were found so far, each time that one more is.
        package var progress: (@Sendable (Int) -> Void)?

        /// The defaults: files only, links are errors, everything inside the root.
        public init() {}
    }

    /// The result of a search.
    public struct Outcome: Sendable {
        /// The files, sorted by path bytes.
        public var files: [FoundFile] = []
        /// What failed, in the order of the search; empty unless ``FileWalk/Options/keepGoing`` is set.
        public var failures: [FileError] = []
        /// The command's own outputs that were left out, sorted by path.
        package var ownOutputs: [OwnOutput] = []
        /// Folders that were searched and in which the command's outputs will appear.
        package var outputFolders: [ByteString] = []
        /// The number of links left out.
        package var linksSkipped = 0

        /// An empty result.
        package init() {}
    }

    /// An output of the command that was found among the files.
    package struct OwnOutput: Hashable, Sendable {
        package let path: LocalPath
        package let node: FileNode
    }

    /// The maximum number of files in one manifest.
    package static let fileLimit = 1_000_000
    /// The maximum length of a path in a manifest.
    ///
    /// **Unit**: bytes.
    package static let pathLimit = 4096

    private let root: Root
    private let options: Options
    private var outcome = Outcome()
    private var look = NameLook()

    /// Finds the files that `arguments` name; arguments are relative to `root`, see
    /// `relativePath(of:allowOutside:)`.
    ///
    /// - Throws: the first ``FileError``, unless ``FileWalk/Options/keepGoing`` is set.
    public static func files(
        _ arguments: [[UInt8]], below root: Root, options: Options = Options()
    ) throws(FileError) -> Outcome {
        var walk = FileWalk(root: root, options: options)
        for argument in arguments {
            try walk.attempt { (walk) throws(FileError) in try walk.visit(argument: argument) }
        }
        return walk.sorted()
    }

    private init(root: Root, options: Options) {
        self.root = root
        self.options = options
    }

    private func sorted() -> Outcome {
        var result = outcome
        result.files.sort { $0.path < $1.path }
        var last: LocalPath?
        result.files.removeAll { file in
            defer { last = file.path }
            return file.path == last
        }
        result.ownOutputs = Set(result.ownOutputs).sorted { $0.path < $1.path }
        return result
    }

    /// Runs `step`; collects or throws its failure, as the options say.
    private mutating func attempt(_ step: (inout FileWalk) throws(FileError) -> Void) throws(FileError) {
        do throws(FileError) {
            try step(&self)
        } catch {
            guard options.keepGoing, error != .tooManyFiles(limit: Self.fileLimit) else { throw error }
            outcome.failures.append(error)
        }
    }

    private mutating func visit(argument: [UInt8]) throws(FileError) {
        let path = try root.relativePath(of: argument, allowOutside: options.allowOutside)
        let place = place(path.bytes)
        let status: stat
        do throws(FileError) {
            status = try look.status(at: place)
        } catch {
            if case .notFound(_, let root) = error, let path = self.root.pathFromCurrentFolder(argument) {
                throw .relativeToFolder(
                    argument: ByteString(displaying: argument), root: root, suggestedPath: path)
            }
            throw error
        }
        guard let status = try followed(status, at: place) else { return }
        if FileKind(mode: status.st_mode) == .folder, options.recursive {
            try walk(from: place, status: status)
        } else {
            try take(status, at: place)
        }
    }

    private func place(_ path: ByteString) -> FilePlace {
        FilePlace(root: root, path: path, allowOutside: options.allowOutside)
    }

    /// Resolves a link according to the options: the status to continue with, or nil for a skipped link.
    private mutating func followed(_ status: stat, at place: FilePlace) throws(FileError) -> stat? {
        guard FileKind(mode: status.st_mode) == .link else { return status }
        switch options.links {
        case .error: throw .linkRefused(path: place.path)
        case .follow: return try place.look()
        case .skip:
            outcome.linksSkipped += 1
            return nil
        }
    }

    private mutating func take(_ status: stat, at place: FilePlace) throws(FileError) {
        try place.requireRegular(status)
        guard place.path.bytes.count <= Self.pathLimit else {
            throw .pathTooLong(path: place.path, limit: Self.pathLimit)
        }
        let path: LocalPath
        do throws(LocalPathError) {
            path = try LocalPath(place.path, allowOutside: options.allowOutside)
        } catch {
            throw .leavesRoot(path: place.path, root: ByteString(displaying: root.absolutePath))
        }
        let node = FileNode(status)
        guard !options.ownOutputs.contains(node) else {
            outcome.ownOutputs.append(OwnOutput(path: path, node: node))
            return
        }
        outcome.files.append(FoundFile(path: path, identity: root.clock.identity(status)))
        options.progress?(outcome.files.count)
        guard outcome.files.count <= Self.fileLimit else { throw .tooManyFiles(limit: Self.fileLimit) }
    }
}

extension FileWalk {
    /// A folder to be read.
    ///
    /// A class, because its subfolders share it.
    private final class Folder {
        let place: FilePlace
        let node: FileNode
        let parent: Folder?

        init(place: FilePlace, node: FileNode, parent: Folder?) {
            self.place = place
            self.node = node
            self.parent = parent
        }

        /// Whether this folder is `node` or lies below it.
        func lies(in node: FileNode) -> Bool {
            var folder: Folder? = self
            while let present = folder {
                if present.node == node { return true }
                folder = present.parent
            }
            return false
        }
    }

    /// Reads the folders one at a time and closes each before the next, so that depth costs no descriptors.
    private mutating func walk(from place: FilePlace, status: stat) throws(FileError) {
        var waiting = [Folder(place: place, node: FileNode(status), parent: nil)]
        while let folder = waiting.popLast() {
            if options.outputFolders.contains(folder.node) {
                outcome.outputFolders.append(folder.place.path)
            }
            try attempt { (walk) throws(FileError) in
                let listing = try FolderListing(folder.place)
                var found: [Folder] = []
                for name in listing.names {
                    try walk.attempt { (walk) throws(FileError) in
                        if let child = try walk.visit(name, of: folder, listing) { found.append(child) }
                    }
                }
                waiting += found.reversed()
            }
        }
    }

    /// Adds the entry `name` if it is a file; returns it if it is a folder to enter.
    private mutating func visit(
        _ name: [UInt8], of folder: Folder, _ listing: FolderListing
    ) throws(FileError) -> Folder? {
        let bytes = Self.child(name, of: folder.place.path.bytes)
        let status: stat
        do throws(SystemError) {
            status = try listing.look(at: name)
        } catch {
            guard error.code == ENOENT else { throw place(ByteString(displaying: bytes)).failure(error) }
            throw .deleted(path: ByteString(displaying: bytes))
        }
        let kind = FileKind(mode: status.st_mode)
        // A link to a folder counts as a folder for the patterns only once it is followed, below.
        if options.filter.excludes(bytes, isFolder: kind == .folder) { return nil }
        guard let path = ByteString(validating: bytes) else {
            throw .notUTF8(path: ByteString(displaying: bytes))
        }
        let here = place(path)
        let included = options.filter.includes(file: bytes)
        if !included, !mayBeFolder(kind, here) { return nil }
        guard let target = try followed(status, at: here) else { return nil }
        guard FileKind(mode: target.st_mode) == .folder else {
            if included { try take(target, at: here) }
            return nil
        }
        guard kind == .link else { return Folder(place: here, node: FileNode(target), parent: folder) }
        if options.filter.excludes(bytes, isFolder: true) { return nil }
        guard !folder.lies(in: FileNode(target)) else { throw .linkLoop(path: path) }
        return Folder(place: here, node: FileNode(target), parent: folder)
    }

    /// Whether an entry that the include patterns do not match may be a folder holding files that they do.
    private func mayBeFolder(_ kind: FileKind, _ place: FilePlace) -> Bool {
        guard kind == .link else { return kind == .folder }
        do throws(SystemError) {
            return FileKind(mode: try place.open(flags: Descriptor.nameOnly).status().st_mode) == .folder
        } catch {
            return false
        }
    }

    private static func child(_ name: [UInt8], of folder: [UInt8]) -> [UInt8] {
        if folder.elementsEqual(".".utf8) { return name }
        return folder.last == UInt8(ascii: "/") ? folder + name : folder + [UInt8(ascii: "/")] + name
    }
}

/// A file that a walk found.
public struct FoundFile: Hashable, Sendable {
    /// Its path relative to the root.
    public let path: LocalPath
    /// Its identity when it was found.
    ///
    /// A hint: the file may change.
    package let identity: FileIdentity
    /// Its size in bytes when it was found.
    ///
    /// A hint: the file may change.
    public var size: Int64 { identity.size }
}

/// How to treat symbolic links while searching; the names are those of `--symlinks`.
public enum LinkPolicy: String, Hashable, Sendable, CaseIterable {
    /// A link is an error.
    case error
    /// A link stands for its target, which must lie below the root.
    case follow
    /// Links are left out.
    case skip
}
