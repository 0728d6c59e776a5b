import PlanCore
import PlanFiles

/// One thread of a ``PlanRun``. A class, because it owns the thread's buffers; it never leaves its thread.
@safe final class PlanWorker {
    private let plan: PlanRun
    private let prefetcher: Prefetcher?
    private let buffer: UnsafeMutableRawBufferPointer
    private var results: [PlanRun.Finished] = []
    private var resultBytes: Int64 = 0
    private var single: LaneDriver
    private var pair: LaneDriver

    init(_ plan: PlanRun, prefetcher: Prefetcher?) {
        self.plan = plan
        self.prefetcher = prefetcher
        single = LaneDriver(plan.singleTable, pair: false)
        pair = LaneDriver(plan.pairTable, pair: true)
        unsafe buffer = .allocate(byteCount: Int(PlanRun.smallSize), alignment: 64)
    }

    deinit { unsafe buffer.deallocate() }

    /// Works until nothing is left to do.
    func run() {
        working: while true {
            switch plan.nextAssignment() {
            case .small(let indexes): indexes.forEach(hashSmall)
            case .solo(let index):
                if let task = open(index, lanes: 1) { hashAlone(task, Lane()) }
                plan.state.change { $0.alone -= 1 }
            case .lanes(let use): hashInLanes(use)
            case .group(let group): hash(group)
            case .end: break working
            }
            flush()
        }
        plan.state.change { $0.threads -= 1 }
    }

    // Small files.

    private func hashSmall(_ index: Int) {
        guard !plan.stop.isSet else { return }
        let request = plan.requests[index]
        do throws(DigestError) {
            let source = try request.open()
            let size = source.size
            guard size <= PlanRun.smallSize else {
                // It grew since it was listed: hashed like any large file.
                plan.state.withLock { state in
                    state.live[index] = size
                    state.offering += 1
                }
                return hashAlone(task(index, source, lanes: 1), Lane())
            }
            let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[0..<Int(size)])
            unsafe try source.read(into: bytes)
            let sha = unsafe StreamHash.digest(UnsafeRawBufferPointer(bytes))
            try source.checkUnchanged()
            let range = ByteRange(offset: 0, length: size)
            let parts = size == 0 ? [] : [request.part(range, state: sha, plain: sha)]
            plan.progress?.add(bytes: size)
            deliver(index, .success(PlanDigests(of: source, sha: sha, parts: parts)))
        } catch {
            deliver(index, .failure(error))
        }
    }

    // Large files.

    private func open(_ index: Int, lanes: Int) -> FileHash? {
        do throws(DigestError) {
            return task(index, try plan.requests[index].open(), lanes: lanes)
        } catch {
            plan.over(index)
            deliver(index, .failure(error))
            return nil
        }
    }

    private func task(_ index: Int, _ source: DigestSource, lanes: Int) -> FileHash {
        let reader = WindowReader(
            source, range: ByteRange(offset: 0, length: source.size),
            stretchBytes: plan.budget.stretchBytes(lanes: lanes), prefetcher: prefetcher,
            readingAhead: lanes == 1 && plan.jobs > 1 ? .always : .cold, stop: plan.stop)
        return FileHash(
            index: index, request: plan.requests[index], source: source, reader: reader,
            progress: plan.progress)
    }

    private func hashInLanes(_ use: PlanRun.LaneUse) {
        let last = driver(pair: use == .both) { driver in
            driver.run(leavingLast: true) {
                plan.lanesWanted(use)
            } supply: { () -> FileHash? in
                while let index = plan.takeForLanes(use) {
                    guard let task = open(index, lanes: plan.lanesWanted(use)) else { continue }
                    if use == .stateAlone { task.offer = { [unowned self] in give($0, from: $1) } }
                    task.whenOver = { [unowned self] task in
                        if plan.settle(task) { finish(task) }
                        if resultBytes >= Self.flushBytes { flush() }
                    }
                    return task
                }
                return nil
            }
        }
        if use == .stateAlone { plan.state.change { $0.givingAway -= 1 } }
        guard let last else { return }
        last.work.whenOver = nil
        hashAlone(last.work, last.lane)
    }

    private func driver<Result>(pair isPair: Bool, _ body: (inout LaneDriver) -> Result) -> Result {
        isPair ? body(&pair) : body(&single)
    }

    /// Hashes `task` to its end from where `lane` is, giving parts to idle threads.
    private func hashAlone(_ task: FileHash, _ start: Lane) {
        var lane = start
        task.offer = { [unowned self] task, part in
            let group = group(task, from: part)
            return plan.offer(group) ? group.parts.count : 0
        }
        while lane.blocks > 0 || task.next(&lane) {
            pair.run(&lane, pair: task.wantsSecondState)
        }
        task.offer = nil
        if plan.settle(task) { finish(task) }
    }

    private func give(_ task: FileHash, from part: Int) -> Int {
        let group = group(task, from: part)
        plan.give(group)
        return group.parts.count
    }

    private func group(_ task: FileHash, from part: Int) -> PlanRun.PartGroup {
        let count = plan.singleTable.width * Self.roundsInGroup
        return PlanRun.PartGroup(task: task, parts: part..<min(part + count, task.layout.count))
    }

    /// How often a group fills the lanes: few enough that a file's plan does not wait long for the last one.
    private static let roundsInGroup = 2

    private func hash(_ group: PlanRun.PartGroup) {
        let task = group.task
        let width = plan.singleTable.width
        var failure: DigestError?
        var parts = PartSupply(
            task.source, layout: task.layout, parts: group.parts, budget: plan.budget, lanes: width,
            prefetcher: prefetcher, stop: plan.stop)
        single.run(limit: { width }) { () -> PartHash? in
            guard failure == nil, let (part, reader) = parts.next() else { return nil }
            let item = PartHash.Item(part: part, range: task.layout.range(of: part), claims: .plain)
            return PartHash(item, reader: reader) { _, result in
                switch result {
                case .success(let outcome): task.partDigests?[part] = outcome.plain
                case .failure(let error): failure = failure ?? error
                }
            }
        }
        if let task = plan.close(group, failure: failure) { finish(task) }
    }

    // Results.

    /// Results are handed over in lots, unless they are large: waking the caller costs more than a small file.
    private static let flushBytes: Int64 = 8 << 20

    private func finish(_ task: FileHash) {
        deliver(task.index, task.resultWithParts(otherThreads: plan.groupFailure(of: task)))
    }

    private func deliver(_ index: Int, _ result: Result<PlanDigests, DigestError>) {
        results.append((index, result))
        if case .success(let digest) = result { resultBytes += digest.fileSize }
    }

    private func flush() {
        guard !results.isEmpty else { return }
        let ready = results
        results = []
        resultBytes = 0
        plan.state.change { $0.results.append(contentsOf: ready) }
    }
}
