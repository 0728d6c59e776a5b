import CFiles
import Glibc
import PlanCore
import Synchronization

/// A regular file, open for reading.
///
/// A class, because the descriptor has identity.
///
/// Call ``checkUnchanged()`` after reading: bytes read while a file changes belong to no single version of
/// it.
public final class OpenFile: Sendable {
    /// The identity of the file when it was opened.
    package let identity: FileIdentity
    let place: FilePlace
    let descriptor: Descriptor
    /// Whether a read has confirmed that the file ends at its reported size.
    private let endIsSeen = Atomic(false)

    /// The path as written in the manifest.
    public var path: ByteString { place.path }

    init(place: FilePlace) throws(FileError) {
        let status: stat
        do throws(SystemError) {
            // O_NONBLOCK: does not block if a pipe has taken the name since it was checked.
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

    /// Fills `buffer` with the bytes of `range`, which has the buffer's length.
    ///
    /// - Throws: ``FileError/truncated(path:before:now:)`` if the file ends before the range does,
    ///   ``FileError/shorterThanStated(path:size:found:)`` if it does although its reported size says
    ///   otherwise, ``FileError/readFailed(path:offset:code:)``.
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

    /// Reads into `buffer` and returns the number of bytes.
    ///
    /// A read up to the end of the file also checks, in the same system call, that no byte follows.
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

    /// The error for a read at `offset` that returned no bytes.
    private func endsEarly(at offset: Int64, before end: Int64) throws(FileError) -> FileError {
        let size = try currentIdentity().size
        guard size < end else { return .shorterThanStated(path: path, size: size, found: offset) }
        return .truncated(path: path, before: max(identity.size, end), now: size)
    }

    /// The bytes of `range`; see `read(_:into:)`.
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

    /// Whether the first and last byte of `range` are in the page cache; the bytes between them most likely
    /// are as well.
    package func isCached(_ range: ByteRange) -> Bool {
        range.length == 0
            || cosplan_file_is_cached(descriptor.number, range.offset)
                && cosplan_file_is_cached(descriptor.number, range.end - 1)
    }

    /// The current identity of the open file, whatever its name refers to now.
    package func currentIdentity() throws(FileError) -> FileIdentity {
        do throws(SystemError) {
            return place.root.clock.identity(try descriptor.status())
        } catch {
            throw .readFailed(path: path, offset: 0, code: error.code)
        }
    }

    /// Checks that the file has not changed since it was opened, and that it ends at its reported size.
    ///
    /// Compares size, times and inode, and checks that the name still refers to this file. A write through
    /// another process's mapping may change the times only when the kernel writes the page back.
    ///
    /// - Throws: ``FileError/deleted(path:)``, ``FileError/replaced(path:)``,
    ///   ``FileError/truncated(path:before:now:)``, ``FileError/grown(path:before:now:)``,
    ///   ``FileError/modified(path:)`` or what `checkEnd()` throws.
    public func checkUnchanged() throws(FileError) {
        try checkEnd()
        // Same device and inode: this status is the descriptor's too, which saves an fstat.
        if let status = place.glance(followingLinks: true), FileNode(status) == identity.node {
            return try place.root.clock.identity(status).requireUnchanged(since: identity, path: path)
        }
        try checkName()
        try currentIdentity().requireUnchanged(since: identity, path: path)
    }

    /// Checks that no byte follows the file's reported size: some file systems (`/proc`, FUSE) report 0 or
    /// too little.
    ///
    /// - Throws: ``FileError/longerThanStated(path:size:)``, ``FileError/grown(path:before:now:)``,
    ///   ``FileError/readFailed(path:offset:code:)``.
    package func checkEnd() throws(FileError) {
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
