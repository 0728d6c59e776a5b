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
        budget = WindowBudget(threads: jobs)
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
        var prepared: [PartWork] = []
        driver.run(limit: { width }) { () -> PartWork? in
            // A lane's worth of parts has its windows mapped before they are needed.
            while prefetcher != nil, prepared.count < width, let work = takePart(prefetcher) {
                work.prepare()
                prepared.append(work)
            }
            return prepared.isEmpty ? takePart(prefetcher) : prepared.removeFirst()
        }
    }

    private func takePart(_ prefetcher: Prefetcher?) -> PartWork? {
        guard !stop.isSet else { return nil }
        let part = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard part < checked else { return nil }
        let range = plan.parts[part].range
        let reader = WindowReader(
            source, range: range, windowBytes: budget.windowBytes(lanes: table.width), prefetcher: prefetcher,
            stop: stop)
        return PartWork(part: part, range: range, claims: claims(part), reader: reader) { [self] in note($0) }
    }

    private func claims(_ part: Int) -> PartWork.Claims {
        guard let start = plan.recordedState(before: part) else { return .plain }
        return pair ? .both(from: start) : .state(from: start)
    }

    private func note(_ work: PartWork) {
        if let failure = work.failure {
            stop.ended.cancel()
            found.withLock { $0.failure = $0.failure ?? failure }
        }
        guard let hashed = work.outcome else { return }
        progress?.add(bytes: work.range.length)
        let recorded = plan.parts[work.part]
        let isLast = work.part == plan.parts.count - 1
        let datasha =
            plan.datashaKind == .part ? hashed.plain : isLast ? hashed.finished : hashed.state.datasha
        let plain: Digest? = plan.datashaKind == .part || pair ? hashed.plain : nil
        let outcome = PartOutcome(
            datashaAgrees: datasha == recorded.datasha, plain: plain,
            sha1Agrees: recorded.sha1.flatMap { sha1 in plain.map { $0 == sha1 } })
        if !outcome.agrees { found.withLock { $0.outcomes[work.part] = outcome } }
    }

    /// The digest of all planned bytes, which in `part` mode nothing else proves.
    private func serialPass(_ driver: inout LaneDriver, prefetcher: Prefetcher?) {
        let range = ByteRange(offset: 0, length: plan.fileSize)
        let reader = WindowReader(
            source, range: range, windowBytes: budget.windowBytes(lanes: 1), prefetcher: prefetcher,
            stop: stop)
        let work = PartWork(part: 0, range: range, claims: .plain, reader: reader) { [found, stop] work in
            if work.failure != nil { stop.ended.cancel() }
            found.withLock { found in
                found.wholeFile = work.outcome?.plain
                found.failure = found.failure ?? work.failure
            }
        }
        var lane = Lane()
        while work.next(&lane) { driver.run(&lane, pair: false) }
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
        let range = plan.parts[part].range
        let reader = WindowReader(
            source, range: range, windowBytes: budget.windowBytes(lanes: 1), prefetcher: nil, stop: stop)
        let work = PartWork(part: part, range: range, claims: claims, reader: reader) { _ in }
        var driver = LaneDriver(table, pair: pair)
        var lane = Lane()
        while work.next(&lane) { driver.run(&lane, pair: false) }
        if let failure = work.failure { throw failure }
        guard let outcome = work.outcome else { throw .cancelled }
        return outcome
    }
}
