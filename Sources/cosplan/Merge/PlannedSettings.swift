import PlanCore

/// What a file was planned with, as far as its entry tells: one command gives all files the same.
struct PlannedSettings {
    private let sliceSize: SliceSize
    private let insertOnly: InsertOnly
    private let bizAttr: ByteString
    private let checksums: [ChecksumKind]
    /// Of a file of several parts.
    private let partSize: Int64?
    /// Of a file that has parts: whether they have a `sha1`.
    private let hasSHA1: Bool?

    init(_ file: PlannedFile) {
        sliceSize = file.sliceSize
        insertOnly = file.insertOnly
        bizAttr = file.bizAttr
        checksums = file.checksums.all.map(\.kind)
        partSize = file.parts.count > 1 ? file.partLayout.pieceSize : nil
        hasSHA1 = file.parts.first.map { $0.sha1 != nil }
    }

    private init(_ known: PlannedSettings, partSize: Int64?, hasSHA1: Bool?) {
        sliceSize = known.sliceSize
        insertOnly = known.insertOnly
        bizAttr = known.bizAttr
        checksums = known.checksums
        self.partSize = partSize
        self.hasSHA1 = hasSHA1
    }

    /// Whether one command can have had both.
    func agree(with other: PlannedSettings) -> Bool {
        sliceSize == other.sliceSize && insertOnly == other.insertOnly && bizAttr == other.bizAttr
            && checksums == other.checksums && Self.agree(partSize, other.partSize)
            && Self.agree(hasSHA1, other.hasSHA1)
    }

    /// These, and what the other knows more.
    func joined(with other: PlannedSettings) -> PlannedSettings {
        guard partSize == nil || hasSHA1 == nil else { return self }
        return PlannedSettings(
            self, partSize: partSize ?? other.partSize, hasSHA1: hasSHA1 ?? other.hasSHA1)
    }

    private static func agree<Value: Equatable>(_ first: Value?, _ second: Value?) -> Bool {
        first == nil || second == nil || first == second
    }
}
