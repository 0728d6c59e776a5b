import CFiles
import Glibc

/// Which file an output will be, whether or not there is one yet.
package struct OutputIdentity: Hashable, Sendable {
    let folder: FileNode
    let name: [UInt8]
}

/// The destination of an output: a folder, held open, and a name in it.
struct OutputPlace {
    /// The file that will be replaced.
    struct Replaced {
        let node: FileNode
        let mode: mode_t
    }

    let replaced: Replaced?
    /// Where it is.
    let identity: OutputIdentity
    private let folder: Descriptor
    private var name: [UInt8] { identity.name }

    /// The destination that `path` names; links are followed.
    init(_ path: [UInt8]) throws(SystemError) {
        let target = try Self.target(of: path)
        let slash = target.lastIndex(of: UInt8(ascii: "/"))
        let name = Array(target[(slash.map { $0 + 1 } ?? 0)...])
        let parent = slash.map { $0 == 0 ? [UInt8(ascii: "/")] : Array(target[..<$0]) } ?? [UInt8(ascii: ".")]
        folder = Descriptor(
            owning: try SystemError.check {
                unsafe parent.withCPath { unsafe open($0, Descriptor.nameOnly | O_DIRECTORY | O_CLOEXEC) }
            })
        guard !name.isEmpty else { throw SystemError(EISDIR) }
        replaced = try Self.look(at: name, in: folder)
        identity = OutputIdentity(folder: FileNode(try folder.status()), name: name)
    }

    /// The regular file that has the name.
    ///
    /// Requires that it is writable, which rename does not check.
    private static func look(at name: [UInt8], in folder: Descriptor) throws(SystemError) -> Replaced? {
        let status: stat
        do throws(SystemError) {
            status = try folder.status(of: name, followingLinks: false)
        } catch {
            guard error.code == ENOENT else { throw error }
            return nil
        }
        guard FileKind(mode: status.st_mode) == .regular else { throw SystemError(EISDIR) }
        try requireWritable(name, in: folder)
        return Replaced(node: FileNode(status), mode: status.st_mode & 0o777)
    }

    /// Checks that the file `name` may be written.
    ///
    /// - Throws: the ``SystemError`` that a write would meet.
    private static func requireWritable(_ name: [UInt8], in folder: Descriptor) throws(SystemError) {
        do throws(SystemError) {
            try SystemError.check {
                unsafe name.withCPath { unsafe faccessat(folder.number, $0, W_OK, AT_EACCESS) }
            }
        } catch {
            // Old sandboxes return EPERM for unknown calls, faccessat2 among them. Opening the file checks
            // the permission as well, but fails with ETXTBSY for a running program.
            guard error.code == EPERM || error.code == ENOSYS else { throw error }
            let flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
            close(
                try SystemError.check {
                    unsafe name.withCPath { unsafe openat(folder.number, $0, flags) }
                })
        }
    }

    /// Resolves the links of `path`; the target need not exist.
    private static func target(of path: [UInt8]) throws(SystemError) -> [UInt8] {
        var path = path
        for _ in 0..<40 {
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
            let length = unsafe path.withCPath { unsafe readlink($0, &buffer, buffer.count) }
            guard length > 0 else { return path }  // not a link, or not there: opening it will tell
            let link = buffer[..<length].map { UInt8(bitPattern: $0) }
            let slash = path.lastIndex(of: UInt8(ascii: "/"))
            path = link[0] == UInt8(ascii: "/") ? link : Array(path[..<(slash.map { $0 + 1 } ?? 0)]) + link
        }
        throw SystemError(ELOOP)
    }

    /// The descriptor to write to directly if `path` names one of this process's descriptors, a pipe or a
    /// device; else nil.
    static func openStraight(_ path: [UInt8]) throws(SystemError) -> Descriptor? {
        if let number = ownDescriptor(path) {
            return Descriptor(owning: try SystemError.check { fcntl(number, F_DUPFD_CLOEXEC, 0) })
        }
        var status = stat()
        guard unsafe path.withCPath({ unsafe stat($0, &status) }) == 0 else { return nil }
        switch FileKind(mode: status.st_mode) {
        case .regular: return nil
        case .folder: throw SystemError(EISDIR)
        default:
            return Descriptor(
                owning: try SystemError.check {
                    unsafe path.withCPath { unsafe open($0, O_WRONLY | O_CLOEXEC | O_NOCTTY) }
                })
        }
    }

    /// The number in `/dev/fd/N` and its other names.
    ///
    /// The descriptor may be a regular file that another program appends to; replacing that file would lose
    /// its content.
    private static func ownDescriptor(_ path: [UInt8]) -> Int32? {
        let text = String(decoding: path, as: UTF8.self)
        switch text {
        case "/dev/stdout": return STDOUT_FILENO
        case "/dev/stderr": return STDERR_FILENO
        default: break
        }
        for folder in ["/dev/fd/", "/proc/self/fd/"] where text.hasPrefix(folder) {
            return Int32(text.dropFirst(folder.count))
        }
        return nil
    }
}

// Creating the file and naming it.
extension OutputPlace {
    /// An unnamed file; nil if it could not be linked to a name later.
    func openUnnamed(isPrivate: Bool) throws(SystemError) -> Descriptor? {
        let number = unsafe cosplan_file_open_unnamed(folder.number, ".", Self.mode(isPrivate), true)
        guard number >= 0 else { return nil }
        let descriptor = Descriptor(owning: number)
        // Linking it to a name goes through /proc, which not every container has.
        guard unsafe Self.link(of: descriptor).withCPath({ unsafe access($0, F_OK) }) == 0 else { return nil }
        try setMode(of: descriptor, isPrivate)
        return descriptor
    }

    /// A new file under a hidden temporary name.
    func openNamed(isPrivate: Bool) throws(SystemError) -> (Descriptor, name: [UInt8]) {
        while true {
            let name = temporaryName()
            do throws(SystemError) {
                let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
                let number = try SystemError.check {
                    unsafe name.withCPath { unsafe openat(folder.number, $0, flags, Self.mode(isPrivate)) }
                }
                let descriptor = Descriptor(owning: number)
                do throws(SystemError) {
                    try setMode(of: descriptor, isPrivate)
                } catch {
                    remove(name)
                    throw error
                }
                return (descriptor, name)
            } catch {
                guard error.code == EEXIST else { throw error }
            }
        }
    }

    /// Links an unnamed file into the folder: under the target's name if that is free, else under a temporary
    /// name, which is returned.
    func giveName(to descriptor: Descriptor) throws(SystemError) -> [UInt8]? {
        var candidate = name
        while true {
            do throws(SystemError) {
                try SystemError.check {
                    unsafe Self.link(of: descriptor).withCPath { source in
                        unsafe candidate.withCPath { target in
                            unsafe linkat(AT_FDCWD, source, folder.number, target, AT_SYMLINK_FOLLOW)
                        }
                    }
                }
                return candidate == name ? nil : candidate
            } catch {
                guard error.code == EEXIST else { throw error }
                candidate = temporaryName()
            }
        }
    }

    /// Renames the file under `temporaryName` to the target's name, replacing an existing file.
    func rename(_ temporaryName: [UInt8]) throws(SystemError) {
        try SystemError.check {
            unsafe temporaryName.withCPath { source in
                unsafe name.withCPath { target in
                    unsafe renameat(folder.number, source, folder.number, target)
                }
            }
        }
    }

    /// Best effort: removes the file under `temporaryName`.
    func remove(_ temporaryName: [UInt8]) {
        _ = unsafe temporaryName.withCPath { unsafe unlinkat(folder.number, $0, 0) }
    }

    /// Best effort: fsyncs the folder, so that the new name survives a crash.
    ///
    /// The file is whole either way.
    func syncFolder() {
        let number = unsafe openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard number >= 0 else { return }
        fsync(number)
        close(number)
    }

    /// The mode that a new file begins with; a private one is never open to others.
    private static func mode(_ isPrivate: Bool) -> mode_t { isPrivate ? 0o600 : 0o666 }

    /// Takes over the mode of the file that is replaced, best effort; a private file has its own.
    private func setMode(of descriptor: Descriptor, _ isPrivate: Bool) throws(SystemError) {
        if isPrivate {
            try SystemError.check { fchmod(descriptor.number, Self.mode(true)) }
        } else if let replaced {
            fchmod(descriptor.number, replaced.mode)
        }
    }

    private static func link(of descriptor: Descriptor) -> [UInt8] {
        Array("/proc/self/fd/\(descriptor.number)".utf8)
    }

    private func temporaryName() -> [UInt8] {
        let random = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        // A name has at most 255 bytes.
        return Array(".".utf8) + name.prefix(200) + Array(".cosplan-\(random)".utf8)
    }
}
