import Glibc
import Synchronization

/// Reuses memory for request bodies.
///
/// A class, because it is shared.
///
/// It does not limit how many buffers are in use (``AsyncSemaphore`` does). A few are kept for reuse. Large
/// buffers come from mmap: from malloc they would fragment the heap, because they are allocated and freed on
/// many threads.
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

    /// Buffers up to this size come from malloc, as mapping and unmapping costs more than filling them.
    ///
    /// **Unit**: bytes.
    private static let smallByteCount = 256 << 10

    /// Allocates at least `byteCount` bytes, to be freed with ``release(_:)``.
    static func allocate(byteCount: Int) -> UnsafeMutableRawBufferPointer {
        if byteCount <= smallByteCount {
            return .allocate(byteCount: byteCount, alignment: MemoryLayout<Int>.alignment)
        }
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        let start = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, -1, 0)
        guard let start = unsafe start, unsafe start != MAP_FAILED else {
            fatalError("no memory for a request of \(byteCount) bytes")
        }
        return unsafe UnsafeMutableRawBufferPointer(start: start, count: byteCount)
    }

    static func release(_ bytes: UnsafeMutableRawBufferPointer) {
        if bytes.count <= smallByteCount {
            unsafe bytes.deallocate()
        } else {
            unsafe munmap(bytes.baseAddress, bytes.count)
        }
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
