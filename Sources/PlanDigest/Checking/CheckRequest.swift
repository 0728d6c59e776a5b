import PlanCore
import PlanFiles

/// One file to check against its plan.
///
/// - Precondition: the plan's parts, if there are several, are a multiple of 64 bytes long.
public struct CheckRequest: Sendable {
    /// Opens the file; called on the thread that asked for the check, a few files before its parts' turn.
    public let open: @Sendable () throws(FileError) -> OpenFile
    /// What the file should be.
    public let plan: PlannedFile
    /// Counters to keep for this file, if somebody looks at them.
    public let progress: DigestProgress?

    /// A request with these fields.
    public init(
        open: @escaping @Sendable () throws(FileError) -> OpenFile, plan: PlannedFile,
        progress: DigestProgress? = nil
    ) {
        self.open = open
        self.plan = plan
        self.progress = progress
    }
}
