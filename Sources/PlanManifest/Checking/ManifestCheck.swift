import PlanCore

/// The result of reading a manifest once, front to back: its contents and all its problems.
///
/// ``soundFiles()`` returns the files again, as does ``CheckedManifest`` for a manifest without errors. The
/// entries of an ordinary manifest are kept in memory; those of a huge one are read again from its byte
/// source.
package struct ManifestCheck {
    /// The name of the manifest in messages; a path, or `-`.
    package let name: String
    /// The documents, in order; nil for an unusable header.
    package let documents: [DocumentHeader?]
    /// The problems and their counts; those kept are in ``problems``.
    package let problemList: ProblemList
    /// The problems that were kept, by place.
    package let problems: [Problem]
    /// The number of file entries.
    package let fileCount: Int
    /// The sum of all readable `filesize` in bytes; `Int64.max` on overflow.
    package let totalBytes: Int64
    /// Whether the text is not well-formed, has no document, or a document is not a mapping.
    package let isMalformed: Bool
    /// Whether paths may leave the root.
    package let allowOutside: Bool

    /// The number of files that ``soundFiles()`` returns.
    package let soundFileCount: Int

    /// Returns the bytes that were checked, or throws.
    let source: UnchangedSource
    /// For each file, whether its structure is sound.
    let soundness: [Bool]
    /// Everything that was read; nil if it was too much to keep.
    let kept: [ManifestItem]?

    /// Reads `source` from its beginning to its end and applies every rule.
    ///
    /// **Cost**: memory for the largest file entry, the keys and the problems, and about 10 MB for kept
    /// entries.
    ///
    /// - Throws: what the byte source throws.
    package init(_ source: any ByteSource, name: String, allowOutside: Bool = false) throws {
        var keys = KeyRegistry()
        try self.init(source, name: name, allowOutside: allowOutside, keys: &keys)
    }

    /// The same; `keys` holds the keys of the manifests checked before this one, and the target that replaces
    /// theirs.
    package init(
        _ source: any ByteSource, name: String, allowOutside: Bool = false, keys: inout KeyRegistry
    ) throws {
        try self.init(source, name: name, allowOutside: allowOutside, keys: &keys, keeping: Self.usualRoom)
    }

    /// The default limit on kept entries: one file of 64 GiB in parts of 1 MiB, or about 13,000 small files;
    /// about 10 MB.
    ///
    /// **Unit**: parts; a file counts as four more.
    package static let usualRoom = 65_540

    /// The same, keeping at most `room` of what is read.
    package init(
        _ source: any ByteSource, name: String, allowOutside: Bool = false, keys: inout KeyRegistry,
        keeping room: Int
    ) throws {
        let source = UnchangedSource(source, name: name)
        try source.rewind()
        keys.begin(manifest: name)
        let reader = ManifestReader(source)
        var pass = CheckingPass(
            allowOutside: allowOutside, api: keys.override.api, usualAPI: keys.fallback.api ?? .json)
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
        // Closes the file until it is read again.
        try source.rewind()
        self.source = source
        self.name = name
        self.allowOutside = allowOutside
        documents = pass.documents
        soundness = pass.soundness
        soundFileCount = pass.soundFileCount
        self.kept = kept.items
        totalBytes = pass.totalBytes
        fileCount = reader.fileCount
        isMalformed = reader.isMalformed
        problemList = reader.problems
        problems = reader.problems.sorted
    }

    /// The files whose structure and document header obey the rules.
    ///
    /// Their digests may contradict each other; their bytes can still be checked.
    ///
    /// - Throws: what the byte source throws.
    package func soundFiles() throws -> ManifestFiles {
        try ManifestFiles(of: self)
    }
}
