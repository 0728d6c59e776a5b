import CFiles
import Glibc
import PlanCore

/// One regular file, open for reading. A class, because the descriptor is one thing.
///
/// Whoever reads from it calls ``checkUnchanged()`` afterwards: bytes read from a file that changed meanwhile
/// belong to no version of it.
public final class OpenFile: Sendable {
    /// What the file was when it was opened.
    public let identity: FileIdentity
    let place: FilePlace
    let descriptor: Descriptor

    /// The path as it stands in the manifest.
    public var path: ByteString { place.path }

    init(place: FilePlace) throws(FileError) {
        let status: stat
        do throws(SystemError) {
            // O_NONBLOCK: should a pipe have taken the name since it was looked at, opening it returns at once.
            descriptor = try place.open(flags: O_RDONLY | O_NONBLOCK | O_NOCTTY)
            status = try descriptor.status()
        } catch {
            throw place.failure(error)
        }
        try place.requireRegular(status)
        self.place = place
        identity = FileIdentity(status)
    }

    /// Fills `buffer` with the file's bytes from `range`, whose length is the buffer's.
    ///
    /// - Throws: ``FileError/truncated(path:before:now:)`` when the file ends before the range does,
    ///   ``FileError/readFailed(path:offset:code:)``.
    package func read(_ range: ByteRange, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) {
        precondition(Int64(buffer.count) == range.length, "the buffer is not as long as the range")
        var done = 0
        while done < buffer.count {
            let offset = range.offset + Int64(done)
            let count: Int
            do throws(SystemError) {
                let number = descriptor.number
                count = try SystemError.check {
                    unsafe pread(
                        number, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(offset))
                }
            } catch {
                throw .readFailed(path: path, offset: offset, code: error.code)
            }
            guard count > 0 else {
                throw .truncated(path: path, before: max(identity.size, range.end), now: offset)
            }
            done += count
        }
    }

    /// The file's bytes from `range`; see ``read(_:into:)``.
    public func bytes(_ range: ByteRange) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(range.length))
        var failure: FileError?
        unsafe bytes.withUnsafeMutableBytes { buffer in
            do throws(FileError) {
                try unsafe read(range, into: buffer)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Whether the first and the last byte of `range` could be read without waiting for the disk, which is most
    /// likely true of those between as well.
    package func isCached(_ range: ByteRange) -> Bool {
        range.length == 0
            || cosplan_file_is_cached(descriptor.number, range.offset)
                && cosplan_file_is_cached(descriptor.number, range.end - 1)
    }

    /// What the open file is now, whatever became of its name.
    public func currentIdentity() throws(FileError) -> FileIdentity {
        do throws(SystemError) {
            return FileIdentity(try descriptor.status())
        } catch {
            throw .readFailed(path: path, offset: 0, code: error.code)
        }
    }

    /// Returns if nothing shows that the file changed since it was opened.
    ///
    /// Compares size, times and inode, and that the name still stands for this file. A write through another
    /// process's mapping may show in the times only once the kernel writes the page back.
    /// - Throws: ``FileError/deleted(path:)``, ``FileError/replaced(path:)``,
    ///   ``FileError/truncated(path:before:now:)``, ``FileError/grown(path:before:now:)`` or
    ///   ``FileError/modified(path:)``.
    public func checkUnchanged() throws(FileError) {
        // The same device and inode: what the name says is what the descriptor would.
        if let status = place.glance(followingLinks: true), FileNode(status) == identity.node {
            return try FileIdentity(status).requireUnchanged(since: identity, path: path)
        }
        try checkName()
        try currentIdentity().requireUnchanged(since: identity, path: path)
    }

    private func checkName() throws(FileError) {
        let status: stat
        do throws(SystemError) {
            status = try place.open(flags: Descriptor.nameOnly).status()
        } catch {
            guard error.code == ENOENT || error.code == ENOTDIR else { throw place.failure(error) }
            throw .deleted(path: path)
        }
        guard FileNode(status) == identity.node else { throw .replaced(path: path) }
    }
}
