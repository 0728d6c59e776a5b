/// The plan of one file: an entry of `files` that obeys every rule about its structure.
///
/// Its offsets, lengths and counts are consistent; it says nothing about the bytes on disk.
public struct PlannedFile: Hashable, Sendable {
    /// The local path, relative to the root.
    public let path: LocalPath
    /// The object's path in the bucket.
    public let key: ObjectKey
    /// The SHA-1 of the whole file.
    public let sha: Digest
    /// Checksums of the whole file besides `sha`.
    public let checksums: Checksums
    /// How many bytes one request carries, unless the service's reply specifies another size.
    public let sliceSize: SliceSize
    /// Whether an existing object may be replaced.
    public let insertOnly: InsertOnly
    /// The caller's own attribute, sent unchanged; empty by default.
    public let bizAttr: ByteString
    /// The kind of `datasha` in `parts`.
    public let datashaKind: DatashaKind
    /// How the digests divide the file.
    ///
    /// **Shape**: `parts.count` pieces.
    package let partLayout: Layout
    /// The parts, in file order, contiguous from 0; empty only for an empty file.
    public let parts: [Part]

    /// Creates a plan from fields that are known to obey the rules.
    ///
    /// - Precondition: `parts` match `partLayout` one by one.
    package init(
        path: LocalPath, key: ObjectKey, sha: Digest, checksums: Checksums = Checksums(),
        sliceSize: SliceSize,
        insertOnly: InsertOnly = .refuse, bizAttr: ByteString = "", datashaKind: DatashaKind,
        partLayout: Layout,
        parts: [Part]
    ) {
        precondition(parts.count == partLayout.count, "as many parts as the layout has")
        self.path = path
        self.key = key
        self.sha = sha
        self.checksums = checksums
        self.sliceSize = sliceSize
        self.insertOnly = insertOnly
        self.bizAttr = bizAttr
        self.datashaKind = datashaKind
        self.partLayout = partLayout
        self.parts = parts
    }

    /// Creates a plan of a file of `fileSize` bytes; checks every rule about one file.
    ///
    /// - Throws: ``PlannedFileError`` with the first broken rule.
    public init(
        path: LocalPath, key: ObjectKey, fileSize: Int64, sha: Digest, checksums: Checksums = Checksums(),
        sliceSize: SliceSize, insertOnly: InsertOnly = .refuse, bizAttr: ByteString = "",
        datashaKind: DatashaKind, parts: [Part]
    ) throws(PlannedFileError) {
        let nowhere = Place(line: 1, column: 1)
        var entry = ParsedFile(at: nowhere)
        entry.path = Located(path.bytes, at: nowhere)
        entry.key = Located(key.bytes, at: nowhere)
        entry.fileSize = Located(fileSize, at: nowhere)
        entry.sha = Located(sha, at: nowhere)
        entry.checksums = checksums.all.map { Located($0, at: nowhere) }
        entry.sliceSize = Located(sliceSize.bytes, at: nowhere)
        entry.insertOnly = Located(insertOnly.rawValue, at: nowhere)
        entry.bizAttr = Located(bizAttr, at: nowhere)
        entry.parts = Located(
            parts.map { part in
                ParsedPart(
                    at: nowhere, offset: Located(part.range.offset, at: nowhere),
                    dataLength: Located(part.range.length, at: nowhere),
                    datasha: Located(part.datasha, at: nowhere),
                    sha1: part.sha1.map { Located($0, at: nowhere) })
            }, at: nowhere)
        let findings = FileRules(allowOutside: true).check(entry)
        let problems = findings.problems + findings.digestProblems(as: datashaKind)
        if let problem = problems.first(where: { $0.severity == .error }) {
            throw PlannedFileError(path: path, rule: problem.rule)
        }
        guard let plan = findings.plannedFile(as: datashaKind) else {
            throw PlannedFileError(path: path, rule: .requiredKey)
        }
        self = plan
    }

    /// The plan in a parsed entry; nil if a field is missing or malformed.
    ///
    /// Does not check the rules: the entry must have passed ``FileRules``. **Cost**: copies the parts.
    package init?(_ entry: ParsedFile, as kind: DatashaKind) {
        // Errors of these initializers were already reported by the rules.
        guard let path = entry.path.flatMap({ try? LocalPath($0.value, allowOutside: true) }),
            let key = entry.key.flatMap({ try? ObjectKey($0.value) }), let sha = entry.sha,
            let sliceSize = entry.sliceSize.flatMap({ try? SliceSize(bytes: $0.value) }),
            let insertOnly = InsertOnly(rawValue: entry.insertOnly?.value ?? InsertOnly.refuse.rawValue),
            let fileSize = entry.fileSize, fileSize.value >= 0, let parsed = entry.parts
        else { return nil }
        var parts: [Part] = []
        parts.reserveCapacity(parsed.value.count)
        for part in parsed.value {
            guard let offset = part.offset, let length = part.dataLength, let datasha = part.datasha
            else { return nil }
            parts.append(
                Part(
                    range: ByteRange(offset: offset.value, length: length.value), datasha: datasha.value,
                    sha1: part.sha1?.value))
        }
        let partSize = Self.partSize(
            firstPart: parts.first?.range.length, count: parts.count, sliceSize: sliceSize)
        guard partSize > 0 else { return nil }
        let layout = Layout(fileSize: fileSize.value, pieceSize: partSize)
        guard layout.count == parts.count else { return nil }
        self.init(
            path: path, key: key, sha: sha.value, checksums: Checksums(entry.checksums.lazy.map(\.value)),
            sliceSize: sliceSize, insertOnly: insertOnly, bizAttr: entry.bizAttr?.value ?? "",
            datashaKind: kind, partLayout: layout, parts: parts)
    }

    /// The length of every part except the last; for a file of one part or none, a part size that fits it.
    static func partSize(firstPart: Int64?, count: Int, sliceSize: SliceSize?) -> Int64 {
        let standard = PartSize(for: sliceSize ?? .standard).bytes
        return switch count {
        case 0: PartSize(for: .standard).bytes
        case 1: max(firstPart ?? 0, standard)
        default: firstPart ?? standard
        }
    }

    /// The size of the file in bytes.
    public var fileSize: Int64 { partLayout.fileSize }

    /// The running state recorded before part `index`, from which its own state follows.
    ///
    /// Nil in `part` mode, where no states are recorded.
    package func recordedState(before index: Int) -> RunningState? {
        guard datashaKind == .state else { return nil }
        return index == 0 ? .initial : RunningState(datasha: parts[index - 1].datasha)
    }
}

/// Values that do not form a valid plan.
public struct PlannedFileError: Error, Hashable, CustomStringConvertible {
    /// The path of the plan.
    package let path: LocalPath
    /// The first broken rule.
    public let rule: Rule

    /// One line: the path and the broken rule.
    public var description: String { "\(path): no plan, since \(rule) is broken: \(rule.wording)" }
}

/// One entry of `uploadparts`: a range of the file and its digests.
public struct Part: Hashable, Sendable {
    /// The range; wire `offset` and `datalen`.
    public let range: ByteRange
    /// Wire `datasha`: a running state or a plain SHA-1, depending on the document's ``DatashaKind``.
    public let datasha: Digest
    /// The plain SHA-1 of the part's bytes, if recorded.
    ///
    /// Never sent.
    public let sha1: Digest?

    /// Creates a part; checks nothing.
    public init(range: ByteRange, datasha: Digest, sha1: Digest?) {
        self.range = range
        self.datasha = datasha
        self.sha1 = sha1
    }
}

/// The kind of digest that `datasha` is in a manifest's parts.
///
/// **Source**: `state`, the vendor SDKs; `part`, the compatible service 58.com WOS. All parts of a document
/// have the same kind.
public enum DatashaKind: String, Hashable, Sendable, CaseIterable, Codable {
    /// The running SHA-1 state after the part, in little-endian words; for the last part the file's SHA-1.
    case state
    /// The plain SHA-1 of the part's own bytes.
    case part
}

/// Whether an existing object with the same key may be replaced.
///
/// **Source**: the init page, parameter `insertOnly`; absent means 1.
public enum InsertOnly: Int64, Hashable, Sendable, CaseIterable {
    /// Replace an existing object.
    case overwrite = 0
    /// Refuse to replace an existing object (-177).
    case refuse = 1
}
