import NIOCore
import PlanCore

/// The SHA-1 of a whole file of which nothing is kept, where the parts do not prove it: slices that come too
/// early wait.
struct WholeChain {
    private var stream = SHA1Stream()
    private(set) var next = 0
    private var waiting: [Int: [ByteBuffer]] = [:]

    /// Takes a slice; says how many bytes more (or fewer) wait now.
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

    /// The digest of everything so far.
    var digest: Digest { stream.digest }

    /// How many bytes wait.
    var waitingBytes: Int { waiting.values.reduce(0) { $0 + $1.byteCount } }
}

extension [ByteBuffer] {
    /// How many bytes they hold together.
    var byteCount: Int { reduce(0) { $0 + $1.readableBytes } }
}
