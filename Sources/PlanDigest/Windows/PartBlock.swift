import PlanCore
import PlanFiles

/// Reads the bytes of a part, front to back.
protocol PartReader: AnyObject {
    /// Starts to read the first bytes in, those at `offset`, if they must come from the disk.
    ///
    /// - Returns: whether they must.
    func prepare(at offset: Int64) throws(DigestError) -> Bool

    /// The bytes at `offset` that can be read in one piece, at most `limit`; empty at the end of the range.
    func bytes(at offset: Int64, limit: Int64) throws(DigestError) -> UnsafeRawBufferPointer

    /// Ends the reading; the bytes returned become invalid.
    ///
    /// - Throws: if bytes that were read are not the file's.
    func finish() throws(DigestError)
}

/// Consecutive parts, mapped once for the lanes that hash them concurrently.
///
/// If each lane mapped its own part, it would either map less than a huge page, which is much slower in the
/// kernel, or there would be a huge page in memory per lane of which each reads only a piece.
///
/// A class, because the parts share it, all on one thread.
@safe final class PartBlock: PartReader {
    private let source: DigestSource
    private let range: ByteRange
    private let prefetcher: Prefetcher?
    private let stop: StopCondition
    private var window: SourceWindow?
    private var isRequested = false
    /// The number of parts that are not done.
    private var users: Int

    /// Creates a block for `range` of `source`, which contains `parts` parts.
    init(_ source: DigestSource, range: ByteRange, parts: Int, prefetcher: Prefetcher?, stop: StopCondition) {
        self.source = source
        self.range = range
        self.prefetcher = prefetcher
        self.stop = stop
        users = parts
    }

    deinit {
        guard case .mapped(let mapped, _) = window else { return }
        prefetcher?.release(mapped)
    }

    func prepare(at offset: Int64) throws(DigestError) -> Bool {
        guard window == nil else { return isRequested }
        let opened = try source.window(range)
        window = opened
        guard let prefetcher, case .mapped(let mapped, let file) = opened, !file.isCached(range) else {
            return false
        }
        prefetcher.request(mapped, range)
        isRequested = true
        return true
    }

    func bytes(at offset: Int64, limit: Int64) throws(DigestError) -> UnsafeRawBufferPointer {
        if stop.isSet { throw .cancelled }
        _ = try prepare(at: offset)
        guard let window else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
        let from = Int(offset - range.offset)
        let count = Int(min(limit, range.end - offset))
        return unsafe UnsafeRawBufferPointer(rebasing: window.bytes[from..<(from + count)])
    }

    /// Called once per part; unmaps the bytes after the last.
    func finish() throws(DigestError) {
        users -= 1
        guard let shared = window else { return }
        if users == 0 {
            window = nil
            if case .mapped(let mapped, _) = shared { prefetcher?.release(mapped) }
            return try shared.close()
        }
        try shared.checkComplete()
    }
}
