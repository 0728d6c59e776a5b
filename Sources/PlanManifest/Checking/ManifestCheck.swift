import PlanCore

/// A manifest read once from front to end, and everything that is wrong with it.
///
/// ``soundFiles()`` gives the files again, as does ``CheckedManifest`` for a manifest without errors. Entries of an
/// ordinary manifest are kept in memory; a huge one is read again from its byte source.
public struct ManifestCheck {
    /// What the manifest is called in messages; a path, or `-`.
    public let name: String
    /// The documents in order; nil where a header can't be used.
    public let documents: [DocumentHeader?]
    /// What is wrong: the kept problems are in ``problems``.
    package let problemList: ProblemList
    /// The kept problems, by place.
    public let problems: [Problem]
    /// How many entries the lists of files have.
    public let fileCount: Int
    /// The sum of all `filesize` that could be read, in bytes; `Int64.max` if it is more.
    public let totalBytes: Int64
    /// Whether the text is not well-formed, has no document, or one that is no mapping.
    public let isMalformed: Bool
    /// Whether paths may leave the root.
    public let allowOutside: Bool

    /// How many files ``soundFiles()`` gives out.
    public let soundFileCount: Int

    let source: any ByteSource
    /// Of each document's header, and of each file, what it was when it was checked; 0 of a file that is
    /// unsound.
    let headerPrints: [Int]
    let filePrints: [Int]
    /// Everything that was read, unless it was too much to keep.
    let kept: [ManifestItem]?

    /// Reads `source` from its beginning to its end and applies every rule.
    ///
    /// **Cost**: memory for the largest file entry, the keys and the problems, and some 10 MB for what is
    /// kept.
    ///
    /// - Throws: what the byte source throws.
    public init(_ source: any ByteSource, name: String, allowOutside: Bool = false) throws {
        var keys = KeyRegistry()
        try self.init(source, name: name, allowOutside: allowOutside, keys: &keys)
    }

    /// The same; `keys` knows the keys of the manifests checked before this one, and the target that replaces
    /// theirs.
    package init(
        _ source: any ByteSource, name: String, allowOutside: Bool = false, keys: inout KeyRegistry
    ) throws {
        try self.init(source, name: name, allowOutside: allowOutside, keys: &keys, keeping: Self.usualRoom)
    }

    /// Room for one file of 64 GiB in parts of 1 MiB, or some 13,000 small ones; about 10 MB. **Unit**:
    /// parts; a file counts as four more.
    package static let usualRoom = 65_540

    /// The same, keeping no more than `room` of what is read.
    package init(
        _ source: any ByteSource, name: String, allowOutside: Bool = false, keys: inout KeyRegistry,
        keeping room: Int
    ) throws {
        try source.rewind()
        keys.begin(manifest: name)
        let reader = ManifestReader(source)
        var pass = CheckingPass(allowOutside: allowOutside, api: keys.override.api)
        var kept = KeptItems(room: room)
        while let item = try reader.next() {
            kept.add(item)
            switch item {
            case .file(let file): pass.add(file, to: reader)
            case .endOfDocument(let header): pass.end(header, in: reader, keys: &keys)
            }
        }
        if let header = reader.header { pass.end(header, in: reader, keys: &keys) }
        pass.finish(&reader.problems)
        // A file is not held open until it is read again.
        try source.rewind()
        self.source = source
        self.name = name
        self.allowOutside = allowOutside
        documents = pass.documents
        headerPrints = pass.headerPrints
        filePrints = pass.filePrints
        soundFileCount = pass.soundFileCount
        self.kept = kept.items
        totalBytes = pass.totalBytes
        fileCount = reader.fileCount
        isMalformed = reader.isMalformed
        problemList = reader.problems
        problems = reader.problems.sorted
    }

    /// The files again, as far as their structure and their document's header obey the rules.
    ///
    /// Their digests may contradict each other; their bytes can be checked all the same.
    ///
    /// - Throws: what the byte source throws.
    public func soundFiles() throws -> ManifestFiles {
        try ManifestFiles(of: self)
    }
}
