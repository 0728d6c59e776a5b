import PlanCore

/// A file that a walk found.
public struct FoundFile: Hashable, Sendable {
    /// Where it lies, relative to the root.
    public let path: LocalPath
    /// Its length in bytes when it was found; a hint, the file may change.
    public let size: Int64
}
