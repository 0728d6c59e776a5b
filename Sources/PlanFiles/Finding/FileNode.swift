import Glibc

/// Which file it is, whatever its names: the pair of numbers the system tells files apart by.
public struct FileNode: Hashable, Sendable {
    /// The device it lies on.
    public let device: UInt64
    /// Its number there.
    public let inode: UInt64

    /// The file with that pair of numbers.
    public init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }

    init(_ status: stat) {
        self.init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// The regular file behind an open descriptor, such as standard output's; nil for any other kind.
    public static func ofRegularFile(descriptor: Int32) -> FileNode? {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, FileKind(mode: status.st_mode) == .regular else {
            return nil
        }
        return FileNode(status)
    }
}
