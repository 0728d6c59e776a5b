import NIOCore
import PlanCore

/// The SHA-1 of a whole file that is not stored and that its parts do not prove.
///
/// Slices that arrive out of order are held.
struct WholeChain {
    private var stream = SHA1Stream()
    private(set) var next = 0
    private var waiting: [Int: [ByteBuffer]] = [:]

    /// Takes a slice; returns by how many bytes ``waitingBytes`` changed.
    mutating func take(_ slice: Int, _ bytes: [ByteBuffer]) -> Int {
        guard slice == next else {
            waiting[slice] = bytes
            return bytes.byteCount
        }
        var change = 0
        update(bytes)
        while let earlier = waiting.removeValue(forKey: next) {
            update(earlier)
            change -= earlier.byteCount
        }
        return change
    }

    private mutating func update(_ bytes: [ByteBuffer]) {
        for buffer in bytes {
            unsafe buffer.withUnsafeReadableBytes { unsafe stream.update($0) }
        }
        next += 1
    }

    /// The digest of all slices in sequence so far.
    var digest: Digest { stream.digest }

    /// The number of bytes held.
    var waitingBytes: Int { waiting.values.reduce(0) { $0 + $1.byteCount } }
}

extension [ByteBuffer] {
    /// The total number of bytes.
    var byteCount: Int { reduce(0) { $0 + $1.readableBytes } }
}
