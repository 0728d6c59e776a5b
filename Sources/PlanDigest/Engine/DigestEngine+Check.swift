import PlanCore
import PlanFiles

extension DigestEngine {
    /// Checks files against their plans, parts of several files concurrently.
    ///
    /// - Parameters:
    ///   - next: the next file; nil after the last. Called on the calling thread, some files ahead. If it
    ///     throws, the error is rethrown once the files before it are reported.
    ///   - cancellation: stops the check between windows. Files in progress end as cancelled; files not yet
    ///     requested are not reported.
    ///   - finished: called on the calling thread for each file, in the order of `next`, with its report or
    ///     error. If it returns false the check stops and nothing more is reported.
    /// - Throws: what `next` and `finished` throw.
    package func check(
        next: () throws -> CheckRequest?, cancellation: Cancellation? = nil,
        finished: (Result<CheckReport, DigestError>) throws -> Bool
    ) throws {
        var run = BatchCheck(self, cancellation: cancellation)
        try run.run(next, finished)
    }

    /// Checks one file against `plan`, with all threads.
    ///
    /// - Returns: everything that does not match, with changed data distinguished from damaged digests.
    /// - Throws: ``DigestError`` if the file cannot be read or changes meanwhile.
    /// - Precondition: if the plan has several parts, their length is a multiple of 64 bytes.
    public func check(
        _ file: OpenFile, against plan: PlannedFile, progress: DigestProgress? = nil,
        cancellation: Cancellation? = nil
    ) throws(DigestError) -> CheckReport {
        try check(.file(file), against: plan, progress: progress, cancellation: cancellation)
    }

    /// Checks bytes in memory against `plan`.
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
        let queue = CheckQueue<FileCheck>(self)
        queue.add(file)
        queue.end()
        queue.work(inline: file.plan.fileSize <= WindowBudget.smallFile) { _ in }
    }
}
