import PlanCore

/// Hashes all parts of one file against its plan.
///
/// Each part is hashed from the state recorded before it, so parts are independent messages. A class, because
/// the threads that hash parts share it.
final class FileCheck: PartwiseFile {
    /// A digest of all planned bytes, computed front to back.
    enum SerialPass: Hashable, Sendable {
        /// The SHA-1, which in `part` mode nothing else proves.
        case sha
        /// A checksum that cannot be combined from pieces.
        case checksum(ChecksumKind)
    }

    /// The results of the threads.
    struct Found: Sendable {
        /// The parts that do not match.
        var outcomes: [Int: PartOutcome] = [:]
        /// The SHA-1 of the planned bytes, from a serial pass (`part` mode).
        var wholeFile: Digest?
        /// The recorded checksums, computed from the planned bytes.
        var checksums = Checksums()
        /// The CRCs of the checked parts, where they are a run of parts and not all.
        fileprivate(set) var runChecksums = Checksums()
        /// The CRCs of each part; empty if they do not give a CRC of the whole file.
        fileprivate(set) var crcs: [CRC64Set] = []
        fileprivate(set) var failure: DigestError?
    }

    /// The index of the file in the check.
    let number: Int
    let source: DigestSource
    let plan: PlannedFile
    let progress: DigestProgress?
    /// The number of parts that the file has all bytes of, from the first.
    let available: Int
    /// The parts that were asked for; nil for all.
    let selection: PartSelection?
    /// The parts that are checked: those of the selection that are available.
    let checked: PartSelection
    /// Whether these are all parts of the plan.
    private let isWhole: Bool
    /// Whether lanes carry two states.
    let pair: Bool
    let table: KernelTable
    /// The digests that need all planned bytes in order.
    let serialPasses: [SerialPass]
    let stop: StopCondition
    /// The CRCs to compute of every part.
    private let crcKinds: Set<ChecksumKind>
    private let found: Monitor<Found>

    var runs: [Range<Int>] { checked.runs }
    /// The length of every part but the last.
    ///
    /// **Unit**: bytes.
    var partSize: Int64 { plan.partLayout.pieceSize }
    /// Every part is of use.
    var isDecided: Bool { false }
    /// The number of bytes in the checked parts.
    private var checkedBytes: Int64 {
        checked.runs.reduce(0) { sum, run in
            sum + plan.parts[run.upperBound - 1].range.end - plan.parts[run.lowerBound].range.offset
        }
    }

    init(
        _ source: DigestSource, number: Int = 0, plan: PlannedFile, selection: PartSelection? = nil,
        engine: DigestEngine, progress: DigestProgress?, cancellation: Cancellation?
    ) {
        precondition(
            plan.parts.count < 2 || plan.partLayout.pieceSize % 64 == 0, "parts end where blocks end")
        self.source = source
        self.number = number
        self.plan = plan
        self.progress = progress
        stop = StopCondition(asked: cancellation)
        available = plan.parts.prefix { $0.range.end <= source.size }.count
        self.selection = selection
        checked = (selection ?? PartSelection(plan.parts.indices)).prefix(before: available)
        // The plain digest of an only part is the file's digest, so no second state is needed.
        pair = plan.datashaKind == .state && plan.parts.count > 1 && plan.parts.contains { $0.sha1 != nil }
        table = pair ? engine.pairTable : engine.singleTable
        isWhole = checked.count == plan.parts.count
        let kinds = Set(plan.checksums.all.map(\.kind))
        // Pieces give a CRC where there is no gap between them; of a file that is too short it says nothing.
        let isRun = checked.runs.count == 1 && checked.count == (selection?.count ?? plan.parts.count)
        crcKinds = isRun || isWhole ? kinds.combinable : []
        let serial = ChecksumKind.allCases.filter(kinds.serial.contains).map { SerialPass.checksum($0) }
        let needsSHA = plan.datashaKind == .part && plan.parts.count > 1
        serialPasses = isWhole && checked.count > 0 ? (needsSHA ? [.sha] : []) + serial : []
        var found = Found()
        if !crcKinds.isEmpty { found.crcs = Array(repeating: CRC64Set(crcKinds), count: checked.count) }
        if plan.parts.isEmpty { found.checksums = ByteChecksums(kinds).values }
        self.found = Monitor(found)
    }

    /// The first of the checked parts.
    private var firstPart: Int { checked.runs.first?.lowerBound ?? 0 }

    // Hashing.

    /// The readers of `parts`, for a thread's lanes.
    func supply(_ parts: Range<Int>, budget: WindowBudget, prefetcher: Prefetcher?) -> PartSupply {
        PartSupply(
            source, layout: plan.partLayout, parts: parts, budget: budget, lanes: table.width,
            prefetcher: prefetcher, stop: stop)
    }

    /// The hash of one part, read by `reader`; ``note(_:_:)`` takes its result.
    func hashing(of part: Int, _ reader: any PartReader) -> PartHash<FileCheck> {
        let start = plan.recordedState(before: part)
        let claims: PartClaims =
            if let start { pair ? .both(from: start) : .state(from: start) } else { .plain }
        return PartHash(
            part, of: self, range: plan.parts[part].range, claims: claims, checksums: crcKinds,
            reader: reader)
    }

    /// Records the result of one part.
    func note(_ part: PartHash<FileCheck>, _ result: Result<PartHash<FileCheck>.Outcome, DigestError>) {
        let hashed: PartHash<FileCheck>.Outcome
        switch result {
        case .success(let outcome): hashed = outcome
        case .failure(let failure): return fail(failure)
        }
        progress?.add(bytes: part.range.length)
        let recorded = plan.parts[part.part]
        let isLast = part.part == plan.parts.count - 1
        let datasha =
            plan.datashaKind == .part ? hashed.plain : isLast ? hashed.finished : hashed.state.datasha
        let hasPlain = plan.datashaKind == .part || pair || plan.parts.count == 1
        let plain: Digest? = hasPlain ? hashed.plain : nil
        let outcome = PartOutcome(
            datashaAgrees: datasha == recorded.datasha, plain: plain,
            sha1Agrees: recorded.sha1.flatMap { sha1 in plain.map { $0 == sha1 } })
        if outcome.agrees, hashed.crcs.isEmpty { return }
        found.withLock { found in
            if !outcome.agrees { found.outcomes[part.part] = outcome }
            if !hashed.crcs.isEmpty { found.crcs[part.part - firstPart] = hashed.crcs }
        }
    }

    /// Computes a digest of all planned bytes.
    func run(
        _ pass: SerialPass, _ driver: inout LaneDriver, budget: WindowBudget, prefetcher: Prefetcher?
    ) {
        let range = ByteRange(offset: 0, length: plan.fileSize)
        do throws(DigestError) {
            switch pass {
            case .sha:
                let whole = try hash(range, .plain, &driver, budget, prefetcher).plain
                found.withLock { $0.wholeFile = whole }
            case .checksum(let kind):
                var checksums = ByteChecksums([kind])
                try checksums.take(reader(range, budget, prefetcher), size: plan.fileSize)
                let value = checksums.values[kind]
                found.withLock { $0.checksums[kind] = value }
            }
        } catch {
            fail(error)
        }
    }

    private func fail(_ failure: DigestError) {
        stop.ended.cancel()
        found.withLock { $0.failure = $0.failure ?? failure }
    }

    private func reader(
        _ range: ByteRange, _ budget: WindowBudget, _ prefetcher: Prefetcher?
    ) -> WindowReader {
        WindowReader(
            source, range: range, stretchBytes: budget.stretchBytes(lanes: 1), prefetcher: prefetcher,
            stop: stop)
    }

    /// Hashes a single range on the calling thread.
    private func hash(
        _ range: ByteRange, _ claims: PartClaims, _ driver: inout LaneDriver, _ budget: WindowBudget,
        _ prefetcher: Prefetcher?
    ) throws(DigestError) -> PartHash<Void>.Outcome {
        let bytes = reader(range, budget, prefetcher)
        let hash = PartHash(0, of: (), range: range, claims: claims, reader: bytes)
        return try driver.run(hash) { _ in false }.get()
    }

    // Used by the diagnosis.

    /// Hashes one part's bytes from a state.
    func hash(_ start: RunningState, _ part: Int) throws(DigestError) -> (
        state: RunningState, finished: Digest
    ) {
        let outcome = try hash(part, .state(from: start))
        return (outcome.state, outcome.finished)
    }

    /// The plain SHA-1 of one part's bytes.
    func plainDigest(_ part: Int) throws(DigestError) -> Digest {
        try hash(part, .plain).plain
    }

    private func hash(_ part: Int, _ claims: PartClaims) throws(DigestError) -> PartHash<Void>.Outcome {
        var driver = LaneDriver(table, pair: pair)
        return try hash(plan.parts[part].range, claims, &driver, .oneFile(threads: 1), nil)
    }
}

extension FileCheck {
    /// The results, once every part is hashed.
    ///
    /// - Throws: the first failure.
    private func result() throws(DigestError) -> Found {
        var result = found.withLock { $0 }
        if let failure = result.failure { throw failure }
        if stop.isSet { throw .cancelled }
        // A single part is the whole file.
        if plan.datashaKind == .part, plan.parts.count == 1, checked.count == 1 {
            result.wholeFile = result.outcomes[0]?.plain ?? plan.parts[0].datasha
        }
        var crcs = CRC64Set(crcKinds)
        for next in result.crcs { crcs.append(next) }
        if !isWhole {
            result.runChecksums = Checksums(crcs.checksums)
        } else if !plan.parts.isEmpty {
            for checksum in crcs.checksums { result.checksums[checksum.kind] = checksum }
        }
        return result
    }

    /// The report, once every part is hashed.
    ///
    /// - Throws: why the file could not be read, or that it changed meanwhile.
    func report(_ engine: DigestEngine) throws(DigestError) -> CheckReport {
        defer { progress?.enter(.finished) }
        var findings: [Finding] = []
        if source.size > plan.fileSize {
            findings.append(.appended(planned: plan.fileSize, found: source.size))
        } else if source.size < plan.fileSize {
            findings.append(.truncated(planned: plan.fileSize, found: source.size))
        }
        if plan.parts.isEmpty, plan.sha != .ofNoBytes {
            findings.append(.damagedSHA(recorded: plan.sha, computed: .ofNoBytes))
        }
        let found = try result()
        findings += try differences(found, engine)
        try source.checkUnchanged()
        progress?.add(files: 1)
        return CheckReport(
            findings: findings, bytesChecked: checkedBytes, runChecksums: found.runChecksums)
    }

    private func differences(_ found: Found, _ engine: DigestEngine) throws(DigestError) -> [Finding] {
        progress?.enter(.diagnosing)
        let form = found.outcomes.isEmpty ? nil : try DatashaForm.recognised(in: plan, self)
        guard let form else { return try Diagnosis.findings(plan: plan, checked: checked, found, hash) }
        let again = FileCheck(
            source, plan: form.rewritten(plan), selection: selection, engine: engine, progress: nil,
            cancellation: stop.asked)
        engine.hashParts(of: again)
        let foundAgain = try again.result()
        let more = try Diagnosis.findings(
            plan: again.plan, checked: again.checked, foundAgain, again.hash)
        return [form.finding] + form.unexplained(more, plan)
    }
}

/// The result of one part; kept only if something does not match.
struct PartOutcome: Hashable, Sendable {
    /// Whether hashing its bytes from the recorded state gives the recorded `datasha`; in `part` mode,
    /// whether the plain digest matches.
    let datashaAgrees: Bool
    /// The plain SHA-1 of its bytes, if it was computed: always in `part` mode, otherwise if a `sha1` is
    /// recorded.
    let plain: Digest?
    /// Whether the recorded `sha1` matches; nil if none is recorded.
    let sha1Agrees: Bool?

    /// Whether everything matches.
    var agrees: Bool { datashaAgrees && sha1Agrees ?? true }
}
