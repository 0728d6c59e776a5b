import CFiles
import Glibc
import PlanCore

/// The names in a folder, sorted by their bytes.
struct FolderListing {
    let folder: Descriptor
    let names: [[UInt8]]

    /// Reads the folder at `place`.
    init(_ place: FilePlace) throws(FileError) {
        do throws(SystemError) {
            folder = try place.open(flags: O_RDONLY | O_DIRECTORY | O_NONBLOCK)
            names = try Self.names(in: folder).sorted { $0.lexicographicallyPrecedes($1) }
        } catch {
            throw place.failure(error)
        }
    }

    private static func names(in folder: Descriptor) throws(SystemError) -> [[UInt8]] {
        // closedir closes the descriptor it was given, so it gets a copy; `folder` stays open for fstatat.
        let number = try SystemError.check { fcntl(folder.number, F_DUPFD_CLOEXEC, 0) }
        guard let stream = unsafe fdopendir(number) else {
            let code = errno
            close(number)
            throw SystemError(code)
        }
        defer { unsafe closedir(stream) }
        var names: [[UInt8]] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else {
                guard errno == 0 else { throw SystemError(errno) }
                return names
            }
            let name = unsafe name(of: entry)
            if !name.isEmpty, !name.elementsEqual(".".utf8), !name.elementsEqual("..".utf8) {
                names.append(name)
            }
        }
    }

    /// The entry's name as bytes, UTF-8 or not.
    private static func name(of entry: UnsafePointer<dirent>) -> [UInt8] {
        var length = 0
        let start = unsafe cosplan_file_entry_name(entry, &length)
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: length))
    }

    /// The status of the entry `name`; a link is not followed.
    func look(at name: [UInt8]) throws(SystemError) -> stat {
        try folder.status(of: name, followingLinks: false)
    }
}
