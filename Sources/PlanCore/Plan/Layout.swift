/// Divides a file into pieces of one length; only the last may be shorter.
///
/// Used for parts (digests) and for slices (transfer). **Unit**: bytes. **Shape**: in file order, from offset
/// 0, without gaps; no pieces for an empty file.
package struct Layout: Hashable, Sendable {
    /// The size of the file.
    package let fileSize: Int64
    /// The length of every piece except the last.
    package let pieceSize: Int64

    /// Creates a layout.
    ///
    /// - Precondition: `fileSize` is not negative and `pieceSize` is positive.
    package init(fileSize: Int64, pieceSize: Int64) {
        precondition(fileSize >= 0 && pieceSize > 0, "a layout needs a file size ≥ 0 and a piece size > 0")
        self.fileSize = fileSize
        self.pieceSize = pieceSize
    }

    /// The parts of a multipart upload: the smallest multiple of the slice size that is at least `size` bytes
    /// and does not exceed the maximum number of parts.
    ///
    /// **Shape**: a single part for a small file; nil if no parts within `limits` can hold the file.
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

    /// The number of pieces; 0 for an empty file.
    package var count: Int {
        fileSize == 0 ? 0 : Int((fileSize - 1) / pieceSize + 1)
    }

    /// The range of piece `index`.
    ///
    /// - Precondition: `index` is from 0 to `count - 1`.
    package func range(of index: Int) -> ByteRange {
        precondition(index >= 0 && index < count, "no piece \(index) in a layout of \(count)")
        let offset = Int64(index) * pieceSize
        return ByteRange(offset: offset, length: min(pieceSize, fileSize - offset))
    }

    /// The pieces that contain at least one byte of `range`; none for an empty range.
    package func pieces(overlapping range: ByteRange) -> Range<Int> {
        guard range.length > 0 else { return 0..<0 }
        let first = Int(range.offset / pieceSize)
        return first..<min(count, Int((range.end - 1) / pieceSize) + 1)
    }
}

/// A range of bytes in a file.
///
/// **Unit**: bytes from the start of the file.
public struct ByteRange: Hashable, Sendable {
    /// The offset of its first byte.
    public let offset: Int64
    /// Its length; not negative.
    public let length: Int64

    /// Creates the range of `length` bytes from `offset`.
    public init(offset: Int64, length: Int64) {
        self.offset = offset
        self.length = length
    }

    /// The offset after its last byte.
    package var end: Int64 { offset + length }
}

extension ByteRange: CustomStringConvertible {
    /// For example `offset 0, length 1048576`.
    public var description: String { "offset \(offset), length \(length)" }
}

extension Int64 {
    /// The sum, or the maximum value on overflow; for totals that are only displayed.
    package func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}
