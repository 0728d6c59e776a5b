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
        _ next: () throws -> FileToCheck?,
        checked: (VerifyReport.File, ExitStatus) throws -> Void
    ) throws {
        try bytes.check(next, begins: { board.begin($0, progress: $1) }) { file, result in
            let outcome = outcome(of: file.entry, result)
            board.end(outcome?.1)
            guard let (found, status) = outcome else { return }
            var checkedFile = found
            checkedFile.checked = file.selection.map { Self.checked($0, of: file.entry.file, result) }
            try checked(checkedFile, status)
        }
    }

    /// What was checked of a file of which `selection` was.
    private static func checked(
        _ selection: PartSelection, of plan: PlannedFile, _ result: Result<CheckReport, DigestError>
    ) -> VerifyReport.CheckedParts {
        var checked = VerifyReport.CheckedParts(parts: selection.count, allParts: plan.parts.count)
        if plan.datashaKind == .part, plan.parts.count > 1 { checked.notChecked.append("sha") }
        if selection.runs.count == 1, let run = selection.runs.first {
            checked.offset = plan.parts[run.lowerBound].range.offset
            checked.length = plan.bytes(of: selection)
        }
        func texts(_ checksums: Checksums) -> [String: String] {
            Dictionary(checksums.all.map { ($0.kind.rawValue, $0.text) }) { first, _ in first }
        }
        var found: [String: String] = [:]
        if case .success(let report) = result { found = texts(report.runChecksums) }
        if !found.isEmpty {
            checked.checksums = found
            checked.recorded = texts(plan.checksums).filter { found[$0.key] != nil }
        }
        checked.notChecked += plan.checksums.all.map(\.kind.rawValue).filter { found[$0] == nil }
        return checked
    }

    private func outcome(
        of entry: ManifestFile, _ result: Result<CheckReport, DigestError>
    ) -> (VerifyReport.File, ExitStatus)? {
        let plan = entry.file
        var file = VerifyReport.File(
            path: plan.path.text, key: plan.key.text, line: entry.place.line, filesize: plan.fileSize,
            result: VerifyReport.File.asPlanned, findings: [])
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
            file.result = status == .answerIsNo ? "differs" : VerifyReport.File.unreadable
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
