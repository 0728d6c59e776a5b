import CFiles
import Glibc
import PlanCore
import Synchronization

/// One regular file, open for reading. A class, because the descriptor is one thing.
///
/// Whoever reads from it calls ``checkUnchanged()`` afterwards: bytes read from a file that changed meanwhile
/// belong to no version of it.
public final class OpenFile: Sendable {
    /// What the file was when it was opened.
    public let identity: FileIdentity
    let place: FilePlace
    let descriptor: Descriptor
    /// Whether a read has found the end where the size says it is.
    private let endIsSeen = Atomic(false)

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
        do throws(SystemError) {
            guard let settled = try place.root.clock.settledIdentity(of: descriptor, status) else {
                throw SystemError(ETIMEDOUT)
            }
            identity = settled
        } catch {
            if error.code == ETIMEDOUT { throw .modified(path: place.path) }
            throw .readFailed(path: place.path, offset: 0, code: error.code)
        }
    }

    /// Fills `buffer` with the file's bytes from `range`, whose length is the buffer's.
    ///
    /// - Throws: ``FileError/truncated(path:before:now:)`` when the file ends before the range does,
    ///   ``FileError/shorterThanStated(path:size:found:)`` when its size still says otherwise,
    ///   ``FileError/readFailed(path:offset:code:)``.
    package func read(_ range: ByteRange, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) {
        precondition(Int64(buffer.count) == range.length, "the buffer is not as long as the range")
        var done = 0
        while done < buffer.count {
            let offset = range.offset + Int64(done)
            let count: Int
            do throws(SystemError) {
                count = try unsafe read(UnsafeMutableRawBufferPointer(rebasing: buffer[done...]), at: offset)
            } catch {
                throw .readFailed(path: path, offset: offset, code: error.code)
            }
            guard count > 0 else { throw try endsEarly(at: offset, before: range.end) }
            done += count
        }
    }

    /// How many bytes were read to `buffer`; with the last ones of the file the same call looks for more after them.
    private func read(
        _ buffer: UnsafeMutableRawBufferPointer, at offset: Int64
    ) throws(SystemError) -> Int {
        let number = descriptor.number
        guard offset + Int64(buffer.count) == identity.size else {
            return try SystemError.check {
                unsafe pread(number, buffer.baseAddress, buffer.count, off_t(offset))
            }
        }
        var next: UInt8 = 0
        let count = try SystemError.check {
            unsafe withUnsafeMutableBytes(of: &next) { next in
                var pieces = unsafe (
                    iovec(iov_base: buffer.baseAddress, iov_len: buffer.count),
                    iovec(iov_base: next.baseAddress, iov_len: 1)
                )
                return unsafe withUnsafePointer(to: &pieces) { pieces in
                    unsafe pieces.withMemoryRebound(to: iovec.self, capacity: 2) {
                        unsafe preadv(number, $0, 2, off_t(offset))
                    }
                }
            }
        }
        if count == buffer.count { endIsSeen.store(true, ordering: .relaxed) }
        return min(count, buffer.count)
    }

    /// Why there was nothing to read at `offset`.
    private func endsEarly(at offset: Int64, before end: Int64) throws(FileError) -> FileError {
        let size = try currentIdentity().size
        guard size < end else { return .shorterThanStated(path: path, size: size, found: offset) }
        return .truncated(path: path, before: max(identity.size, end), now: offset)
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
    package func currentIdentity() throws(FileError) -> FileIdentity {
        do throws(SystemError) {
            return place.root.clock.identity(try descriptor.status())
        } catch {
            throw .readFailed(path: path, offset: 0, code: error.code)
        }
    }

    /// Returns if nothing shows that the file changed since it was opened, and it ends where its size says.
    ///
    /// Compares size, times and inode, and that the name still stands for this file. A write through another
    /// process's mapping may show in the times only once the kernel writes the page back.
    /// - Throws: ``FileError/deleted(path:)``, ``FileError/replaced(path:)``,
    ///   ``FileError/truncated(path:before:now:)``, ``FileError/grown(path:before:now:)``,
    ///   ``FileError/modified(path:)`` or what ``checkEnd()`` throws.
    public func checkUnchanged() throws(FileError) {
        try checkEnd()
        // The same device and inode: what the name says is what the descriptor would.
        if let status = place.glance(followingLinks: true), FileNode(status) == identity.node {
            return try place.root.clock.identity(status).requireUnchanged(since: identity, path: path)
        }
        try checkName()
        try currentIdentity().requireUnchanged(since: identity, path: path)
    }

    /// Returns if there are no bytes after the file's stated size: some file systems (`/proc`, FUSE) state 0, or less
    /// than there is.
    ///
    /// - Throws: ``FileError/longerThanStated(path:size:)``, ``FileError/grown(path:before:now:)``,
    ///   ``FileError/readFailed(path:offset:code:)``.
    public func checkEnd() throws(FileError) {
        guard !endIsSeen.load(ordering: .relaxed) else { return }
        var byte: UInt8 = 0
        let (number, size) = (descriptor.number, identity.size)
        do throws(SystemError) {
            let count = try SystemError.check { unsafe pread(number, &byte, 1, off_t(size)) }
            guard count > 0 else { return }
        } catch {
            throw .readFailed(path: path, offset: size, code: error.code)
        }
        try currentIdentity().requireUnchanged(since: identity, path: path)
        throw .longerThanStated(path: path, size: size)
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
