/// One entry of `files` as it was read: each field has the right type, no rule was applied yet.
///
/// **Shape**: a field is nil if it was absent or could not be read; the reader has then said so.
/// ``FileRules`` turns it into problems and a ``PlannedFile``.
package struct ParsedFile: Hashable, Sendable {
    /// Where the entry begins.
    package let place: Place
    /// Where the bytes lie; `path`.
    package var path: Located<ByteString>?
    /// The object's path in the bucket; `key`.
    package var key: Located<ByteString>?
    /// The file's length in bytes; wire `filesize`.
    package var fileSize: Located<Int64>?
    /// The SHA-1 of the whole file; wire `sha`.
    package var sha: Located<Digest>?
    /// The checksums beside it, at most one of a kind, in the order they stand; absent without a problem.
    package var checksums: [Located<Checksum>] = []
    /// Bytes a request carries; wire `slice_size`.
    package var sliceSize: Located<Int64>?
    /// Wire `insertOnly`; absent without a problem.
    package var insertOnly: Located<Int64>?
    /// Wire `biz_attr`; absent without a problem.
    package var bizAttr: Located<ByteString>?
    /// Wire `uploadparts`, in the order they stand.
    package var parts: Located<[ParsedPart]>?
    /// Whether `parts` holds every entry of the list; not so when there were more than the limit.
    package var hasAllParts = true

    /// An entry at `place` without any field.
    package init(at place: Place) {
        self.place = place
    }
}

/// One entry of `uploadparts` as it was read: each field has the right type, no rule was applied yet.
///
/// **Shape**: a field is nil if it was absent or could not be read; the reader has then said so.
package struct ParsedPart: Hashable, Sendable {
    /// Where the entry begins.
    package let place: Place
    /// Bytes from the start of the file; wire `offset`.
    package var offset: Located<Int64>?
    /// The part's length in bytes; wire `datalen`.
    package var dataLength: Located<Int64>?
    /// Wire `datasha`.
    package var datasha: Located<Digest>?
    /// The plain SHA-1 of the part's bytes; absent without a problem.
    package var sha1: Located<Digest>?

    /// An entry at `place` with these fields; none by default.
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
