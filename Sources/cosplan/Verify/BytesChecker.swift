import CosplanKit
import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest

/// Checks the bytes of files against their manifest entries.
struct BytesChecker {
    var bytes: BytesCheck
    var board: BytesBoard

    /// Checks the files that `next` returns, several at once, until it is interrupted.
    ///
    /// - Parameters:
    ///   - next: the next entry; nil at the end.
    ///   - checked: called for each file, in order, with its result and exit status. Not called for files
    ///     that an interruption cut short.
    /// - Throws: what `next` and `checked` throw.
    func check(
        _ next: () throws -> ManifestFile?,
        checked: (VerifyReport.File, ExitStatus) throws -> Void
    ) throws {
        try bytes.check(next, begins: { board.begin($0.file, progress: $1) }) { entry, result in
            board.end()
            if let (file, status) = outcome(of: entry, result) { try checked(file, status) }
        }
    }

    private func outcome(
        of entry: ManifestFile, _ result: Result<CheckReport, DigestError>
    ) -> (VerifyReport.File, ExitStatus)? {
        let plan = entry.file
        var file = VerifyReport.File(
            path: plan.path.text, key: plan.key.text, line: entry.place.line, filesize: plan.fileSize,
            result: "as planned", findings: [])
        switch result {
        case .success(let report):
            Console.standardError.detail(
                "checked \(WorkDone(plan.path, plan.fileSize, parts: plan.parts.count))")
            guard !report.agrees else { return (file, .done) }
            file.result = "differs"
            file.findings = report.findings.map { FindingText(finding: $0, entry: entry).finding }
            return (file, .answerIsNo)
        case .failure(let error):
            guard case .file(let failure) = error else { return nil }
            let status = ExitStatus(failure)
            file.result = status == .answerIsNo ? "differs" : "unreadable"
            let rule = status == .answerIsNo ? BytesRule.changedWhileRead : .unreadable
            file.findings = [
                .init(
                    rule: rule.rawValue, line: entry.place.line, column: entry.place.column,
                    message: failure.text)
            ]
            return (file, status)
        }
    }
}
