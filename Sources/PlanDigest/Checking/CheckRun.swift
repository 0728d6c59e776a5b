import PlanCore

/// The hashing of all parts of one source against a plan.
///
/// Each part is hashed from the state recorded before it, so every part is a message of its own. A class, because
/// the threads that hash parts share it.
final class CheckRun: Sendable {
    /// What the threads have found.
    struct Found {
        /// The parts where something does not agree.
        var outcomes: [Int: PartOutcome] = [:]
        /// The digest of the planned bytes, from one serial pass (`part` mode).
        var wholeFile: Digest?
        var failure: DigestError?
    }

    /// Which of the files of a check it is.
    let number: Int
    let source: DigestSource
    let plan: PlannedFile
    let progress: DigestProgress?
    /// How many parts are checked, from the first.
    let checked: Int
    /// Whether lanes carry two states.
    let pair: Bool
    let table: KernelTable
    /// Whether the digest of all planned bytes is wanted, which in `part` mode nothing else proves.
    let wantsSerialPass: Bool
    let stop: StopSignal
    private let found = Monitor(Found())

    /// Where the checked parts end. **Unit**: bytes.
    var checkedEnd: Int64 { checked == 0 ? 0 : plan.parts[checked - 1].range.end }

    init(
        _ source: DigestSource, number: Int = 0, plan: PlannedFile, engine: DigestEngine,
        progress: DigestProgress?, cancellation: Cancellation?
    ) {
        precondition(
            plan.parts.count < 2 || plan.partLayout.pieceSize % 64 == 0, "parts end where blocks end")
        self.source = source
        self.number = number
        self.plan = plan
        self.progress = progress
        stop = StopSignal(asked: cancellation)
        let whole = plan.parts.prefix { $0.range.end <= source.size }.count
        checked = whole
        // An only part's own digest is that of its state.
        pair = plan.datashaKind == .state && plan.parts.count > 1 && plan.parts.contains { $0.sha1 != nil }
        table = pair ? engine.pairTable : engine.singleTable
        wantsSerialPass = plan.datashaKind == .part && plan.parts.count > 1 && whole == plan.parts.count
    }

    /// What was found, once every part is hashed.
    ///
    /// - Throws: what went wrong, if not every part was.
    func result() throws(DigestError) -> Found {
        var result = found.withLock { $0 }
        if let failure = result.failure { throw failure }
        if stop.isSet { throw .cancelled }
        // One part is the whole file.
        if plan.datashaKind == .part, plan.parts.count == 1, checked == 1 {
            result.wholeFile = result.outcomes[0]?.plain ?? plan.parts[0].datasha
        }
        return result
    }

    /// The readers of `parts`, for a thread's lanes.
    func supply(_ parts: Range<Int>, budget: WindowBudget, prefetcher: Prefetcher?) -> PartSupply {
        PartSupply(
            source, layout: plan.partLayout, parts: parts, budget: budget, lanes: table.width,
            prefetcher: prefetcher, stop: stop)
    }

    /// The hashing of one part, which `reader` reads.
    func work(_ part: Int, _ reader: any PartReader, finished: @escaping () -> Void) -> PartHash {
        let item = PartHash.Item(part: part, range: plan.parts[part].range, claims: claims(part))
        return PartHash(item, reader: reader) { [self] in
            note($0, $1)
            finished()
        }
    }

    private func claims(_ part: Int) -> PartHash.Claims {
        guard let start = plan.recordedState(before: part) else { return .plain }
        return pair ? .both(from: start) : .state(from: start)
    }

    private func note(_ item: PartHash.Item, _ result: Result<PartHash.Outcome, DigestError>) {
        let hashed: PartHash.Outcome
        switch result {
        case .success(let outcome): hashed = outcome
        case .failure(let failure):
            stop.ended.cancel()
            return found.withLock { $0.failure = $0.failure ?? failure }
        }
        progress?.add(bytes: item.range.length)
        let recorded = plan.parts[item.part]
        let isLast = item.part == plan.parts.count - 1
        let datasha =
            plan.datashaKind == .part ? hashed.plain : isLast ? hashed.finished : hashed.state.datasha
        let hasPlain = plan.datashaKind == .part || pair || plan.parts.count == 1
        let plain: Digest? = hasPlain ? hashed.plain : nil
        let outcome = PartOutcome(
            datashaAgrees: datasha == recorded.datasha, plain: plain,
            sha1Agrees: recorded.sha1.flatMap { sha1 in plain.map { $0 == sha1 } })
        if !outcome.agrees { found.withLock { $0.outcomes[item.part] = outcome } }
    }

    /// The digest of all planned bytes.
    func serialPass(_ driver: inout LaneDriver, budget: WindowBudget, prefetcher: Prefetcher?) {
        let range = ByteRange(offset: 0, length: plan.fileSize)
        let item = PartHash.Item(part: 0, range: range, claims: .plain)
        do throws(DigestError) {
            let whole = try hash(item, &driver, budget, prefetcher).plain
            found.withLock { $0.wholeFile = whole }
        } catch {
            stop.ended.cancel()
            found.withLock { $0.failure = $0.failure ?? error }
        }
    }

    /// The hash of one part's bytes from a state, for the diagnosis.
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

    private func hash(_ part: Int, _ claims: PartHash.Claims) throws(DigestError) -> PartHash.Outcome {
        var driver = LaneDriver(table, pair: pair)
        let item = PartHash.Item(part: part, range: plan.parts[part].range, claims: claims)
        return try hash(item, &driver, .oneFile(threads: 1), nil)
    }

    /// One item alone, on the calling thread.
    private func hash(
        _ item: PartHash.Item, _ driver: inout LaneDriver, _ budget: WindowBudget, _ prefetcher: Prefetcher?
    ) throws(DigestError) -> PartHash.Outcome {
        var result: Result<PartHash.Outcome, DigestError> = .failure(.cancelled)
        let reader = WindowReader(
            source, range: item.range, stretchBytes: budget.stretchBytes(lanes: 1), prefetcher: prefetcher,
            stop: stop)
        let work = PartHash(item, reader: reader) { result = $1 }
        var lane = Lane()
        while work.next(&lane) { driver.run(&lane, pair: false) }
        return try result.get()
    }
}
