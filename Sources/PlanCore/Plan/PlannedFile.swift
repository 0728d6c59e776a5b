/// One file as it will go up: an entry of `files` whose structure obeys every rule.
///
/// Offsets, lengths and counts agree with each other; whether the bytes on disk do is another matter.
public struct PlannedFile: Hashable, Sendable {
    /// Where the bytes lie, relative to the root.
    public let path: LocalPath
    /// The object's path in the bucket.
    public let key: ObjectKey
    /// The SHA-1 of the whole file.
    public let sha: Digest
    /// How much one request carries, unless the service answers another size.
    public let sliceSize: SliceSize
    /// Whether an existing object stands in the way.
    public let insertOnly: InsertOnly
    /// The caller's own attribute, sent as it is; empty by default.
    public let bizAttr: ByteString
    /// What `datasha` is in `parts`.
    public let datashaKind: DatashaKind
    /// How the digests cut the file. **Shape**: `parts.count` pieces.
    public let partLayout: Layout
    /// The digests, in file order, contiguous from 0; empty only for an empty file.
    public let parts: [Part]

    /// A plan with these fields.
    ///
    /// - Precondition: `parts` follow `partLayout`, one by one.
    public init(
        path: LocalPath, key: ObjectKey, sha: Digest, sliceSize: SliceSize, insertOnly: InsertOnly = .refuse,
        bizAttr: ByteString = "", datashaKind: DatashaKind, partLayout: Layout, parts: [Part]
    ) {
        precondition(parts.count == partLayout.count, "as many parts as the layout has")
        self.path = path
        self.key = key
        self.sha = sha
        self.sliceSize = sliceSize
        self.insertOnly = insertOnly
        self.bizAttr = bizAttr
        self.datashaKind = datashaKind
        self.partLayout = partLayout
        self.parts = parts
    }

    /// The file's length in bytes.
    public var fileSize: Int64 { partLayout.fileSize }

    /// The running state recorded before part `index`, which its own must follow from.
    ///
    /// Nil in `part` mode, where nothing is recorded between parts.
    public func recordedState(before index: Int) -> RunningState? {
        guard datashaKind == .state else { return nil }
        return index == 0 ? .initial : RunningState(datasha: parts[index - 1].datasha)
    }
}
