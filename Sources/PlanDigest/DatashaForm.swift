import PlanCore

/// A form in which whole plans record their digests by mistake.
enum DatashaForm: Hashable, Sendable {
    /// Plain SHA-1 of each part, where running states should be.
    case plainDigests
    /// Running states as big-endian words.
    case bigEndianStates
    /// Running states, where plain digests should be.
    case states

    /// The form that most of a plan's digests have, if it is not the one they should have.
    ///
    /// Looks at a few parts that are not the last, whose digest is the file's in every form.
    static func recognised(in plan: PlannedFile, _ run: CheckRun) throws(DigestError) -> DatashaForm? {
        let candidates = min(run.checked, plan.parts.count - 1)
        guard candidates > 0 else { return nil }
        let samples = Set([0, candidates / 4, candidates / 2, candidates * 3 / 4, candidates - 1])
        var matches: [DatashaForm: Int] = [:]
        for part in samples.sorted() {
            if let form = try form(of: part, plan, run) { matches[form, default: 0] += 1 }
        }
        return matches.first { $0.value * 2 > samples.count }?.key
    }

    private static func form(
        of part: Int, _ plan: PlannedFile, _ run: CheckRun
    ) throws(DigestError) -> DatashaForm? {
        let recorded = plan.parts[part].datasha
        let before = part == 0 ? nil : plan.parts[part - 1].datasha
        switch plan.datashaKind {
        case .part:
            let start = before.map { RunningState(datasha: $0) } ?? .initial
            return try run.hash(start, part).state.datasha == recorded ? .states : nil
        case .state:
            if try run.plainDigest(part) == recorded { return .plainDigests }
            let start = before.map { RunningState(words: $0.words) } ?? .initial
            return try run.hash(start, part).state.bigEndian == recorded ? .bigEndianStates : nil
        }
    }

    /// What the report says about it.
    var finding: Finding {
        switch self {
        case .plainDigests: .plainDigestsInsteadOfStates
        case .bigEndianStates: .bigEndianStates
        case .states: .statesInsteadOfPlainDigests
        }
    }

    /// `plan` read in this form.
    func rewritten(_ plan: PlannedFile) -> PlannedFile {
        var kind = plan.datashaKind
        var parts = plan.parts
        switch self {
        case .plainDigests: kind = .part
        case .states: kind = .state
        case .bigEndianStates:
            for index in parts.indices.dropLast() {
                let part = parts[index]
                parts[index] = Part(
                    range: part.range, datasha: RunningState(words: part.datasha.words).datasha,
                    sha1: part.sha1)
            }
        }
        return PlannedFile(
            path: plan.path, key: plan.key, sha: plan.sha, sliceSize: plan.sliceSize,
            insertOnly: plan.insertOnly, bizAttr: plan.bizAttr, datashaKind: kind,
            partLayout: plan.partLayout, parts: parts)
    }

    /// Whether a finding of the second reading is only the form itself: the last part's digest stays the file's.
    func explains(_ finding: Finding, _ plan: PlannedFile) -> Bool {
        guard self == .plainDigests, case .damagedDatasha(let part, let recorded, _) = finding else {
            return false
        }
        return part == plan.parts.count - 1 && recorded == plan.sha
    }
}
