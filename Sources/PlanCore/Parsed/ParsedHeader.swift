/// The parsed header of a document: everything except its files.
///
/// **Shape**: a field is nil if it was absent or unreadable; the reader has then reported it.
package struct ParsedHeader: Hashable, Sendable {
    /// The place of the document's mapping.
    package let place: Place
    /// `cosplan`: the version of the format.
    package var version: Located<Int64>?
    /// `datasha`: the kind of `datasha` in this document's parts.
    package var datasha: Located<ByteString>?
    /// `target.api`; optional, like every field of `target`.
    package var api: Located<ByteString>?
    /// `target.endpoint`.
    package var endpoint: Located<ByteString>?
    /// `target.addressing`.
    package var addressing: Located<ByteString>?
    /// `target.region`.
    package var region: Located<ByteString>?
    /// `target.appid`.
    package var appID: Located<Int64>?
    /// `target.bucket`.
    package var bucket: Located<ByteString>?
    /// `shard`; optional.
    package var shard: ParsedShard?
    /// The keys that exist only in version 2 of the format.
    package var newKeys = NewKeys()

    /// Creates a header at `place` without fields.
    package init(at place: Place) {
        self.place = place
    }
}

/// The parsed `shard` of a document.
package struct ParsedShard: Hashable, Sendable {
    /// The place of the mapping.
    package let place: Place
    /// The shard's number.
    package var index: Located<Int64>?
    /// `of`: the number of shards.
    package var count: Located<Int64>?
    /// The SHA-256 of the whole list.
    package var list: Located<Checksum>?
    /// The SHA-256 of the shard's entries.
    package var entries: Located<Checksum>?

    /// Creates a shard at `place` without fields.
    package init(at place: Place) {
        self.place = place
    }
}

/// The keys of a document that exist only in version 2 of the format, with the first place of each.
package struct NewKeys: Hashable, Sendable {
    /// By name.
    package private(set) var uses: [String: Use] = [:]

    /// The first place of a key, and the number of its occurrences.
    package struct Use: Hashable, Sendable {
        /// The first place.
        package let place: Place
        /// The number of occurrences.
        package fileprivate(set) var count: Int
    }

    package init() {}

    /// Records that key `name` occurs at `place`.
    package mutating func note(_ name: String, at place: Place) {
        uses[name, default: Use(place: place, count: 0)].count += 1
    }

    /// Whether one of them is a checksum.
    package var haveChecksums: Bool { ChecksumKind.allCases.contains { uses[$0.rawValue] != nil } }
}
