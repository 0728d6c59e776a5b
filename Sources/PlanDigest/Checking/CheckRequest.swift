import PlanCore
import PlanFiles

/// A file to check against its plan.
///
/// - Precondition: if there are several parts, their length is a multiple of 64 bytes.
package struct CheckRequest: Sendable {
    /// Opens the file, some files before its result is reported.
    ///
    /// Called on the calling thread, or for a small file on a worker thread.
    package let open: @Sendable () throws(FileError) -> OpenFile
    /// The plan to check against.
    package let plan: PlannedFile
    /// The parts to check; nil for all, and for what is said of the whole file.
    package let selection: PartSelection?
    /// Counters to update for this file; nil for none.
    package let progress: DigestProgress?

    /// Creates a request.
    package init(
        open: @escaping @Sendable () throws(FileError) -> OpenFile, plan: PlannedFile,
        selection: PartSelection? = nil, progress: DigestProgress? = nil
    ) {
        self.open = open
        self.plan = plan
        self.selection = selection
        self.progress = progress
    }

    /// Whether one thread opens and checks the whole file.
    var isSmall: Bool { plan.fileSize <= WindowBudget.smallFile && plan.parts.count < 2 }
}

/// The result of checking a file against its plan.
public struct CheckReport: Hashable, Sendable {
    /// Everything that does not match.
    ///
    /// Size first, then findings about the whole plan, then in file order.
    public let findings: [Finding]
    /// The number of bytes checked, each counted once.
    public let bytesChecked: Int64
    /// The CRCs of the parts that were checked, of the kinds that the plan records, where they are one run of parts
    /// and not the whole file.
    package var runChecksums = Checksums()

    /// Whether the file and every recorded digest match the plan.
    public var agrees: Bool { findings.isEmpty }
}
