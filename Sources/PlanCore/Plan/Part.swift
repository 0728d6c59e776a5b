/// One entry of `uploadparts`: a run of the file's bytes and what proves it.
public struct Part: Hashable, Sendable {
    /// The bytes it covers; wire `offset` and `datalen`.
    public let range: ByteRange
    /// Wire `datasha`: a running state or a plain SHA-1, by the document's ``DatashaKind``.
    public let datasha: Digest
    /// The plain SHA-1 of the part's bytes, where the manifest has it. Never sent.
    public let sha1: Digest?

    /// An entry with these fields, as they are.
    public init(range: ByteRange, datasha: Digest, sha1: Digest?) {
        self.range = range
        self.datasha = datasha
        self.sha1 = sha1
    }
}
