import PlanCore
import PlanFiles

/// What a file's bytes prove to be: the digests a plan records.
///
/// The file had the same identity before and after they were read.
public struct FileDigest: Hashable, Sendable {
    /// The file's length in bytes.
    public let fileSize: Int64
    /// The SHA-1 of the whole file.
    public let sha: Digest
    /// The parts in file order; none for an empty file.
    public let parts: [Part]
    /// What the file was when it was opened, and still was at the end.
    public let identity: FileIdentity
}
