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
        var feed = CheckFeed(self, cancellation: cancellation)
        try feed.run(next, finished)
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
        let run = CheckRun(
            source, plan: plan, engine: self, progress: progress, cancellation: cancellation)
        hashParts(of: run)
        return try report(on: run)
    }

    /// Hashes all parts of one run, on all threads.
    private func hashParts(of run: CheckRun) {
        run.progress?.enter(.checking)
        let pool = CheckPool(self)
        pool.add(run)
        pool.end()
        pool.work(inline: run.plan.fileSize <= PlanRun.smallSize) { _ in }
    }

    /// What the finished `run` says about its file.
    func report(on run: CheckRun) throws(DigestError) -> CheckReport {
        defer { run.progress?.enter(.finished) }
        let (source, plan) = (run.source, run.plan)
        var findings: [Finding] = []
        if source.size > plan.fileSize {
            findings.append(.appended(planned: plan.fileSize, found: source.size))
        } else if source.size < plan.fileSize {
            findings.append(.truncated(planned: plan.fileSize, found: source.size))
        }
        if plan.parts.isEmpty, plan.sha != .ofNoBytes {
            findings.append(.damagedSHA(recorded: plan.sha, computed: .ofNoBytes))
        }
        findings += try differences(run)
        try source.checkUnchanged()
        run.progress?.add(files: 1)
        return CheckReport(findings: findings, bytesChecked: run.checkedEnd)
    }

    private func differences(_ run: CheckRun) throws(DigestError) -> [Finding] {
        let found = try run.result()
        run.progress?.enter(.diagnosing)
        let plan = run.plan
        let form = found.outcomes.isEmpty ? nil : try DatashaForm.recognised(in: plan, run)
        guard let form else {
            return try Diagnosis.findings(
                plan: plan, checked: run.checked, outcomes: found.outcomes, wholeFile: found.wholeFile,
                hash: run.hash)
        }
        let again = CheckRun(
            run.source, plan: form.rewritten(plan), engine: self, progress: nil,
            cancellation: run.stop.asked)
        hashParts(of: again)
        let foundAgain = try again.result()
        let more = try Diagnosis.findings(
            plan: again.plan, checked: again.checked, outcomes: foundAgain.outcomes,
            wholeFile: foundAgain.wholeFile, hash: again.hash)
        return [form.finding] + form.unexplained(more, plan)
    }
}
