/// One entry of `files` as it was read: each field has the right type, no rule was applied yet.
///
/// **Shape**: a field is nil if it was absent or could not be read; the reader has then said so.
/// ``FileRules`` turns it into problems and a ``PlannedFile``.
public struct ParsedFile: Hashable, Sendable {
    /// Where the entry begins.
    public let place: Place
    /// Where the bytes lie; `path`.
    public var path: Located<ByteString>?
    /// The object's path in the bucket; `key`.
    public var key: Located<ByteString>?
    /// The file's length in bytes; wire `filesize`.
    public var fileSize: Located<Int64>?
    /// The SHA-1 of the whole file; wire `sha`.
    public var sha: Located<Digest>?
    /// Bytes a request carries; wire `slice_size`.
    public var sliceSize: Located<Int64>?
    /// Wire `insertOnly`; absent without a problem.
    public var insertOnly: Located<Int64>?
    /// Wire `biz_attr`; absent without a problem.
    public var bizAttr: Located<ByteString>?
    /// Wire `uploadparts`, in the order they stand.
    public var parts: Located<[ParsedPart]>?
    /// Whether `parts` holds every entry of the list; not so when there were more than the limit.
    public var hasAllParts = true

    /// An entry at `place` without any field.
    public init(at place: Place) {
        self.place = place
    }
}
