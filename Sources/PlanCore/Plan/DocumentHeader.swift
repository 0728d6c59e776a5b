/// What a document of a manifest says beside its files.
public struct DocumentHeader: Hashable, Sendable {
    /// What `datasha` is in this document's parts.
    public let datashaKind: DatashaKind
    /// Where its objects go, as far as it says.
    public let target: PartialTarget
    /// Which share of a plan it is; nil for a whole one.
    public let shard: Shard?
    /// Whether files of it carry checksums beside `sha`.
    public let hasChecksums: Bool

    /// A header with these fields.
    public init(
        datashaKind: DatashaKind, target: PartialTarget = PartialTarget(), shard: Shard? = nil,
        hasChecksums: Bool = false
    ) {
        self.datashaKind = datashaKind
        self.target = target
        self.shard = shard
        self.hasChecksums = hasChecksums
    }

    /// The version of the format that the document needs; `cosplan`.
    public var version: Int64 {
        let saysAPI = target.api != nil && target.api != .json
        return saysAPI || target.endpoint != nil || target.addressing != nil || shard != nil || hasChecksums
            ? 2 : 1
    }
}

/// Which share of a plan a document is, where several machines planned one list of files.
public struct Shard: Hashable, Sendable {
    /// The share's number, from 1.
    public let index: Int64
    /// How many shares there are.
    public let count: Int64
    /// The SHA-256 of the whole list's paths and sizes: the same in every share of it.
    public let list: Checksum
    /// The SHA-256 of this share's entries.
    public let entries: Checksum

    /// - Throws: ``ShardError`` unless `index` is from 1 to `count` and the digests are SHA-256.
    public init(index: Int64, count: Int64, list: Checksum, entries: Checksum) throws(ShardError) {
        guard count >= 1 else { throw .count(found: count) }
        guard 1...count ~= index else { throw .index(found: index, count: count) }
        guard list.kind == .sha256, entries.kind == .sha256 else { throw .digestKind }
        self.index = index
        self.count = count
        self.list = list
        self.entries = entries
    }
}

/// Why numbers and digests are no shard.
public enum ShardError: Error, Hashable, CustomStringConvertible {
    /// Fewer than one share.
    case count(found: Int64)
    /// Not a share from 1 to their count.
    case index(found: Int64, count: Int64)
    /// A digest that is no SHA-256.
    case digestKind

    public var description: String {
        switch self {
        case .count(let found): "of \(found) is not at least 1"
        case .index(let found, let count): "index \(found) is not from 1 to \(count)"
        case .digestKind: "list and entries must be SHA-256"
        }
    }
}
