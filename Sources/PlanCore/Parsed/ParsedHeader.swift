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
    /// `target.region`; absent without a problem.
    package var region: Located<ByteString>?
    /// `target.appid`; absent without a problem.
    package var appID: Located<Int64>?
    /// `target.bucket`; absent without a problem.
    package var bucket: Located<ByteString>?

    /// A header at `place` without any field.
    package init(at place: Place) {
        self.place = place
    }
}
