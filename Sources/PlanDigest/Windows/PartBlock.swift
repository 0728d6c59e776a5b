import PlanCore
import PlanFiles

/// Where the bytes of a part come from, front to back.
protocol PartReader: AnyObject {
    /// Begins to bring in the first bytes already, those at `offset`, if they must come from the disk.
    ///
    /// - Returns: whether they must.
    func prepare(at offset: Int64) throws(DigestError) -> Bool

    /// The bytes at `offset` as far as they may be read in one piece; at most `limit`, none at the range's end.
    func bytes(at offset: Int64, limit: Int64) throws(DigestError) -> UnsafeRawBufferPointer

    /// Ends the reading; the bytes given out are gone.
    ///
    /// - Throws: when bytes that were read are not the file's.
    func finish() throws(DigestError)
}

/// Consecutive parts' bytes, mapped once for the lanes that hash those parts side by side.
///
/// Lanes that mapped their parts one by one would either map less than a huge page, at five times the kernel's cost, or
/// have as many huge pages in memory as there are lanes, of which each reads only a piece.
///
/// A class, because the parts share it; all on one thread.
@safe final class PartBlock: PartReader {
    private let source: DigestSource
    private let range: ByteRange
    private let prefetcher: Prefetcher?
    private let stop: StopCondition
    private var window: SourceWindow?
    private var isRequested = false
    /// How many parts are not over yet.
    private var users: Int

    /// The bytes of `range` of `source`, in which `parts` parts lie.
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

    /// Called once for every part; unmaps the bytes after the last.
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
