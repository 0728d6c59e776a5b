import PlanCore
import PlanFiles

/// One file to check against its plan.
///
/// - Precondition: the plan's parts, if there are several, are a multiple of 64 bytes long.
public struct CheckRequest: Sendable {
    /// Opens the file; called on the thread that asked for the check or, for a small file, on one that hashes, some
    /// files before its turn to be reported.
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

    /// Whether the file is checked by one thread, which opens it too.
    var isSmall: Bool { plan.fileSize <= WindowBudget.smallFile && plan.parts.count < 2 }
}

/// What checking a file against its plan found.
public struct CheckReport: Hashable, Sendable {
    /// All that does not agree: size first, then what concerns the whole plan, then in file order.
    public let findings: [Finding]
    /// How many bytes were checked, each counted once.
    public let bytesChecked: Int64

    /// Whether the file is as planned and every recorded digest right.
    public var agrees: Bool { findings.isEmpty }
}
