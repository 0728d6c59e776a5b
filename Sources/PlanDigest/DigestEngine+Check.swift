import PlanCore
import PlanFiles

extension DigestEngine {
    /// Checks every claim of `plan` against the file's bytes, all threads inside the one file.
    ///
    /// - Returns: what does not agree, changed data told apart from damaged lines.
    /// - Throws: ``DigestError`` when the file cannot be read or changes meanwhile.
    /// - Precondition: the plan's parts, if there are several, are a multiple of 64 bytes long.
    public func check(
        _ file: OpenFile, against plan: PlannedFile, progress: DigestProgress? = nil,
        cancellation: Cancellation? = nil
    ) throws(DigestError) -> CheckReport {
        progress?.enter(.checking)
        defer { progress?.enter(.finished) }
        let report = try check(
            .file(file), against: plan, progress: progress, cancellation: cancellation)
        do throws(FileError) { try file.checkUnchanged() } catch { throw .file(error) }
        progress?.add(files: 1)
        return report
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
        precondition(
            plan.parts.count < 2 || plan.partLayout.pieceSize % 64 == 0, "parts end where blocks end")
        var findings: [Finding] = []
        if source.size > plan.fileSize {
            findings.append(.appended(planned: plan.fileSize, found: source.size))
        } else if source.size < plan.fileSize {
            findings.append(.truncated(planned: plan.fileSize, found: source.size))
        }
        if plan.parts.isEmpty, plan.sha != .ofNoBytes {
            findings.append(.damagedSHA(recorded: plan.sha, computed: .ofNoBytes))
        }
        let stop = StopSignal(asked: cancellation)
        let run = CheckRun(source, plan: plan, engine: self, stop: stop, progress: progress)
        let found = try run.run()
        if stop.isSet { throw .cancelled }
        progress?.enter(.diagnosing)
        let form = found.outcomes.isEmpty ? nil : try DatashaForm.recognised(in: plan, run)
        guard let form else {
            findings += try Diagnosis.findings(
                plan: plan, checked: run.checked, outcomes: found.outcomes, wholeFile: found.wholeFile,
                hash: run.hash)
            return CheckReport(findings: findings, bytesChecked: run.checkedEnd)
        }
        findings.append(form.finding)
        let reread = form.rewritten(plan)
        let again = CheckRun(source, plan: reread, engine: self, stop: stop, progress: nil)
        let foundAgain = try again.run()
        if stop.isSet { throw .cancelled }
        let more = try Diagnosis.findings(
            plan: reread, checked: again.checked, outcomes: foundAgain.outcomes,
            wholeFile: foundAgain.wholeFile, hash: again.hash)
        findings += form.unexplained(more, plan)
        return CheckReport(findings: findings, bytesChecked: run.checkedEnd)
    }
}
