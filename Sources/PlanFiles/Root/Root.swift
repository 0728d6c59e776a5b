import Glibc
import PlanCore

/// The folder that a manifest's paths are relative to, held open.
///
/// Every file is opened beneath it: `..` and links that lead out are refused, links that stay inside are
/// followed. A root keeps referring to the same folder even if the folder is renamed.
public struct Root: Sendable {
    /// The folder's path as the user wrote it.
    public let path: ByteString
    /// Its absolute path without links at the time it was opened, for messages and absolute arguments.
    let absolutePath: [UInt8]
    let lookup: ConfinedLookup
    /// The clock of the files' time stamps.
    let clock: TimestampClock

    /// Opens the folder at `path`, relative to the current folder.
    ///
    /// - Throws: ``FileError/folderNotFound(path:)``, ``FileError/notFolder(path:)`` or another ``FileError``
    ///   from opening it.
    public init(path: ByteString = ".") throws(FileError) {
        try self.init(path: path, confinement: nil)
    }

    /// Opens the folder at `path`; nil for `confinement` and `clock` uses the system's.
    package init(
        path: ByteString, confinement: Confinement?, clock: TimestampClock? = nil
    ) throws(FileError) {
        guard !path.isEmpty, !path.bytes.contains(0) else { throw .emptyPath }
        self.path = path
        self.clock = clock ?? .system
        do throws(SystemError) {
            let number = try SystemError.check {
                unsafe path.bytes.withCPath {
                    unsafe Glibc.open($0, Descriptor.nameOnly | O_DIRECTORY | O_CLOEXEC)
                }
            }
            lookup = ConfinedLookup(folder: Descriptor(owning: number), confinement: confinement)
            absolutePath = try Self.resolved(path.bytes)
        } catch {
            switch error.code {
            case ENOENT: throw .folderNotFound(path: path)
            case ENOTDIR: throw .notFolder(path: path)
            case EACCES, EPERM: throw .unreadable(path: path, code: error.code)
            default: throw .openFailed(path: path, code: error.code)
            }
        }
    }

    /// Opens the regular file at `path` for reading.
    ///
    /// Does not block on a pipe or device.
    ///
    /// Waits for a file that was written a moment ago, until its time stamps would show another write: some
    /// milliseconds, or one to four seconds where the file system stores whole seconds or belongs to another
    /// machine.
    ///
    /// - Parameters:
    ///   - path: the file, relative to the root.
    ///   - allowOutside: also opens absolute paths, and paths through `..` and links that leave the root.
    /// - Returns: the open file.
    /// - Throws: a ``FileError`` that says what was found instead.
    public func open(_ path: LocalPath, allowOutside: Bool = false) throws(FileError) -> OpenFile {
        try open(path, allowOutside: allowOutside, looked: false)
    }

    /// The same; `looked` says whether a walk has just seen a regular file there.
    package func open(_ path: LocalPath, allowOutside: Bool, looked: Bool) throws(FileError) -> OpenFile {
        let place = FilePlace(root: self, path: path.bytes, allowOutside: allowOutside)
        // The kind is checked before opening: opening a device can start or rewind it.
        if !looked, place.glance(followingLinks: false).map({ FileKind(mode: $0.st_mode) }) != .regular {
            try place.requireRegular(try place.look())
        }
        return try OpenFile(place: place)
    }

    /// The absolute path without links, from `realpath`.
    static func resolved(_ path: some Collection<UInt8>) throws(SystemError) -> [UInt8] {
        let found: [UInt8]? = unsafe path.withCPath { path in
            guard let absolute = unsafe realpath(path, nil) else { return nil }
            defer { unsafe free(absolute) }
            return unsafe Array(UnsafeRawBufferPointer(start: absolute, count: strlen(absolute)))
        }
        guard let found else { throw SystemError(errno) }
        return found
    }
}
