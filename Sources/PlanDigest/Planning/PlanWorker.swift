import PlanCore

/// A thread of a ``PlanRun``.
///
/// A class, because it owns the thread's buffers; it never leaves its thread.
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
        single = LaneDriver(plan.schedule.singleTable, pair: false)
        pair = LaneDriver(plan.schedule.pairTable, pair: true)
        unsafe buffer = .allocate(byteCount: Int(WindowBudget.smallFile), alignment: 64)
    }

    deinit { unsafe buffer.deallocate() }

    /// Works until nothing is left to do.
    func run() {
        working: while true {
            switch plan.nextAssignment() {
            case .small(let indexes): indexes.forEach(hashSmall)
            case .solo(let index):
                if let entry = open(index) { hashAlone(entry) }
                plan.soloEnded()
            case .lanes(let use): hashInLanes(use)
            case .aside(let work): hash(work)
            case .end: break working
            }
            flush()
        }
        plan.threadEnded()
    }

    // Small files.

    private func hashSmall(_ index: Int) {
        guard !plan.stop.isSet else { return }
        let request = plan.schedule.requests[index]
        do throws(DigestError) {
            let source = try request.open()
            let size = source.size
            guard size <= WindowBudget.smallFile else {
                // It grew since it was listed and is hashed as a large file.
                plan.smallFileGrew(index, size: size)
                return hashAlone(PlanEntry(index: index, request: request, source: source))
            }
            let bytes = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[0..<Int(size)])
            let range = ByteRange(offset: 0, length: size)
            unsafe try source.read(range, into: bytes)
            let sha = unsafe StreamHash.digest(UnsafeRawBufferPointer(bytes))
            var checksums = ByteChecksums(request.checksums)
            unsafe checksums.take(UnsafeRawBufferPointer(bytes))
            try source.checkUnchanged()
            let parts = size == 0 ? [] : [request.part(range, state: sha, plain: sha)]
            plan.progress?.add(bytes: size)
            deliver(
                index,
                .success(FileDigest(fileSize: size, sha: sha, parts: parts, checksums: checksums.values)))
        } catch {
            deliver(index, .failure(error))
        }
    }

    // Large files.

    private func open(_ index: Int) -> PlanEntry? {
        let request = plan.schedule.requests[index]
        do throws(DigestError) {
            return PlanEntry(index: index, request: request, source: try request.open())
        } catch {
            plan.couldNotBegin(index)
            deliver(index, .failure(error))
            return nil
        }
    }

    private func reader(_ source: DigestSource, lanes: Int) -> WindowReader {
        WindowReader(
            source, range: ByteRange(offset: 0, length: source.size),
            stretchBytes: plan.budget.stretchBytes(lanes: lanes), prefetcher: prefetcher,
            readingAhead: lanes == 1 && plan.schedule.jobs > 1 ? .always : .cold, stop: plan.stop)
    }

    private func hashInLanes(_ use: PlanSchedule.LaneUse) {
        let last = driver(pair: use == .both) { driver in
            driver.run(leavingLast: true) {
                plan.lanesWanted(use)
            } supply: { () -> FileHash? in
                while let index = plan.takeForLanes(use) {
                    guard let entry = open(index) else { continue }
                    return FileHash(
                        entry, reader: reader(entry.source, lanes: plan.lanesWanted(use)),
                        // A file that has grown past one part since it was listed is among those without a second state.
                        partHashing: use == .both ? .lane : .otherThreads(of: plan),
                        checksums: entry.request.checksums, progress: plan.progress)
                }
                return nil
            } over: { file, states in
                if let hashed = plan.settle(file.entry, states) { finish(hashed) }
                if resultBytes >= Self.flushBytes { flush() }
            }
        }
        if use == .stateAlone { plan.givingAwayEnded() }
        if let last { hashAlone(last.work, from: last.lane) }
    }

    private func driver<Result>(pair isPair: Bool, _ body: (inout LaneDriver) -> Result) -> Result {
        isPair ? body(&pair) : body(&single)
    }

    /// Hashes a file that has a thread of its own.
    ///
    /// Digests that need all bytes in order go to other threads.
    private func hashAlone(_ entry: PlanEntry) {
        var checksums = entry.request.checksums
        if plan.schedule.jobs > 1 {
            for kind in ChecksumKind.allCases where checksums.serial.contains(kind) {
                plan.leave(kind, of: entry)
            }
            checksums = checksums.combinable
        }
        let file = FileHash(
            entry, reader: reader(entry.source, lanes: 1), partHashing: .idleThreads(of: plan),
            checksums: checksums, progress: plan.progress)
        hashAlone(file, from: Lane())
    }

    /// Hashes `file` to its end from `lane`, giving parts to idle threads.
    private func hashAlone(_ file: FileHash, from lane: Lane) {
        file.partHashing = .idleThreads(of: plan)
        let states = pair.run(file, from: lane) { $0.wantsSecondState }
        if let hashed = plan.settle(file.entry, states) { finish(hashed) }
    }

    // Work left by files of other threads.

    private func hash(_ work: PlanState.SideWork) {
        let result: Result<[Checksum], DigestError>
        switch work.task {
        case .parts(let parts): result = hash(parts, of: work.entry)
        case .stream(let kind): result = hash(work.entry, kind)
        }
        if let hashed = plan.close(work, result) { finish(hashed) }
    }

    private func hash(_ parts: Range<Int>, of entry: PlanEntry) -> Result<[Checksum], DigestError> {
        guard let table = entry.partTable else { return .success([]) }
        let width = plan.schedule.singleTable.width
        let kinds = entry.request.checksums.combinable
        var failure: DigestError?
        var supply = PartSupply(
            entry.source, layout: entry.layout, parts: parts, budget: plan.budget, lanes: width,
            prefetcher: prefetcher, stop: plan.stop)
        single.run(limit: { width }) { () -> PartHash<Void>? in
            guard failure == nil, let (part, reader) = supply.next() else { return nil }
            return PartHash(
                part, of: (), range: entry.layout.range(of: part), claims: .plain, checksums: kinds,
                reader: reader)
        } over: { hash, result in
            switch result {
            case .success(let outcome):
                table[hash.part] = PartTable.Row(sha1: outcome.plain, crcs: outcome.crcs)
            case .failure(let error): failure = failure ?? error
            }
        }
        return failure.map { .failure($0) } ?? .success([])
    }

    private func hash(_ entry: PlanEntry, _ kind: ChecksumKind) -> Result<[Checksum], DigestError> {
        Result { () throws(DigestError) in
            var checksums = ByteChecksums([kind])
            try checksums.take(reader(entry.source, lanes: 1), size: entry.source.size)
            return checksums.values.all
        }
    }

    // Results.

    /// Results are delivered in batches, unless they are large: waking the caller costs more than hashing a
    /// small file.
    private static let flushBytes: Int64 = 8 << 20

    private func finish(_ file: HashedFile) {
        deliver(file.entry.index, Result { () throws(DigestError) in try file.digest() })
    }

    private func deliver(_ index: Int, _ result: Result<FileDigest, DigestError>) {
        results.append((index, result))
        if case .success(let digest) = result { resultBytes += digest.fileSize }
    }

    private func flush() {
        guard !results.isEmpty else { return }
        plan.deliver(results)
        results = []
        resultBytes = 0
    }
}
