import Synchronization

/// Memory for slices on their way, used again and again. A class, because it is shared.
///
/// It does not limit how many are out at once (``Permits`` do that); it keeps as many as ever were.
package final class BodyMemory: Sendable {
    @safe private struct Piece: @unchecked Sendable {
        // Safety: a piece in the list belongs to the list alone.
        let bytes: UnsafeMutableRawBufferPointer
    }

    private static let pageSize = 4096

    private let free = Mutex<[Piece]>([])

    package init() {}

    deinit {
        let pieces = free.withLock { $0 }
        for piece in pieces {
            unsafe piece.bytes.deallocate()
        }
    }

    static func allocate(byteCount: Int) -> UnsafeMutableRawBufferPointer {
        .allocate(byteCount: byteCount, alignment: pageSize)
    }

    /// At least `byteCount` bytes.
    func take(byteCount: Int) -> UnsafeMutableRawBufferPointer {
        let kept = free.withLock { $0.popLast() }
        if let kept {
            if unsafe kept.bytes.count >= byteCount { return unsafe kept.bytes }
            unsafe kept.bytes.deallocate()
        }
        return unsafe Self.allocate(byteCount: byteCount)
    }

    func giveBack(_ bytes: UnsafeMutableRawBufferPointer) {
        let piece = unsafe Piece(bytes: bytes)
        free.withLock { $0.append(piece) }
    }
}
