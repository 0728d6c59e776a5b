import PlanCore

/// A manifest read once from front to end, and everything that is wrong with it.
///
/// It keeps the byte source, so that the files can be read again: ``soundFiles()``, or ``CheckedManifest``
/// for a manifest without errors.
public struct ManifestCheck {
    /// What the manifest is called in messages; a path, or `-`.
    public let name: String
    /// The documents in order; nil where a header can't be used.
    public let documents: [DocumentHeader?]
    /// What is wrong: the kept problems are in ``problems``.
    public let problemList: ProblemList
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
    public var soundFileCount: Int { fingerprints.count }

    let source: any ByteSource
    /// Of each file with a sound structure in a usable document: what it was when it was checked.
    let fingerprints: [Int]

    /// Reads `source` from its beginning to its end and applies every rule.
    ///
    /// `keys` knows the keys of the manifests checked before this one. **Cost**: memory for the largest file
    /// entry, the keys and the problems.
    ///
    /// - Throws: what the byte source throws.
    public init(
        _ source: any ByteSource, name: String, allowOutside: Bool = false, keys: inout KeyRegistry
    ) throws {
        try source.rewind()
        keys.begin(manifest: name)
        let reader = ManifestReader(source)
        var pass = CheckingPass(allowOutside: allowOutside)
        while let item = try reader.next() {
            switch item {
            case .file(let file): pass.add(file, to: reader)
            case .endOfDocument(let header): pass.end(header, in: reader, keys: &keys)
            }
        }
        if let header = reader.header { pass.end(header, in: reader, keys: &keys) }
        self.source = source
        self.name = name
        self.allowOutside = allowOutside
        documents = pass.documents
        fingerprints = pass.fingerprints
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
