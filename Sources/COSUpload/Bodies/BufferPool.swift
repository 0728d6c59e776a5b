import Glibc
import Synchronization

/// Reuses memory for request bodies.
///
/// A class, because it is shared.
///
/// It does not limit how many buffers are in use (``AsyncSemaphore`` does). Each buffer is in use only until
/// Foundation has copied it, so a few are kept for reuse. Buffers come from mmap: from malloc they would
/// fragment the heap, because Foundation's copies are as long and are allocated and freed on many threads.
package final class BufferPool: Sendable {
    @safe private struct Piece: @unchecked Sendable {
        // Safety: a piece in the list is owned by the list alone.
        let bytes: UnsafeMutableRawBufferPointer
    }

    /// The maximum number of unused buffers kept.
    private static let maximumFree = SliceReader.maximumAtOnce

    private let free = Mutex<[Piece]>([])

    package init() {}

    deinit {
        let pieces = free.withLock { $0 }
        for piece in pieces { unsafe Self.release(piece.bytes) }
    }

    /// Allocates at least `byteCount` bytes, to be freed with ``release(_:)``.
    static func allocate(byteCount: Int) -> UnsafeMutableRawBufferPointer {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        let length = max(1, byteCount)
        let start = unsafe mmap(nil, length, PROT_READ | PROT_WRITE, flags, -1, 0)
        guard let start = unsafe start, unsafe start != MAP_FAILED else {
            fatalError("no memory for a request of \(byteCount) bytes")
        }
        return unsafe UnsafeMutableRawBufferPointer(start: start, count: length)
    }

    static func release(_ bytes: UnsafeMutableRawBufferPointer) {
        unsafe munmap(bytes.baseAddress, bytes.count)
    }

    /// A buffer of at least `byteCount` bytes.
    func take(byteCount: Int) -> UnsafeMutableRawBufferPointer {
        let kept = free.withLock { $0.popLast() }
        if let kept {
            if unsafe kept.bytes.count >= byteCount { return unsafe kept.bytes }
            unsafe Self.release(kept.bytes)
        }
        return unsafe Self.allocate(byteCount: byteCount)
    }

    func giveBack(_ bytes: UnsafeMutableRawBufferPointer) {
        let piece = unsafe Piece(bytes: bytes)
        let isKept = free.withLock { free in
            guard free.count < Self.maximumFree else { return false }
            free.append(piece)
            return true
        }
        if !isKept { unsafe Self.release(bytes) }
    }
}
