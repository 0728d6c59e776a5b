import PlanCore
import Synchronization

/// The hashing of all parts of one source against a plan, by several threads.
///
/// Each part is hashed from the state recorded before it, so every part is a message of its own. A class, because
/// the threads share it.
final class CheckRun: Sendable {
    /// What the threads have found.
    struct Found {
        /// The parts where something does not agree.
        var outcomes: [Int: PartOutcome] = [:]
        /// The digest of the planned bytes, from one serial pass (`part` mode).
        var wholeFile: Digest?
        var failure: DigestError?
    }

    private let source: DigestSource
    private let plan: PlannedFile
    /// How many parts are checked, from the first.
    let checked: Int
    /// Whether lanes carry two states.
    private let pair: Bool
    private let table: KernelTable
    private let jobs: Int
    private let budget: WindowBudget
    private let stop: StopSignal
    private let progress: DigestProgress?
    /// The first part that nobody has taken yet.
    private let next = Atomic<Int>(0)
    private let wantsSerialPass: Atomic<Bool>
    private let found = Monitor(Found())

    /// Where the checked parts end. **Unit**: bytes.
    var checkedEnd: Int64 { checked == 0 ? 0 : plan.parts[checked - 1].range.end }

    init(
        _ source: DigestSource, plan: PlannedFile, engine: DigestEngine, stop: StopSignal,
        progress: DigestProgress?
    ) {
        self.source = source
        self.plan = plan
        self.stop = stop
        self.progress = progress
        let whole = plan.parts.prefix { $0.range.end <= source.size }.count
        checked = whole
        pair = plan.datashaKind == .state && plan.parts.contains { $0.sha1 != nil }
        table = pair ? engine.pairTable : engine.singleTable
        let serial = plan.datashaKind == .part && plan.parts.count > 1 && whole == plan.parts.count
        wantsSerialPass = Atomic(serial)
        let useful = (whole + table.width - 1) / table.width + (serial ? 1 : 0)
        jobs = max(1, min(engine.jobs, useful))
        budget = .oneFile(threads: jobs)
    }

    /// Blocks until every part is hashed.
    func run() throws(DigestError) -> Found {
        let isShort = plan.fileSize <= PlanRun.smallSize
        if isShort {
            work(prefetcher: nil)
        } else {
            Prefetcher.with { prefetcher in
                WorkerThread.parallel(jobs) { self.work(prefetcher: prefetcher) }
            }
        }
        var result = found.withLock { $0 }
        if let failure = result.failure { throw failure }
        // One part is the whole file.
        if plan.datashaKind == .part, plan.parts.count == 1, checked == 1 {
            result.wholeFile = result.outcomes[0]?.plain ?? plan.parts[0].datasha
        }
        return result
    }

    private func work(prefetcher: Prefetcher?) {
        var driver = LaneDriver(table, pair: pair)
        if wantsSerialPass.exchange(false, ordering: .relaxed) {
            serialPass(&driver, prefetcher: prefetcher)
        }
        let width = table.width
        var supply: PartSupply?
        func takePart() -> PartWork? {
            guard !stop.isSet else { return nil }
            while true {
                if let (part, reader) = supply?.next() { return work(part, reader) }
                guard let parts = takeParts() else { return nil }
                supply = PartSupply(
                    source, layout: plan.partLayout, parts: parts, budget: budget, lanes: width,
                    prefetcher: prefetcher, stop: stop)
            }
        }
        var prepared: [PartWork] = []
        driver.run(limit: { width }) { () -> PartWork? in
            // Half the lanes' parts have their bytes brought in before they are needed.
            while prefetcher != nil, prepared.count < width / 2, let work = takePart() {
                work.prepare()
                prepared.append(work)
            }
            return prepared.isEmpty ? takePart() : prepared.removeFirst()
        }
    }

    private func work(_ part: Int, _ reader: any PartReader) -> PartWork {
        let item = PartWork.Item(part: part, range: plan.parts[part].range, claims: claims(part))
        return PartWork(item, reader: reader) { [self] in note($0, $1) }
    }

    /// Parts that share a mapping, or one.
    private func takeParts() -> Range<Int>? {
        let count = budget.partsInBlock(plan.partLayout.pieceSize, lanes: table.width) ?? 1
        let first = next.wrappingAdd(count, ordering: .relaxed).oldValue
        return first < checked ? first..<min(first + count, checked) : nil
    }

    private func claims(_ part: Int) -> PartWork.Claims {
        guard let start = plan.recordedState(before: part) else { return .plain }
        return pair ? .both(from: start) : .state(from: start)
    }

    private func note(_ item: PartWork.Item, _ result: Result<PartWork.Outcome, DigestError>) {
        let hashed: PartWork.Outcome
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
        let plain: Digest? = plan.datashaKind == .part || pair ? hashed.plain : nil
        let outcome = PartOutcome(
            datashaAgrees: datasha == recorded.datasha, plain: plain,
            sha1Agrees: recorded.sha1.flatMap { sha1 in plain.map { $0 == sha1 } })
        if !outcome.agrees { found.withLock { $0.outcomes[item.part] = outcome } }
    }

    /// The digest of all planned bytes, which in `part` mode nothing else proves.
    private func serialPass(_ driver: inout LaneDriver, prefetcher: Prefetcher?) {
        let range = ByteRange(offset: 0, length: plan.fileSize)
        let item = PartWork.Item(part: 0, range: range, claims: .plain)
        do throws(DigestError) {
            let whole = try hash(item, &driver, prefetcher).plain
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

    private func hash(_ part: Int, _ claims: PartWork.Claims) throws(DigestError) -> PartWork.Outcome {
        var driver = LaneDriver(table, pair: pair)
        let item = PartWork.Item(part: part, range: plan.parts[part].range, claims: claims)
        return try hash(item, &driver, nil)
    }

    /// One item alone, on the calling thread.
    private func hash(
        _ item: PartWork.Item, _ driver: inout LaneDriver, _ prefetcher: Prefetcher?
    ) throws(DigestError) -> PartWork.Outcome {
        var result: Result<PartWork.Outcome, DigestError> = .failure(.cancelled)
        let reader = WindowReader(
            source, range: item.range, stretchBytes: budget.stretchBytes(lanes: 1), prefetcher: prefetcher,
            stop: stop)
        let work = PartWork(item, reader: reader) { result = $1 }
        var lane = Lane()
        while work.next(&lane) { driver.run(&lane, pair: false) }
        return try result.get()
    }
}
