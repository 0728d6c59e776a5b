import PlanCore
import PlanFiles

/// One file to plan, and how.
public struct PlanRequest: Sendable {
    /// Opens the file; called on one of the engine's threads when the file's turn comes.
    public let open: @Sendable () throws(FileError) -> OpenFile
    /// About how long the file is, for the order of work. **Unit**: bytes.
    public let sizeHint: Int64
    /// How the digests cut the file.
    public let partSize: PartSize
    /// What `datasha` is to be.
    public let datashaKind: DatashaKind
    /// Whether each part gets its plain `sha1` too.
    public let withPartSHA1: Bool

    /// A request with these fields.
    public init(
        open: @escaping @Sendable () throws(FileError) -> OpenFile, sizeHint: Int64, partSize: PartSize,
        datashaKind: DatashaKind, withPartSHA1: Bool
    ) {
        self.open = open
        self.sizeHint = sizeHint
        self.partSize = partSize
        self.datashaKind = datashaKind
        self.withPartSHA1 = withPartSHA1
    }
}
