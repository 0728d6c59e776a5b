/// What a manifest's document says beside its files, as it was read.
///
/// **Shape**: a field is nil if it was absent or could not be read; the reader has then said so.
public struct ParsedHeader: Hashable, Sendable {
    /// Where the document's mapping begins.
    public let place: Place
    /// The version of the format; `cosplan`.
    public var version: Located<Int64>?
    /// What `datasha` is in this document's parts; `datasha`.
    public var datasha: Located<ByteString>?
    /// `target.region`; absent without a problem.
    public var region: Located<ByteString>?
    /// `target.appid`; absent without a problem.
    public var appID: Located<Int64>?
    /// `target.bucket`; absent without a problem.
    public var bucket: Located<ByteString>?

    /// A header at `place` without any field.
    public init(at place: Place) {
        self.place = place
    }
}
