import PlanCore

/// The parts of planned files that one of several machines checks: a run of all parts of all files, split inside files
/// too.
///
/// Files come in their order. Each weighs its bytes and ``ShardSplit/fileWeight``, which counts with its first part. A
/// part belongs to the shard in which it begins.
package struct ShardCut: Sendable {
    /// What one file has of a shard.
    package struct Piece: Hashable, Sendable {
        /// The file's parts that belong to the shard.
        ///
        /// **Shape**: an empty file counts as one part; empty, at the place of the boundary, if none belongs to it.
        package let parts: Range<Int>
        /// The number of parts that the file counts as.
        package let count: Int

        /// Whether anything of the file belongs to the shard.
        package var isIncluded: Bool { !parts.isEmpty }
        /// Whether all of it does.
        package var isWhole: Bool { parts.count == count }
    }

    /// The first position of the shard, and that of the next one; nil for the last.
    private let start: Int64
    private let end: Int64?
    /// Where the next file begins.
    private var position: Int64 = 0

    /// The cut of `shard` among files that weigh `total` together.
    package init(_ shard: ShardNumber, total: Int64) {
        func boundary(_ index: Int64) -> Int64 {
            let (high, low) = total.multipliedFullWidth(by: index)
            let (quotient, remainder) = shard.count.dividingFullWidth((high, low))
            return quotient + (remainder > 0 ? 1 : 0)
        }
        start = boundary(shard.index - 1)
        end = shard.index == shard.count ? nil : boundary(shard.index)
    }

    /// What a file adds to the total.
    ///
    /// **Unit**: bytes.
    package static func weight(_ file: PlannedFile) -> Int64 {
        file.fileSize.addingClamped(ShardSplit.fileWeight)
    }

    /// What the shard has of the next file.
    package mutating func next(_ file: PlannedFile) -> Piece {
        let count = max(1, file.parts.count)
        let first = firstPart(of: file, count, from: start)
        let last = end.map { firstPart(of: file, count, from: $0) } ?? count
        position = position.addingClamped(Self.weight(file))
        return Piece(parts: first..<max(first, last), count: count)
    }

    /// The first part of the next file that begins at `boundary` or after it; `count` if none does.
    private func firstPart(of file: PlannedFile, _ count: Int, from boundary: Int64) -> Int {
        if position >= boundary { return 0 }
        let offset = max(0, boundary - position - ShardSplit.fileWeight)
        let piece = file.partLayout.pieceSize
        let part = offset / piece + (offset % piece > 0 ? 1 : 0)
        return Int(min(max(1, part), Int64(count)))
    }
}
