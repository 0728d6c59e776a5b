import PlanCore

/// Distinguishes changed data from damaged digests, given the parts of a plan that do not match the bytes.
///
/// Pure, except that it reads through `hash`. Every part in `checked` lies completely within the file.
struct Diagnosis {
    /// Hashes the bytes of a part from a state.
    ///
    /// Returns the state reached, and the digest if the file ended there.
    typealias Hash = (RunningState, Int) throws(DigestError) -> (state: RunningState, finished: Digest)

    let plan: PlannedFile
    /// The parts that were checked.
    let checked: PartSelection
    /// The parts that do not match.
    let outcomes: [Int: PartOutcome]
    /// The digest of the whole file, if a serial pass computed it (`part` mode).
    let wholeFile: Digest?
    /// The checksums that the plan records, computed from the planned bytes; empty if some of these are
    /// missing.
    let checksums: Checksums
    let hash: Hash

    private var findings: [Finding] = []

    init(plan: PlannedFile, checked: PartSelection, _ found: FileCheck.Found, _ hash: @escaping Hash) {
        self.plan = plan
        self.checked = checked
        outcomes = found.outcomes
        wholeFile = found.wholeFile
        checksums = found.checksums
        self.hash = hash
    }

    /// The findings, in file order.
    static func findings(
        plan: PlannedFile, checked: PartSelection, _ found: FileCheck.Found, _ hash: @escaping Hash
    ) throws(DigestError) -> [Finding] {
        var diagnosis = Diagnosis(plan: plan, checked: checked, found, hash)
        switch plan.datashaKind {
        case .state: try diagnosis.readStates()
        case .part: diagnosis.readParts()
        }
        diagnosis.readChecksums()
        return merged(diagnosis.findings)
    }

    /// Whether a checksum proves the planned bytes, whatever the other digests are.
    private var isProvenByChecksum: Bool { checksums.all.contains { plan.checksums[$0.kind] == $0 } }

    /// Finds damaged checksums, if the bytes are the planned ones.
    private mutating func readChecksums() {
        let bytesMayDiffer = findings.contains { finding in
            switch finding {
            case .dataDiffers, .dataOrLinesDiffer, .truncated: true
            case .appended, .plainDigestsInsteadOfStates, .bigEndianStates, .statesInsteadOfPlainDigests,
                .damagedDatasha, .damagedSHA1, .damagedSHA, .damagedChecksum, .damagedDatashaAmong:
                false
            }
        }
        if bytesMayDiffer { return }
        for computed in checksums.all {
            guard let recorded = plan.checksums[computed.kind], recorded != computed else { continue }
            findings.append(.damagedChecksum(recorded: recorded, computed: computed))
        }
    }

    // Mode `state`.

    private mutating func readStates() throws(DigestError) {
        var part = 0
        for failed in outcomes.keys.sorted() where failed >= part {
            guard let outcome = outcomes[failed] else { continue }
            guard !outcome.datashaAgrees else {
                noteSHA1(failed)
                part = failed + 1
                continue
            }
            var end = failed + 1
            while let next = outcomes[end], !next.datashaAgrees { end += 1 }
            try readRun(failed..<end)
            part = end
        }
        noteSHA()
    }

    /// Evaluates a maximal run of parts whose states do not follow from the recorded ones before them.
    private mutating func readRun(_ run: Range<Int>) throws(DigestError) {
        guard let start = plan.recordedState(before: run.lowerBound) else { return }
        let reached = try states(run, from: start)
        guard let last = reached.last else { return }
        // A matching state at the end of the run, or a matching `sha` at the end of the file, proves all
        // bytes of the run.
        let isRight =
            isProvenByChecksum || last == plan.parts[run.upperBound - 1].datasha
            || (run.upperBound == plan.parts.count && last == plan.sha)
        if isRight {
            for (part, state) in zip(run, reached) {
                noteDatasha(part, computed: state)
                noteSHA1(part)
            }
        } else {
            readChangedRun(run, from: start, reached)
        }
    }

    /// The states after each part of `run`, as `datasha` values.
    private func states(_ run: Range<Int>, from start: RunningState) throws(DigestError) -> [Digest] {
        var state = start
        var reached: [Digest] = []
        for part in run {
            let end = try hash(state, part)
            state = end.state
            reached.append(part == plan.parts.count - 1 ? end.finished : end.state.datasha)
        }
        return reached
    }

    /// Evaluates a run with changed bytes or a damaged last digest; `sha1`, where recorded, tells which.
    ///
    /// `reached` are the computed states from `start` through the run's bytes. They are correct up to the
    /// first changed byte.
    private mutating func readChangedRun(_ run: Range<Int>, from start: RunningState, _ reached: [Digest]) {
        // The part before ends in its recorded state, unless nobody looked.
        var isProven = run.lowerBound == 0 || checked.contains(run.lowerBound - 1)
        for (part, state) in zip(run, reached) {
            let sha1Agrees = outcomes[part]?.sha1Agrees
            if isProven && state == plan.parts[part].datasha {
                noteSHA1(part)
            } else if sha1Agrees == false {
                findings.append(.dataDiffers(plan.parts[part].range, parts: part..<(part + 1)))
                isProven = false
            } else if sha1Agrees == true && isProven {
                noteDatasha(part, computed: state)
            } else if sha1Agrees == true {
                findings.append(.damagedDatashaAmong(parts: part..<(part + 1)))
            } else {
                findings.append(.dataOrLinesDiffer(plan.parts[part].range, parts: part..<(part + 1)))
                isProven = false
            }
        }
    }

    /// Reports the `datasha` of `part` as damaged if it is not `computed`.
    private mutating func noteDatasha(_ part: Int, computed: Digest) {
        let recorded = plan.parts[part].datasha
        if recorded != computed {
            findings.append(.damagedDatasha(part: part, recorded: recorded, computed: computed))
        }
        // The last part's datasha is the file's sha.
        if part == plan.parts.count - 1, plan.sha != computed {
            findings.append(.damagedSHA(recorded: plan.sha, computed: computed))
        }
    }

    /// Reports the `sha1` of `part` as damaged if it does not match; the bytes are known to be as planned.
    private mutating func noteSHA1(_ part: Int) {
        guard let outcome = outcomes[part], outcome.sha1Agrees == false, let computed = outcome.plain,
            let recorded = plan.parts[part].sha1
        else { return }
        findings.append(.damagedSHA1(part: part, recorded: recorded, computed: computed))
    }

    /// Reports the file's `sha` as damaged if it differs from a correct last `datasha`.
    private mutating func noteSHA() {
        guard let last = plan.parts.last, last.datasha != plan.sha,
            checked.last == plan.parts.count - 1,
            outcomes[plan.parts.count - 1]?.datashaAgrees ?? true
        else { return }
        findings.append(.damagedSHA(recorded: plan.sha, computed: last.datasha))
    }

    // Mode `part`.

    private mutating func readParts() {
        let isWhole = wholeFile == plan.sha || isProvenByChecksum
        var dataMayDiffer = false
        for part in outcomes.keys.sorted() {
            guard let outcome = outcomes[part], let computed = outcome.plain else { continue }
            let (recorded, parts) = (plan.parts[part], part..<(part + 1))
            if outcome.datashaAgrees {
                noteSHA1(part)
            } else if isWhole || outcome.sha1Agrees == true {
                findings.append(
                    .damagedDatasha(part: part, recorded: recorded.datasha, computed: computed))
                noteSHA1(part)
            } else if outcome.sha1Agrees == false {
                findings.append(.dataDiffers(recorded.range, parts: parts))
                dataMayDiffer = true
            } else {
                findings.append(.dataOrLinesDiffer(recorded.range, parts: parts))
                dataMayDiffer = true
            }
        }
        if let wholeFile, wholeFile != plan.sha, !dataMayDiffer {
            findings.append(.damagedSHA(recorded: plan.sha, computed: wholeFile))
        }
    }

    /// Merges findings of the same kind about adjacent parts.
    private static func merged(_ findings: [Finding]) -> [Finding] {
        var merged: [Finding] = []
        for finding in findings {
            if let last = merged.last, let both = last.joined(with: finding) {
                merged[merged.count - 1] = both
            } else {
                merged.append(finding)
            }
        }
        return merged
    }
}

extension Finding {
    /// This finding and the next merged, if they are of the same kind and about adjacent parts; else nil.
    fileprivate func joined(with next: Finding) -> Finding? {
        switch (self, next) {
        case (.dataDiffers(let range, let parts), .dataDiffers(let more, let nextParts))
        where parts.upperBound == nextParts.lowerBound:
            .dataDiffers(range.joined(with: more), parts: parts.lowerBound..<nextParts.upperBound)
        case (.dataOrLinesDiffer(let range, let parts), .dataOrLinesDiffer(let more, let nextParts))
        where parts.upperBound == nextParts.lowerBound:
            .dataOrLinesDiffer(range.joined(with: more), parts: parts.lowerBound..<nextParts.upperBound)
        case (.damagedDatashaAmong(let parts), .damagedDatashaAmong(let nextParts))
        where parts.upperBound == nextParts.lowerBound:
            .damagedDatashaAmong(parts: parts.lowerBound..<nextParts.upperBound)
        default: nil
        }
    }
}

extension ByteRange {
    fileprivate func joined(with next: ByteRange) -> ByteRange {
        ByteRange(offset: offset, length: length + next.length)
    }
}
