import PlanCore

extension Layout {
    /// Whether `range` holds some but not all bytes of a piece.
    func partlyCovered(by range: ByteRange) -> Bool {
        guard range.length > 0 else { return false }
        return range.offset % pieceSize != 0 || (range.end % pieceSize != 0 && range.end != fileSize)
    }
}
