import Glibc

/// What a path refers to on disk.
public enum FileKind: Hashable, Sendable {
    /// A regular file, the only kind that can be planned.
    case regular
    /// A folder.
    case folder
    /// A symbolic link.
    case link
    /// A named pipe.
    case fifo
    /// A character device.
    case characterDevice
    /// A block device.
    case blockDevice
    /// A Unix domain socket.
    case socket
    /// A kind this code does not know.
    case other

    init(mode: mode_t) {
        self =
            switch mode & S_IFMT {
            case S_IFREG: .regular
            case S_IFDIR: .folder
            case S_IFLNK: .link
            case S_IFIFO: .fifo
            case S_IFCHR: .characterDevice
            case S_IFBLK: .blockDevice
            case S_IFSOCK: .socket
            default: .other
            }
    }
}

extension FileKind: CustomStringConvertible {
    /// The kind with its article, for use in a sentence.
    public var description: String {
        switch self {
        case .regular: "a regular file"
        case .folder: "a folder"
        case .link: "a symbolic link"
        case .fifo: "a named pipe (FIFO)"
        case .characterDevice: "a character device"
        case .blockDevice: "a block device"
        case .socket: "a socket"
        case .other: "of an unknown kind"
        }
    }
}
