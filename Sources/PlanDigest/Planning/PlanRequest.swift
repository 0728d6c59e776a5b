import PlanCore
import PlanFiles

/// One file to plan, and how.
public struct PlanRequest: Sendable {
    /// Opens the file; called on one of the engine's threads when the file's turn comes.
    let open: @Sendable () throws(DigestError) -> DigestSource
    /// About how long the file is, for the order of work. **Unit**: bytes.
    public let sizeHint: Int64
    /// How the digests cut the file.
    public let partSize: PartSize
    /// What `datasha` is to be.
    public let datashaKind: DatashaKind
    /// Whether each part gets its plain `sha1` too.
    public let withPartSHA1: Bool
    /// Which digests the whole file gets beside its `sha`.
    public let checksums: Set<ChecksumKind>

    /// A request with these fields.
    public init(
        open: @escaping @Sendable () throws(FileError) -> OpenFile, sizeHint: Int64, partSize: PartSize,
        datashaKind: DatashaKind, withPartSHA1: Bool, checksums: Set<ChecksumKind> = []
    ) {
        self.open = { () throws(DigestError) in
            do throws(FileError) { return .file(try open()) } catch { throw .file(error) }
        }
        self.sizeHint = sizeHint
        self.partSize = partSize
        self.datashaKind = datashaKind
        self.withPartSHA1 = withPartSHA1
        self.checksums = checksums
    }

    /// A request for what is open already.
    init(
        _ source: DigestSource, partSize: PartSize, datashaKind: DatashaKind, withPartSHA1: Bool,
        checksums: Set<ChecksumKind> = []
    ) {
        open = { () throws(DigestError) in source }
        sizeHint = source.size
        self.partSize = partSize
        self.datashaKind = datashaKind
        self.withPartSHA1 = withPartSHA1
        self.checksums = checksums
    }

    /// Whether the parts' own digests are more than the file's digest again.
    func needsPartDigests(_ layout: Layout) -> Bool {
        layout.count > 1 && (withPartSHA1 || datashaKind == .part)
    }

    /// Whether its lane carries two states, as far as is known before the file is opened.
    var carriesPair: Bool {
        needsPartDigests(Layout(fileSize: max(0, sizeHint), pieceSize: partSize.bytes))
    }

    /// A part of the plan from what was computed for it.
    func part(_ range: ByteRange, state: Digest, plain: Digest?) -> Part {
        Part(
            range: range, datasha: datashaKind == .part ? plain ?? state : state,
            sha1: withPartSHA1 ? plain : nil)
    }
}

/// What a file's bytes prove to be: the digests a plan records.
///
/// The file had the same identity before and after they were read. They do not keep it open.
public struct FileDigest: Hashable, Sendable {
    /// The file's length in bytes.
    public let fileSize: Int64
    /// The SHA-1 of the whole file.
    public let sha: Digest
    /// The parts in file order; none for an empty file.
    public let parts: [Part]
    /// The digests that were asked for beside `sha`.
    public let checksums: Checksums
}
