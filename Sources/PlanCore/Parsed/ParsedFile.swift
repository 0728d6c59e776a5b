/// One parsed entry of `files`: each field has the right type, but no rule was applied yet.
///
/// **Shape**: a field is nil if it was absent or unreadable; the reader has then reported it. ``FileRules``
/// turns the entry into problems and a ``PlannedFile``.
package struct ParsedFile: Hashable, Sendable {
    /// The place of the entry.
    package let place: Place
    /// `path`: the local file.
    package var path: Located<ByteString>?
    /// `key`: the object's path in the bucket.
    package var key: Located<ByteString>?
    /// Wire `filesize`: the length of the file in bytes.
    package var fileSize: Located<Int64>?
    /// Wire `sha`: the SHA-1 of the whole file.
    package var sha: Located<Digest>?
    /// The checksums besides `sha`, at most one of a kind, in the order of the text; optional.
    package var checksums: [Located<Checksum>] = []
    /// Wire `slice_size`: the bytes a request carries.
    package var sliceSize: Located<Int64>?
    /// Wire `insertOnly`; optional.
    package var insertOnly: Located<Int64>?
    /// Wire `biz_attr`; optional.
    package var bizAttr: Located<ByteString>?
    /// Wire `uploadparts`, in the order of the text.
    package var parts: Located<[ParsedPart]>?
    /// Whether `parts` holds every entry of the list; false if there were more than the limit.
    package var hasAllParts = true

    /// Creates an entry at `place` without fields.
    package init(at place: Place) {
        self.place = place
    }
}

/// One parsed entry of `uploadparts`: each field has the right type, but no rule was applied yet.
///
/// **Shape**: a field is nil if it was absent or unreadable; the reader has then reported it.
package struct ParsedPart: Hashable, Sendable {
    /// The place of the entry.
    package let place: Place
    /// Wire `offset`: bytes from the start of the file.
    package var offset: Located<Int64>?
    /// Wire `datalen`: the length of the part in bytes.
    package var dataLength: Located<Int64>?
    /// Wire `datasha`.
    package var datasha: Located<Digest>?
    /// The plain SHA-1 of the part's bytes; optional.
    package var sha1: Located<Digest>?

    /// Creates an entry at `place` with these fields.
    package init(
        at place: Place, offset: Located<Int64>? = nil, dataLength: Located<Int64>? = nil,
        datasha: Located<Digest>? = nil, sha1: Located<Digest>? = nil
    ) {
        self.place = place
        self.offset = offset
        self.dataLength = dataLength
        self.datasha = datasha
        self.sha1 = sha1
    }
}

/// The limits of a manifest; exceeding one breaks ``Rule/limits``.
package enum ManifestLimits {
    /// The nesting depth of mappings and lists.
    package static let depth = 8
    /// The length of one scalar.
    ///
    /// **Unit**: bytes.
    package static let scalarBytes = 65_536
    /// The length of a `path` or `key`.
    ///
    /// **Unit**: bytes.
    package static let nameBytes = 4_096
    /// The number of entries in one file's `uploadparts`.
    package static let partsPerFile = 1 << 20
    /// The number of files in one manifest, over all documents.
    package static let files = 1_000_000
    /// The number of documents in one manifest.
    package static let documents = 1_000_000
    /// The number of problems kept in memory; further ones are only counted.
    package static let problemsKept = 100_000
}
