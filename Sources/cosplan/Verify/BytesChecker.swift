import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest

/// Checks the bytes of files against their entries.
struct BytesChecker {
    var root: Root
    var engine: DigestEngine
    var allowOutside: Bool
    var board: BytesBoard
    var cancellation: Cancellation

    /// What the bytes of one file say, and the status that goes with it; nil if it was interrupted.
    func check(_ entry: ManifestFile) -> (VerifyReport.File, ExitStatus)? {
        let plan = entry.file
        var result = VerifyReport.File(
            path: plan.path.text, key: plan.key.text, line: entry.place.line, filesize: plan.fileSize,
            result: "as planned", findings: [])
        let progress = DigestProgress()
        board.begin(plan, progress: progress)
        defer { board.end(plan) }
        let start = ContinuousClock.now
        do throws(DigestError) {
            let report = try digest(plan, progress)
            Console.standardError.detail(
                "checked \(WorkDone(plan.path, plan.fileSize, parts: plan.parts.count).took(.now - start))")
            guard !report.agrees else { return (result, .done) }
            result.result = "differs"
            result.findings = report.findings.map { FindingText(finding: $0, entry: entry).finding }
            return (result, .answerIsNo)
        } catch {
            guard case .file(let failure) = error else { return nil }
            let status = ExitStatus(failure)
            result.result = status == .answerIsNo ? "differs" : "unreadable"
            let rule = status == .answerIsNo ? BytesRule.changedWhileRead : .unreadable
            result.findings = [
                .init(
                    rule: rule.rawValue, line: entry.place.line, column: entry.place.column,
                    message: failure.description)
            ]
            return (result, status)
        }
    }

    private func digest(_ plan: PlannedFile, _ progress: DigestProgress) throws(DigestError) -> CheckReport {
        let file: OpenFile
        do throws(FileError) {
            file = try root.open(plan.path, allowOutside: allowOutside)
        } catch {
            throw .file(error)
        }
        return try engine.check(file, against: plan, progress: progress, cancellation: cancellation)
    }
}
