import PlanCore

/// The readers of consecutive parts, one part after another.
///
/// Parts share a mapping where that is faster.
struct PartSupply {
    private let source: DigestSource
    private let layout: Layout
    private let parts: Range<Int>
    private let stretchBytes: Int64
    private let partsInBlock: Int?
    private let prefetcher: Prefetcher?
    private let stop: StopCondition
    private var nextPart: Int
    private var block: (reader: PartBlock, end: Int)?

    /// Creates the readers of `parts` for a thread with `lanes` lanes.
    init(
        _ source: DigestSource, layout: Layout, parts: Range<Int>, budget: WindowBudget, lanes: Int,
        prefetcher: Prefetcher?, stop: StopCondition
    ) {
        self.source = source
        self.layout = layout
        self.parts = parts
        self.prefetcher = prefetcher
        self.stop = stop
        stretchBytes = budget.stretchBytes(lanes: lanes)
        partsInBlock = budget.partsInBlock(layout.pieceSize, lanes: lanes)
        nextPart = parts.lowerBound
    }

    /// The next part and its reader; nil after the last.
    mutating func next() -> (part: Int, reader: any PartReader)? {
        guard nextPart < parts.upperBound else { return nil }
        defer { nextPart += 1 }
        if case .file = source, layout.fileSize <= WindowBudget.smallFile {
            return (nextPart, SmallPart(source, range: layout.range(of: nextPart)))
        }
        guard let count = partsInBlock else {
            let range = layout.range(of: nextPart)
            return (
                nextPart,
                WindowReader(
                    source, range: range, stretchBytes: stretchBytes, prefetcher: prefetcher, stop: stop)
            )
        }
        if let block, nextPart < block.end { return (nextPart, block.reader) }
        // Blocks are aligned to their size, for huge pages. Blocks of cold bytes are shorter, because `parts`
        // is.
        let end = min(parts.upperBound, (nextPart / count + 1) * count)
        let start = layout.range(of: nextPart).offset
        let range = ByteRange(offset: start, length: layout.range(of: end - 1).end - start)
        let reader = PartBlock(
            source, range: range, parts: end - nextPart, prefetcher: prefetcher, stop: stop)
        block = (reader, end)
        return (nextPart, reader)
    }
}

/// The bytes of a small file, read into memory, which is cheaper than a mapping.
///
/// A class, because it owns the memory.
@safe private final class SmallPart: PartReader {
    private let source: DigestSource
    private let range: ByteRange
    private var buffer: UnsafeMutableRawBufferPointer?

    init(_ source: DigestSource, range: ByteRange) {
        self.source = source
        self.range = range
    }

    deinit { unsafe buffer?.deallocate() }

    func prepare(at offset: Int64) -> Bool { false }

    func bytes(at offset: Int64, limit: Int64) throws(DigestError) -> UnsafeRawBufferPointer {
        if unsafe buffer == nil {
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(range.length), alignment: 64)
            unsafe buffer = memory
            unsafe try source.read(range, into: memory)
        }
        guard let buffer = unsafe buffer else { return unsafe UnsafeRawBufferPointer(start: nil, count: 0) }
        let from = Int(offset - range.offset)
        return unsafe UnsafeRawBufferPointer(rebasing: buffer[from..<min(from + Int(limit), buffer.count)])
    }

    func finish() {}
}
