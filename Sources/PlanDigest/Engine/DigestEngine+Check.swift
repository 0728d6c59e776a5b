import PlanCore
import PlanFiles

extension DigestEngine {
    /// Checks every claim of plans against the bytes of their files, parts of several files side by side.
    ///
    /// - Parameters:
    ///   - next: the next file; nil after the last. Called on the calling thread, some files ahead. What it throws is
    ///     thrown once the files before are reported.
    ///   - cancellation: stops the check between windows; files in the middle end as cancelled, those not asked for are not
    ///     reported.
    ///   - finished: called on the calling thread for each file, in the order of `next`: what does not agree, changed data
    ///     told apart from damaged lines; or why it could not be read, or that it changed meanwhile. Returning false stops
    ///     the check; nothing is reported after that.
    public func check(
        next: () throws -> CheckRequest?, cancellation: Cancellation? = nil,
        finished: (Result<CheckReport, DigestError>) throws -> Bool
    ) throws {
        var run = CheckRun(self, cancellation: cancellation)
        try run.run(next, finished)
    }

    /// Checks every claim of `plan` against the file's bytes, all threads inside the one file.
    ///
    /// - Returns: what does not agree, changed data told apart from damaged lines.
    /// - Throws: ``DigestError`` when the file cannot be read or changes meanwhile.
    /// - Precondition: the plan's parts, if there are several, are a multiple of 64 bytes long.
    public func check(
        _ file: OpenFile, against plan: PlannedFile, progress: DigestProgress? = nil,
        cancellation: Cancellation? = nil
    ) throws(DigestError) -> CheckReport {
        try check(.file(file), against: plan, progress: progress, cancellation: cancellation)
    }

    /// Checks every claim of `plan` against bytes in memory.
    ///
    /// - Throws: ``DigestError/cancelled`` only.
    package func check(
        _ bytes: UnsafeRawBufferPointer, against plan: PlannedFile, cancellation: Cancellation? = nil
    ) throws(DigestError) -> CheckReport {
        unsafe try check(.memory(bytes), against: plan, progress: nil, cancellation: cancellation)
    }

    func check(
        _ source: DigestSource, against plan: PlannedFile, progress: DigestProgress?,
        cancellation: Cancellation?
    ) throws(DigestError) -> CheckReport {
        let file = FileCheck(
            source, plan: plan, engine: self, progress: progress, cancellation: cancellation)
        hashParts(of: file)
        return try file.report(self)
    }

    /// Hashes all parts of one file, on all threads.
    func hashParts(of file: FileCheck) {
        file.progress?.enter(.checking)
        let queue = CheckQueue(self)
        queue.add(file)
        queue.end()
        queue.work(inline: file.plan.fileSize <= WindowBudget.smallFile) { _ in }
    }
}
