import Glibc
import Synchronization

/// Memory for slices on their way, used again and again. A class, because it is shared.
///
/// It does not limit how many are out at once (``AsyncSemaphore`` do that). Bodies are out for a moment, until Foundation has
/// copied them, so a few are kept. They come from the system in one piece each: among the copies, which are as
/// long and come and go on many threads, the allocator would keep half as much memory again as is in use.
package final class BufferPool: Sendable {
    @safe private struct Piece: @unchecked Sendable {
        // Safety: a piece in the list belongs to the list alone.
        let bytes: UnsafeMutableRawBufferPointer
    }

    /// How many are kept while nobody uses them.
    private static let maximumFree = SliceReader.maximumAtOnce

    private let free = Mutex<[Piece]>([])

    package init() {}

    deinit {
        let pieces = free.withLock { $0 }
        for piece in pieces { unsafe Self.release(piece.bytes) }
    }

    /// Memory of `byteCount` bytes or more, to be given to ``release(_:)``.
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

    /// At least `byteCount` bytes.
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
