/// What a manifest's document says beside its files, as it was read.
///
/// **Shape**: a field is nil if it was absent or could not be read; the reader has then said so.
package struct ParsedHeader: Hashable, Sendable {
    /// Where the document's mapping begins.
    package let place: Place
    /// The version of the format; `cosplan`.
    package var version: Located<Int64>?
    /// What `datasha` is in this document's parts; `datasha`.
    package var datasha: Located<ByteString>?
    /// `target.api`; absent without a problem, as every field of `target`.
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
    /// `shard`; absent without a problem.
    package var shard: ParsedShard?
    /// The keys that version 1 of the format does not have.
    package var newKeys = NewKeys()

    /// A header at `place` without any field.
    package init(at place: Place) {
        self.place = place
    }
}

/// A document's `shard` as it was read.
package struct ParsedShard: Hashable, Sendable {
    /// Where it begins.
    package let place: Place
    /// The share's number.
    package var index: Located<Int64>?
    /// How many shares there are; `of`.
    package var count: Located<Int64>?
    /// The SHA-256 of the whole list.
    package var list: Located<Checksum>?
    /// The SHA-256 of the share's entries.
    package var entries: Located<Checksum>?

    /// A shard at `place` without any field.
    package init(at place: Place) {
        self.place = place
    }
}

/// The keys of a document that came with version 2 of the format, each with where it stands first.
package struct NewKeys: Hashable, Sendable {
    /// By name.
    package private(set) var uses: [String: Use] = [:]

    /// Where a key stands first, and how often it stands.
    package struct Use: Hashable, Sendable {
        /// The first place.
        package let place: Place
        /// How often.
        package fileprivate(set) var count: Int
    }

    package init() {}

    /// Notes that key `name` stands at `place`.
    package mutating func note(_ name: String, at place: Place) {
        uses[name, default: Use(place: place, count: 0)].count += 1
    }

    /// Whether one of them is a checksum.
    package var haveChecksums: Bool { ChecksumKind.allCases.contains { uses[$0.rawValue] != nil } }
}
