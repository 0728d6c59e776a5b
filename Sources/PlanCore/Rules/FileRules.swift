/// The rules about one file's fields and parts: ``ParsedFile`` in, problems and ``PlannedFile`` out.
package struct FileRules: Hashable, Sendable {
    /// Whether a path may be absolute or hold `..`.
    package let allowOutside: Bool

    /// The rules; paths stay below the root unless `allowOutside`.
    package init(allowOutside: Bool = false) {
        self.allowOutside = allowOutside
    }

    /// Applies every rule that does not depend on what `datasha` is.
    package func check(_ file: ParsedFile) -> FileFindings {
        var findings = FileFindings(file)
        findings.checkFields(allowOutside: allowOutside)
        if let parts = file.parts {
            findings.checkParts(parts.value)
            findings.checkTotals(parts)
        }
        return findings
    }
}
