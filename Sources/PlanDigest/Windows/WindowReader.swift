import PlanCore
import PlanFiles

/// Reads a range of a source front to back, stretch by stretch.
///
/// At most two stretches are in memory, the second one read ahead.
///
/// If stretches are whole huge pages, the range is mapped in large windows and each stretch is discarded when
/// the next one begins. Shorter stretches are mapped one by one, because each would otherwise keep a whole
/// huge page in memory. Pages enter memory as they are touched. **Source**:
/// `benchmarks/results/measured-choices.md`.
///
/// A class, because it owns its window. Not thread-safe.
@safe final class WindowReader: PartReader {
    /// Which bytes the prefetcher reads in ahead.
    enum ReadingAhead {
        /// Those that must come from the disk.
        case cold
        /// All bytes, so that a thread that hashes a file alone takes no page faults.
        case always
    }

    private let source: DigestSource
    private let end: Int64
    private let stretchBytes: Int64
    private let prefetcher: Prefetcher?
    private let readingAhead: ReadingAhead
    private let stop: StopCondition
    private var window: SourceWindow?
    /// The part of the window that may be read.
    private var stretch = ByteRange(offset: 0, length: 0)
    /// The stretch after it.
    private var next: Stretch?

    private struct Stretch {
        let range: ByteRange
        /// Whether it must come from the disk.
        let isCold: Bool
        /// Whether it was requested from the prefetcher.
        var isRequested = false
    }

    /// Creates a reader for `range` of `source`.
    init(
        _ source: DigestSource, range: ByteRange, stretchBytes: Int64, prefetcher: Prefetcher?,
        readingAhead: ReadingAhead = .cold, stop: StopCondition
    ) {
        self.source = source
        self.stretchBytes = stretchBytes
        self.prefetcher = prefetcher
        self.readingAhead = readingAhead
        self.stop = stop
        end = range.end
    }

    deinit {
        guard case .mapped(let mapped, _) = window else { return }
        prefetcher?.release(mapped)
    }

    /// Maps the first window and starts to read ahead from `offset`.
    ///
    /// - Returns: whether those bytes must come from the disk.
    func prepare(at offset: Int64) throws(DigestError) -> Bool {
        guard window == nil, offset < end else { return false }
        try open(at: offset)
        stretch = ByteRange(offset: offset, length: 0)
        readAhead()
        return next?.isCold ?? false
    }

    /// The bytes at `offset` that can be read in one piece, at most `limit`; empty at the end of the range.
    ///
    /// Offsets must increase from call to call. Bytes returned earlier become invalid once a new stretch is
    /// needed.
    func bytes(at offset: Int64, limit: Int64) throws(DigestError) -> UnsafeRawBufferPointer {
        precondition(offset <= end, "reading past the range")
        guard limit > 0, offset < end else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
        if offset >= stretch.end { try advance(to: offset) }
        guard let window else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
        let from = Int(offset - window.range.offset)
        let count = Int(min(limit, stretch.end - offset))
        return unsafe UnsafeRawBufferPointer(rebasing: window.bytes[from..<(from + count)])
    }

    /// Ends the reading; the bytes returned become invalid.
    ///
    /// - Throws: if bytes that were read are not the file's.
    func finish() throws(DigestError) {
        guard let last = window else { return }
        window = nil
        stretch = ByteRange(offset: end, length: 0)
        if case .mapped(let mapped, _) = last { prefetcher?.release(mapped) }
        try last.close()
    }

    private func advance(to offset: Int64) throws(DigestError) {
        if stop.isSet { throw .cancelled }
        if let window, offset < window.range.end {
            if case .mapped(let mapped, _) = window { mapped.discard(stretch) }
        } else {
            try finish()
            try open(at: offset)
        }
        let current = next ?? examine(offset)
        if current.isCold, !current.isRequested, case .mapped(let mapped, _) = window {
            mapped.populate(current.range)
        }
        stretch = current.range
        readAhead()
    }

    /// Maps the next window, from `offset` on.
    private func open(at offset: Int64) throws(DigestError) {
        let length = stretchBytes < WindowBudget.hugePage ? stretchBytes : Int64(WindowBudget.window)
        let boundary = (offset / length + 1) * length
        window = try source.window(
            ByteRange(offset: offset, length: min(boundary, end) - offset), copyLimit: stretchBytes)
        next = nil
    }

    /// The stretch at `offset`.
    ///
    /// Stretches end at multiples of their length, so that neighbours share no pages.
    private func examine(_ offset: Int64) -> Stretch {
        let whole = range(at: offset, stretchBytes)
        guard case .mapped(_, let file) = window, prefetcher != nil, !file.isCached(whole) else {
            return Stretch(range: whole, isCold: false)
        }
        return Stretch(range: range(at: offset, stretchBytes / 2), isCold: true)
    }

    private func range(at offset: Int64, _ length: Int64) -> ByteRange {
        let boundary = min((offset / length + 1) * length, window?.range.end ?? end)
        return ByteRange(offset: offset, length: boundary - offset)
    }

    /// Examines the stretch after the current one, and requests it from the prefetcher if that is useful.
    private func readAhead() {
        next = nil
        guard case .mapped(let mapped, _) = window, stretch.end < mapped.range.end else { return }
        var coming = examine(stretch.end)
        if let prefetcher, coming.isCold || readingAhead == .always {
            prefetcher.request(mapped, coming.range)
            coming.isRequested = true
        }
        next = coming
    }
}
