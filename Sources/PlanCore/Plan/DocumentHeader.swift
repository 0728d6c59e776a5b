/// The settings of a manifest's document: everything except its files.
public struct DocumentHeader: Hashable, Sendable {
    /// The kind of `datasha` in this document's parts.
    public let datashaKind: DatashaKind
    /// The target, as far as the document specifies it.
    public let target: PartialTarget
    /// The shard of a plan that it is; nil for a complete plan.
    package let shard: Shard?
    /// Whether its files may have checksums besides `sha`.
    package let hasChecksums: Bool

    /// Creates the header of a complete plan; `hasChecksums` says whether its files may have checksums besides `sha`.
    public init(
        datashaKind: DatashaKind, target: PartialTarget = PartialTarget(), hasChecksums: Bool = false
    ) {
        self.init(datashaKind: datashaKind, target: target, shard: nil, hasChecksums: hasChecksums)
    }

    /// Creates a header.
    package init(
        datashaKind: DatashaKind, target: PartialTarget = PartialTarget(), shard: Shard?,
        hasChecksums: Bool = false
    ) {
        self.datashaKind = datashaKind
        self.target = target
        self.shard = shard
        self.hasChecksums = hasChecksums
    }

    /// The version of the format that the document needs; key `cosplan`.
    package var version: Int64 {
        let saysAPI = target.api != nil && target.api != .json
        return saysAPI || target.endpoint != nil || target.addressing != nil || shard != nil || hasChecksums
            ? 2 : 1
    }
}

/// Identifies a shard of a plan whose list of files was planned by several machines.
package struct Shard: Hashable, Sendable {
    /// The shard's number, and the number of shards.
    package let number: ShardNumber
    /// The SHA-256 of the whole list's paths and sizes; the same in every shard.
    package let list: Checksum
    /// The SHA-256 of this shard's entries.
    package let entries: Checksum

    /// Creates a shard.
    ///
    /// - Throws: ``ShardError`` unless `index` is from 1 to `count` and the digests are SHA-256.
    package init(index: Int64, count: Int64, list: Checksum, entries: Checksum) throws(ShardError) {
        let number = try ShardNumber(index: index, count: count)
        guard list.kind == .sha256, entries.kind == .sha256 else { throw .digestKind }
        self.number = number
        self.list = list
        self.entries = entries
    }

    /// The shard's number, from 1.
    package var index: Int64 { number.index }
    /// The number of shards.
    package var count: Int64 { number.count }
}

/// Why numbers and digests do not form a shard.
package enum ShardError: Error, Hashable, CustomStringConvertible {
    /// The number of shards is less than one.
    case count(found: Int64)
    /// The index is not from 1 to the number of shards.
    case index(found: Int64, count: Int64)
    /// A digest is not a SHA-256.
    case digestKind

    /// What was found, for use in a message.
    package var description: String {
        switch self {
        case .count(let found): "of \(found) is not at least 1"
        case .index(let found, let count): "index \(found) is not from 1 to \(count)"
        case .digestKind: "list and entries must be SHA-256"
        }
    }
}
