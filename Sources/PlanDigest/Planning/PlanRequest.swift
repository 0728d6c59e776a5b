import PlanCore
import PlanFiles

/// A file to plan, and how.
public struct PlanRequest: Sendable {
    /// Opens the file; called on one of the engine's threads when the file's turn comes.
    let open: @Sendable () throws(DigestError) -> DigestSource
    /// The approximate size of the file, for scheduling.
    ///
    /// **Unit**: bytes.
    package let sizeHint: Int64
    /// How the digests divide the file.
    package let partSize: PartSize
    /// The kind of `datasha` to compute.
    package let datashaKind: DatashaKind
    /// Whether each part also gets its plain `sha1`.
    package let withPartSHA1: Bool
    /// The digests of the whole file besides `sha`.
    package let checksums: Set<ChecksumKind>
    /// What an earlier plan may know of the file's bytes.
    ///
    /// Nothing of it is believed until they confirm it.
    package var earlier: EarlierFile?
    /// What of the file is hashed already.
    var start: FileStart?

    /// Creates a request.
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

    /// Creates a request for a source that is already open.
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

    /// Whether the parts' own digests are needed and differ from the file's.
    func needsPartDigests(_ layout: Layout) -> Bool {
        layout.count > 1 && (withPartSHA1 || datashaKind == .part)
    }

    /// About how many bytes are still to be hashed.
    var bytesLeft: Int64 { max(0, sizeHint - (start?.position ?? 0)) }

    /// Whether its lane carries two states, as far as is known before the file is opened.
    var carriesPair: Bool {
        needsPartDigests(Layout(fileSize: max(0, sizeHint), pieceSize: partSize.bytes))
    }

    /// A part of the plan, from the digests computed for it.
    func part(_ range: ByteRange, state: Digest, plain: Digest?) -> Part {
        Part(
            range: range, datasha: datashaKind == .part ? plain ?? state : state,
            sha1: withPartSHA1 ? plain : nil)
    }
}

/// The digests of a file, as a plan records them.
///
/// The file had the same identity before and after it was read. Holds no open file.
public struct FileDigest: Hashable, Sendable {
    /// The size of the file in bytes.
    public let fileSize: Int64
    /// The SHA-1 of the whole file.
    public let sha: Digest
    /// The parts in file order; empty for an empty file.
    public let parts: [Part]
    /// The requested digests besides `sha`.
    public let checksums: Checksums
}
