import PlanCore
import PlanFiles

/// Reads a range of a source front to back through windows, one mapped ahead, none left behind.
///
/// A class, because it owns its windows. Not for two threads at once.
@safe final class WindowReader {
    private let source: DigestSource
    private let end: Int64
    private let prefetcher: Prefetcher?
    private let stop: StopSignal
    /// How large windows are from here on. **Unit**: bytes, a multiple of 64.
    var windowBytes: Int64
    private var current: SourceWindow?
    private var ahead: SourceWindow?
    /// Whether the prefetcher has `ahead`.
    private var isWithPrefetcher = false

    /// Reads `range` of `source`.
    init(
        _ source: DigestSource, range: ByteRange, windowBytes: Int64, prefetcher: Prefetcher?,
        stop: StopSignal
    ) {
        self.source = source
        self.windowBytes = windowBytes
        self.prefetcher = prefetcher
        self.stop = stop
        end = range.end
    }

    deinit { abandon() }

    /// Maps the first window already, at `offset`.
    func prepare(at offset: Int64) throws(DigestError) {
        guard ahead == nil, current == nil else { return }
        ahead = try mapAhead(at: offset)
    }

    /// The bytes at `offset` as far as they are mapped in one piece; at most `limit`, none at the range's end.
    ///
    /// Offsets only grow from call to call. The bytes of earlier calls are gone once a new window is needed.
    func bytes(at offset: Int64, limit: Int64) throws(DigestError) -> UnsafeRawBufferPointer {
        precondition(offset <= end, "reading past the range")
        guard limit > 0, offset < end else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
        if current.map({ offset >= $0.range.end }) ?? true { try advance(to: offset) }
        guard let current else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
        let from = Int(offset - current.range.offset)
        let count = Int(min(limit, current.range.end - offset))
        return unsafe UnsafeRawBufferPointer(rebasing: current.bytes[from..<(from + count)])
    }

    /// Ends the reading; the bytes given out are gone.
    ///
    /// - Throws: when bytes that were read are not the file's.
    func finish() throws(DigestError) {
        let last = current
        current = nil
        abandon()
        try last?.close()
    }

    private func advance(to offset: Int64) throws(DigestError) {
        if stop.isSet { throw .cancelled }
        let last = current
        current = nil
        try last?.close()
        if let next = ahead, next.range.offset <= offset, offset < next.range.end {
            ahead = nil
            populate(next)
            current = next
        } else {
            abandon()
            let next = try source.window(nextRange(at: offset))
            populate(next)
            current = next
        }
        if let range = current?.range, range.end < end { ahead = try mapAhead(at: range.end) }
    }

    /// The window at `offset`: half as large if it must come from the disk, since then another is mapped ahead.
    private func nextRange(at offset: Int64) -> ByteRange {
        let whole = range(at: offset, windowBytes)
        guard case .file(let file) = source, prefetcher != nil, !file.isCached(whole) else { return whole }
        return range(at: offset, windowBytes / 2)
    }

    /// Windows end at multiples of their size, so that neighbours do not share pages.
    private func range(at offset: Int64, _ size: Int64) -> ByteRange {
        let boundary = (offset / size + 1) * size
        return ByteRange(offset: offset, length: min(boundary, end) - offset)
    }

    /// The next window, mapped and handed to the prefetcher, if its bytes must come from the disk.
    private func mapAhead(at offset: Int64) throws(DigestError) -> SourceWindow? {
        let range = nextRange(at: offset)
        guard case .file(let file) = source, let prefetcher, !file.isCached(range) else { return nil }
        let window = try source.window(range)
        if case .mapped(let mapped, _) = window {
            prefetcher.request(mapped)
            isWithPrefetcher = true
        }
        return window
    }

    /// Enters the window's pages all at once, which costs a third less than page faults (Zen 3, hot, 1 MiB windows:
    /// 1.9 GB a CPU second with faults, 2.4 without), unless the prefetcher has done it.
    private func populate(_ window: SourceWindow) {
        guard case .mapped(let mapped, _) = window else { return }
        if isWithPrefetcher, prefetcher?.release(mapped) == true {
            isWithPrefetcher = false
            return
        }
        isWithPrefetcher = false
        mapped.populate()
    }

    /// Unmaps what was mapped and not read.
    private func abandon() {
        guard let window = ahead else { return }
        ahead = nil
        guard case .mapped(let mapped, _) = window else { return }
        if isWithPrefetcher { prefetcher?.release(mapped) }
        isWithPrefetcher = false
        mapped.close()
    }
}
