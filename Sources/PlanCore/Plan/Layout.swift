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
