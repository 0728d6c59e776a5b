import Glibc
import PlanCore

/// What tells a file's present content from an earlier one without reading it.
///
/// **Source**: `fstat`. Times are nanoseconds since 1970.
public struct FileIdentity: Hashable, Sendable {
    /// Which file.
    public let node: FileNode
    /// Its length in bytes.
    public let size: Int64
    /// When its bytes were last written.
    public let modified: Int64
    /// When its bytes or attributes were last written; no program can set it back.
    let statusChanged: Int64

    /// - Parameter stampsEvery: every stamp is cut to a multiple of this. **Unit**: nanoseconds.
    init(_ status: stat, stampsEvery tick: Int64 = 1) {
        node = FileNode(status)
        size = Int64(status.st_size)
        modified = Self.nanoseconds(status.st_mtim) / tick &* tick
        statusChanged = Self.nanoseconds(status.st_ctim) / tick &* tick
    }

    /// Whether bytes may have been written between `earlier` and this, of the same file at the same size.
    ///
    /// A modification time can be set back after writing, so a new status time counts as well: a new link, mode or
    /// owner moves it too, but who changed those may also have written.
    func mayHoldOtherBytes(than earlier: FileIdentity) -> Bool {
        modified != earlier.modified || statusChanged != earlier.statusChanged
    }

    /// - Throws: how the file at `path`, which is still the same one, differs from what it was.
    func requireUnchanged(since earlier: FileIdentity, path: ByteString) throws(FileError) {
        if size < earlier.size { throw .truncated(path: path, before: earlier.size, now: size) }
        if size > earlier.size { throw .grown(path: path, before: earlier.size, now: size) }
        if mayHoldOtherBytes(than: earlier) { throw .modified(path: path) }
    }

    /// Wraps around instead of trapping on the absurd times some file systems hold.
    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

/// Which file it is, whatever its names: the pair of numbers the system tells files apart by.
public struct FileNode: Hashable, Sendable {
    /// The device it lies on.
    package let device: UInt64
    /// Its number there.
    package let inode: UInt64

    /// The file with that pair of numbers.
    package init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }

    init(_ status: stat) {
        self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// The regular file behind an open descriptor, such as standard output's; nil for any other kind.
    package static func ofRegularFile(descriptor: Int32) -> FileNode? {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, FileKind(mode: status.st_mode) == .regular else {
            return nil
        }
        return FileNode(status)
    }
}
