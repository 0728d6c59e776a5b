/// A file cut into pieces of one length, the last one shorter where it must be.
///
/// Serves parts (digests) and slices (transfer) alike. **Unit**: bytes. **Shape**: in file order, from
/// offset 0, without gaps; no pieces for an empty file.
public struct Layout: Hashable, Sendable {
    /// The file's length.
    public let fileSize: Int64
    /// The length of every piece but the last.
    public let pieceSize: Int64

    /// - Precondition: `fileSize` is not negative and `pieceSize` is positive.
    public init(fileSize: Int64, pieceSize: Int64) {
        precondition(fileSize >= 0 && pieceSize > 0, "a layout needs a file size ≥ 0 and a piece size > 0")
        self.fileSize = fileSize
        self.pieceSize = pieceSize
    }

    /// The parts of a multipart upload: the fewest whole slices that reach `size` bytes and keep within the
    /// limits' count.
    ///
    /// **Shape**: of a file of one part, that part; nil where no parts within `limits` hold the file.
    package init?(
        multipart fileSize: Int64, sliceSize: SliceSize, reaching size: Int64 = MultipartLimits.usualPart,
        limits: MultipartLimits
    ) {
        guard fileSize >= 0, size > 0, fileSize <= limits.largestObject else { return nil }
        func slices(reaching bytes: Int64) -> Int64 { (bytes - 1) / sliceSize.bytes + 1 }
        let evenShare = max(1, (fileSize - 1) / limits.partCount + 1)
        let wanted = slices(reaching: max(size, limits.smallestPart, evenShare))
        let pieceSize = wanted * sliceSize.bytes
        guard pieceSize <= limits.largestPart else { return nil }
        self.init(fileSize: fileSize, pieceSize: pieceSize)
    }

    /// How many pieces there are; 0 for an empty file.
    public var count: Int {
        fileSize == 0 ? 0 : Int((fileSize - 1) / pieceSize + 1)
    }

    /// The bytes of piece `index`.
    ///
    /// - Precondition: `index` is from 0 to `count - 1`.
    public func range(of index: Int) -> ByteRange {
        precondition(index >= 0 && index < count, "no piece \(index) in a layout of \(count)")
        let offset = Int64(index) * pieceSize
        return ByteRange(offset: offset, length: min(pieceSize, fileSize - offset))
    }

    /// The pieces that hold at least one byte of `range`; none for an empty range.
    public func pieces(overlapping range: ByteRange) -> Range<Int> {
        guard range.length > 0 else { return 0..<0 }
        let first = Int(range.offset / pieceSize)
        return first..<min(count, Int((range.end - 1) / pieceSize) + 1)
    }
}

/// A run of bytes of one file. **Unit**: bytes from the start of the file.
public struct ByteRange: Hashable, Sendable {
    /// Where it begins.
    public let offset: Int64
    /// How long it is; not negative.
    public let length: Int64

    /// The `length` bytes from `offset`.
    public init(offset: Int64, length: Int64) {
        self.offset = offset
        self.length = length
    }

    /// The first byte after it.
    public var end: Int64 { offset + length }
}

extension ByteRange: CustomStringConvertible {
    public var description: String { "offset \(offset), length \(length)" }
}

extension Int64 {
    /// The sum, or the largest number where it would be more: for totals that are only shown.
    package func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
