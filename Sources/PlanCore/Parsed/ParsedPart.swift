/// One entry of `uploadparts` as it was read: each field has the right type, no rule was applied yet.
///
/// **Shape**: a field is nil if it was absent or could not be read; the reader has then said so.
public struct ParsedPart: Hashable, Sendable {
    /// Where the entry begins.
    public let place: Place
    /// Bytes from the start of the file; wire `offset`.
    public var offset: Located<Int64>?
    /// The part's length in bytes; wire `datalen`.
    public var dataLength: Located<Int64>?
    /// Wire `datasha`.
    public var datasha: Located<Digest>?
    /// The plain SHA-1 of the part's bytes; absent without a problem.
    public var sha1: Located<Digest>?

    /// An entry at `place` with these fields; none by default.
    public init(
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
