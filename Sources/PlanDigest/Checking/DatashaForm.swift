import PlanCore

/// A form in which a whole plan records its digests by mistake.
enum DatashaForm: Hashable, Sendable {
    /// The plain SHA-1 of each part instead of running states.
    case plainDigests
    /// Running states in big-endian words.
    case bigEndianStates
    /// Running states instead of plain digests.
    case states

    /// The mistaken form of a plan's digests; nil if there is none.
    ///
    /// Examines some parts other than the last, whose digest is the file's in every form. A digest that
    /// matches a form proves it. One that matches none proves nothing: it or the data is damaged.
    static func recognised(in plan: PlannedFile, _ run: FileCheck) throws(DigestError) -> DatashaForm? {
        var votes: [Fit: Int] = [:]
        for part in samples(of: min(run.available, plan.parts.count - 1)) {
            if let fit = try fit(of: part, plan, run) { votes[fit, default: 0] += 1 }
        }
        let right = votes[.right, default: 0]
        for case (.mistaken(let form), let count) in votes where count > right { return form }
        return nil
    }

    /// Which form a part's digest matches.
    private enum Fit: Hashable {
        case right
        case mistaken(DatashaForm)
    }

    /// All parts of a short plan; of a long one, pairs of neighbours, because a damaged line makes the next
    /// part's state unusable.
    private static func samples(of candidates: Int) -> [Int] {
        guard candidates > 8 else { return Array(0..<max(0, candidates)) }
        let places = [0, candidates / 4, candidates / 2, candidates * 3 / 4, candidates - 2]
        return Set(places.flatMap { [$0, $0 + 1] }).sorted()
    }

    private static func fit(of part: Int, _ plan: PlannedFile, _ run: FileCheck) throws(DigestError) -> Fit? {
        let recorded = plan.parts[part].datasha
        let before = part == 0 ? nil : plan.parts[part - 1].datasha
        let state = try run.hash(before.map { RunningState(datasha: $0) } ?? .initial, part).state.datasha
        switch plan.datashaKind {
        case .part:
            if try run.plainDigest(part) == recorded { return .right }
            return state == recorded ? .mistaken(.states) : nil
        case .state:
            if state == recorded { return .right }
            if try run.plainDigest(part) == recorded { return .mistaken(.plainDigests) }
            let start = before.map { RunningState(words: $0.words) } ?? .initial
            return try run.hash(start, part).state.bigEndian == recorded ? .mistaken(.bigEndianStates) : nil
        }
    }

    /// The finding to report.
    var finding: Finding {
        switch self {
        case .plainDigests: .plainDigestsInsteadOfStates
        case .bigEndianStates: .bigEndianStates
        case .states: .statesInsteadOfPlainDigests
        }
    }

    /// `plan` interpreted in this form.
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
            path: plan.path, key: plan.key, sha: plan.sha, checksums: plan.checksums,
            sliceSize: plan.sliceSize,
            insertOnly: plan.insertOnly, bizAttr: plan.bizAttr, datashaKind: kind,
            partLayout: plan.partLayout, parts: parts)
    }

    /// The findings of the second check that the form does not explain.
    ///
    /// If plain digests are recorded instead of states, the last part's `datasha` is usually the file's `sha`
    /// anyway, and then tells nothing about that part.
    func unexplained(_ findings: [Finding], _ plan: PlannedFile) -> [Finding] {
        guard self == .plainDigests, let last = plan.parts.last, last.datasha == plan.sha else {
            return findings
        }
        let lastPart = plan.parts.count - 1
        var unexplained = findings.filter { finding in
            if case .damagedDatasha(lastPart, _, _) = finding { return false }
            return true
        }
        let changed = unexplained.indices.filter { unexplained[$0].changedParts != nil }
        // If no other part's data differ, it is this part's data that make the file's digest wrong.
        guard last.sha1 == nil, let index = changed.last, let parts = unexplained[index].changedParts,
            parts.upperBound > lastPart, changed.count > 1 || parts.count > 1
        else { return unexplained }
        if let shorter = unexplained[index].withoutLastPart(of: last.range.length) {
            unexplained[index] = shorter
        } else {
            unexplained.remove(at: index)
        }
        return unexplained
    }
}

extension Finding {
    /// The parts whose data differ, or may differ.
    fileprivate var changedParts: Range<Int>? {
        switch self {
        case .dataDiffers(_, let parts), .dataOrLinesDiffer(_, let parts): parts
        case .appended, .truncated, .plainDigestsInsteadOfStates, .bigEndianStates,
            .statesInsteadOfPlainDigests, .damagedDatasha, .damagedSHA1, .damagedSHA, .damagedChecksum,
            .damagedDatashaAmong:
            nil
        }
    }

    /// The same finding without its last part, of `length` bytes; nil if it is the only part.
    fileprivate func withoutLastPart(of length: Int64) -> Finding? {
        guard let parts = changedParts, parts.count > 1 else { return nil }
        let rest = parts.lowerBound..<(parts.upperBound - 1)
        switch self {
        case .dataDiffers(let range, _):
            return .dataDiffers(ByteRange(offset: range.offset, length: range.length - length), parts: rest)
        case .dataOrLinesDiffer(let range, _):
            return .dataOrLinesDiffer(
                ByteRange(offset: range.offset, length: range.length - length), parts: rest)
        case .appended, .truncated, .plainDigestsInsteadOfStates, .bigEndianStates,
            .statesInsteadOfPlainDigests, .damagedDatasha, .damagedSHA1, .damagedSHA, .damagedChecksum,
            .damagedDatashaAmong:
            return nil
        }
    }
}
