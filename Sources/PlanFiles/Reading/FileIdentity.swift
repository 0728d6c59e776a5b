import Glibc
import PlanCore

/// Identifies a version of a file without reading its content.
///
/// **Source**: `fstat`. Times are nanoseconds since 1970.
package struct FileIdentity: Hashable, Sendable {
    /// Which file.
    package let node: FileNode
    /// Its length in bytes.
    package let size: Int64
    /// The modification time (mtime).
    package let modified: Int64
    /// The status change time (ctime): the last write to content or attributes.
    ///
    /// No program can set it back.
    package let statusChanged: Int64

    /// An identity that was recorded before.
    package init(node: FileNode, size: Int64, modified: Int64, statusChanged: Int64) {
        self.node = node
        self.size = size
        self.modified = modified
        self.statusChanged = statusChanged
    }

    /// Whether its time stamps were old at `moment`: any later write would have changed them, on every file system.
    ///
    /// What git calls racily clean is not, and stamps of the future are not.
    package func wasSettled(at moment: Int64) -> Bool {
        let latest = max(modified, statusChanged)
        let (end, overflow) = latest.addingReportingOverflow(TimestampClock.longestDoubt)
        return !overflow && end < moment
    }

    /// The identity given by `status`, with time stamps rounded down to a multiple of `tick` nanoseconds.
    init(_ status: stat, stampsEvery tick: Int64 = 1) {
        node = FileNode(status)
        size = Int64(status.st_size)
        modified = Self.nanoseconds(status.st_mtim) / tick &* tick
        statusChanged = Self.nanoseconds(status.st_ctim) / tick &* tick
    }

    /// Whether bytes may have been written since `earlier`, which is the same file at the same size.
    ///
    /// A program can set the modification time back after writing, so a new status change time counts as
    /// well. A new link, mode or owner also changes it; that is accepted.
    func mayHoldOtherBytes(than earlier: FileIdentity) -> Bool {
        modified != earlier.modified || statusChanged != earlier.statusChanged
    }

    /// Compares with an earlier identity of the same file.
    ///
    /// - Throws: ``FileError/truncated(path:before:now:)``, ``FileError/grown(path:before:now:)``,
    ///   ``FileError/modified(path:)``.
    func requireUnchanged(since earlier: FileIdentity, path: ByteString) throws(FileError) {
        if size < earlier.size { throw .truncated(path: path, before: earlier.size, now: size) }
        if size > earlier.size { throw .grown(path: path, before: earlier.size, now: size) }
        if mayHoldOtherBytes(than: earlier) { throw .modified(path: path) }
    }

    /// Wraps around instead of trapping on the absurd times that some file systems hold.
    private static func nanoseconds(_ time: timespec) -> Int64 {
        Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
    }
}

/// Identifies a file independently of its names: device and inode.
package struct FileNode: Hashable, Sendable {
    /// The device number.
    package let device: UInt64
    /// The inode number on that device.
    package let inode: UInt64

    /// Creates the identity from its two numbers.
    package init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }

    init(_ status: stat) {
        self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// The file at `path`, relative to the current folder, links followed; nil if there is none.
    package static func ofFile(at path: ByteString) -> FileNode? {
        guard !path.bytes.contains(0) else { return nil }
        var status = stat()
        let result = unsafe path.bytes.withCPath { unsafe fstatat(AT_FDCWD, $0, &status, 0) }
        return result == 0 ? FileNode(status) : nil
    }

    /// The regular file behind an open descriptor, such as standard output's; nil for any other kind.
    package static func ofRegularFile(descriptor: Int32) -> FileNode? {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, FileKind(mode: status.st_mode) == .regular else {
            return nil
        }
        return FileNode(status)
    }

    /// The folder of the regular file behind an open descriptor; nil for any other kind, and where the system does not
    /// tell.
    package static func ofFolder(holding descriptor: Int32) -> FileNode? {
        guard ofRegularFile(descriptor: descriptor) != nil else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = unsafe readlink("/proc/self/fd/\(descriptor)", &buffer, buffer.count)
        guard length > 0 else { return nil }
        let path = buffer[..<length].map { UInt8(bitPattern: $0) }
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        var status = stat()
        guard unsafe path[...slash].withCPath({ unsafe stat($0, &status) }) == 0 else { return nil }
        return FileNode(status)
    }
}
