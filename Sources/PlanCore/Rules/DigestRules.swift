extension FileFindings {
    /// Broken rules about digests that must be consistent, if `datasha` is of `kind`.
    package func digestProblems(as kind: DatashaKind) -> [Problem] {
        guard let parts = file.parts?.value, let last = parts.last, file.hasAllParts else { return [] }
        if parts.count == 1 { return singlePartProblems(last) }
        return switch kind {
        case .state: stateProblems(parts, last: last)
        case .part: plainProblems(parts)
        }
    }

    private func singlePartProblems(_ part: ParsedPart) -> [Problem] {
        var problems: [Problem] = []
        if let sha = file.sha {
            // If datasha and sha1 are equal, the sha is wrong: one problem, not two.
            let agree = part.datasha?.value == part.sha1?.value
            func compare(_ name: String, _ digest: Located<Digest>?) {
                guard let digest, digest.value != sha.value else { return }
                problems.append(
                    Problem(
                        .singlePart, at: sha.place,
                        "sha \(sha.value) is not \(digest.value), the \(name) of the only part "
                            + "(line \(digest.place.line))"))
            }
            if agree {
                compare("datasha and sha1", part.datasha)
            } else {
                compare("datasha", part.datasha)
                compare("sha1", part.sha1)
            }
        } else if let datasha = part.datasha, let sha1 = part.sha1, datasha.value != sha1.value {
            problems.append(
                Problem(
                    .singlePart, at: datasha.place,
                    "datasha \(datasha.value) of the only part is not its sha1 \(sha1.value)"))
        }
        return problems
    }

    private func stateProblems(_ parts: [ParsedPart], last: ParsedPart) -> [Problem] {
        var problems: [Problem] = []
        if let sha = file.sha, let datasha = last.datasha, datasha.value != sha.value {
            problems.append(
                Problem(
                    .lastDatasha, at: sha.place,
                    "sha \(sha.value) is not \(datasha.value), the datasha of the last part "
                        + "(line \(datasha.place.line))"))
        }
        var plain: (first: Located<Digest>, count: Int)?
        for part in parts.dropLast() {
            guard let datasha = part.datasha, datasha.value == part.sha1?.value else { continue }
            plain = (plain?.first ?? datasha, (plain?.count ?? 0) + 1)
        }
        if let plain {
            let more = plain.count > 1 ? " (so in \(plain.count) parts)" : ""
            problems.append(
                Problem(
                    .mislabelledDatasha, at: plain.first.place,
                    "datasha \(plain.first.value) is the part's own SHA-1, not the running state\(more); is the "
                        + "document's datasha meant to be part?"))
        }
        return problems
    }

    private func plainProblems(_ parts: [ParsedPart]) -> [Problem] {
        parts.compactMap { part in
            guard let datasha = part.datasha, let sha1 = part.sha1, datasha.value != sha1.value
            else { return nil }
            return Problem(
                .plainDatasha, at: datasha.place,
                "datasha \(datasha.value) is not the part's sha1 \(sha1.value)")
        }
    }
}
