import Glibc
import PlanCore

/// A folder held open.
///
/// Each name is opened relative to its folder and links are never followed, so no name leads out of it.
///
/// A class, because it owns a descriptor.
final class DiskFolder: Sendable {
    private let descriptor: Int32

    private init(owning descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Opens the folder at a path that the caller chose; creates it if it does not exist.
    static func open(path: String) throws(StoreError) -> DiskFolder {
        let made = unsafe mkdir(path, 0o777)
        guard made == 0 || errno == EEXIST else { throw StoreError("make the folder", path) }
        let descriptor = unsafe openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError("open the folder", path) }
        return DiskFolder(owning: descriptor)
    }

    /// Opens the subfolder `name`; `making` creates it if it does not exist.
    func folder(_ name: String, making: Bool) throws(StoreError) -> DiskFolder {
        if making {
            let made = unsafe mkdirat(descriptor, name, 0o777)
            guard made == 0 || errno == EEXIST else { throw StoreError("make the folder", name) }
        }
        let opened = unsafe openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard opened >= 0 else { throw StoreError("open the folder", name) }
        return DiskFolder(owning: opened)
    }

    /// Creates a new, empty file.
    func newFile(_ name: String) throws(StoreError) -> StoredFile {
        let opened = unsafe openat(
            descriptor, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode_t(0o666))
        guard opened >= 0 else { throw StoreError("create", name) }
        return StoredFile(owning: opened, name: name)
    }

    /// Opens the regular file `name`.
    func file(_ name: String, writing: Bool) throws(StoreError) -> StoredFile {
        let access = writing ? O_RDWR : O_RDONLY
        let opened = unsafe openat(descriptor, name, access | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard opened >= 0 else { throw StoreError("open", name) }
        let file = StoredFile(owning: opened, name: name)
        guard try file.identity().isRegular else { throw StoreError("open", name, code: EINVAL) }
        return file
    }

    /// Creates a hard link to the file under a name that must be free.
    func link(_ name: String, to target: DiskFolder, _ targetName: String) throws(StoreError) {
        guard unsafe linkat(descriptor, name, target.descriptor, targetName, 0) == 0 else {
            throw StoreError("link", targetName)
        }
    }

    /// Renames the file, replacing an existing one.
    func move(_ name: String, to target: DiskFolder, _ targetName: String) throws(StoreError) {
        guard unsafe renameat(descriptor, name, target.descriptor, targetName) == 0 else {
            throw StoreError("put in place", targetName)
        }
    }

    /// Removes the file; a missing file is not an error.
    func remove(_ name: String) throws(StoreError) {
        guard unsafe unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else {
            throw StoreError("remove", name)
        }
    }

    /// Removes the folder if it is empty; returns whether it was removed.
    @discardableResult
    func removeFolder(_ name: String) -> Bool { unsafe unlinkat(descriptor, name, AT_REMOVEDIR) == 0 }

    /// Whether `name` is a folder.
    func hasFolder(_ name: String) throws(StoreError) -> Bool {
        try mode(of: name).map { $0 & S_IFMT == S_IFDIR } ?? false
    }

    /// Whether `name` exists.
    func has(_ name: String) throws(StoreError) -> Bool { try mode(of: name) != nil }

    /// The mode of `name`; nil if it does not exist.
    private func mode(of name: String) throws(StoreError) -> mode_t? {
        var status = stat()
        if unsafe fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 { return status.st_mode }
        guard errno == ENOENT else { throw StoreError("look at", name) }
        return nil
    }

    /// Locks the folder against other processes for as long as the returned file is held.
    func lock(_ name: String) throws(StoreError) -> StoredFile {
        let opened = unsafe openat(
            descriptor, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, mode_t(0o666))
        guard opened >= 0 else { throw StoreError("open", name) }
        let file = StoredFile(owning: opened, name: name)
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else { throw StoreError("lock", name) }
        return file
    }

    /// The names in it, unsorted, without `.` and `..`.
    func names() throws(StoreError) -> [String] {
        let copy = unsafe openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { throw StoreError("list", ".") }
        guard let listing = unsafe fdopendir(copy) else {
            let error = StoreError("list", ".")
            close(copy)
            throw error
        }
        defer { unsafe closedir(listing) }
        return try unsafe Self.names { unsafe readdir(listing) }
    }

    /// The name of an entry, which ends at a NUL or at the end of the entry.
    ///
    /// The entry's length is `d_reclen`, not the size of `dirent`.
    private static func name(of entry: UnsafeMutablePointer<dirent>) -> String {
        let start = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
        let length = unsafe max(0, Int(entry.pointee.d_reclen) - start)
        let bytes = unsafe UnsafeRawBufferPointer(start: UnsafeRawPointer(entry) + start, count: length)
        return unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// The names of the entries that `next`, a `readdir`, returns.
    ///
    /// Distinguishes an error from the end.
    static func names(next: () -> UnsafeMutablePointer<dirent>?) throws(StoreError) -> [String] {
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe next() else {
                guard errno == 0 else { throw StoreError("list", ".") }
                return names
            }
            let name = unsafe Self.name(of: entry)
            if name != ".", name != ".." { names.append(name) }
        }
    }
}

/// A failed file system call below the emulator's root.
struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The operation.
    let doing: String
    /// The name it was applied to.
    let name: String
    /// The system's errno.
    let code: Int32

    /// The error that `errno` holds.
    init(_ doing: String, _ name: String, code: Int32 = errno) {
        self.doing = doing
        self.name = name
        self.code = code
    }

    /// Whether the system was short of a resource.
    ///
    /// A retry may succeed; nothing is wrong with the file.
    var isShortage: Bool { [EMFILE, ENFILE, ENOMEM, ENOBUFS, EAGAIN, EINTR].contains(code) }

    var description: String {
        let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
        return "\(name.escapedForDisplay): cannot \(doing): \(reason)"
    }
}
