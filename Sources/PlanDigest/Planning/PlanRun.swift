import PlanCore

/// The planning of some files by several threads. A class, because the threads share it.
final class PlanRun: Sendable {
    typealias Finished = PlanState.Finished

    let schedule: PlanSchedule
    let stop: StopCondition
    let progress: DigestProgress?
    let budget: WindowBudget
    private let state: Monitor<PlanState>

    init(_ schedule: PlanSchedule, progress: DigestProgress?, cancellation: Cancellation?) {
        self.schedule = schedule
        self.progress = progress
        stop = StopCondition(asked: cancellation)
        let jobs = schedule.jobs
        budget = schedule.requests.count == 1 ? .oneFile(threads: jobs) : .batch(threads: jobs)
        state = Monitor(PlanState(schedule))
    }

    /// Blocks until all files are over or `finished` returns false, which it is called with on this thread.
    func run(finished: (Int, Result<FileDigest, DigestError>) -> Bool) {
        Prefetcher.with { prefetcher in
            let threads = (0..<schedule.jobs).compactMap { _ in
                WorkerThread { PlanWorker(self, prefetcher: prefetcher).run() }
            }
            let missing = schedule.jobs - threads.count
            if threads.isEmpty {
                state.change { $0.lackThreads(missing - 1) }
                PlanWorker(self, prefetcher: prefetcher).run()
            } else if missing > 0 {
                state.change { $0.lackThreads(missing) }
            }
            while let results = nextResults() {
                for (index, result) in results where !stop.ended.isCancelled {
                    progress?.add(files: 1)
                    if !finished(index, result) { stop.ended.cancel() }
                }
                if stop.ended.isCancelled { state.wake() }
            }
            for thread in threads { thread.join() }
        }
    }

    private func nextResults() -> [Finished]? {
        let results = state.wait { $0.takeResults() }
        return results.isEmpty ? nil : results
    }

    // For the threads that hash.

    /// What the calling thread does next; waits while only others can say.
    func nextAssignment() -> PlanState.Assignment {
        var isIdle = false
        return state.wait { state in
            if isIdle { state.setIdle(false) }
            isIdle = false
            if stop.isSet { return .end }
            if let assignment = state.nextAssignment() { return assignment }
            isIdle = true
            state.setIdle(true)
            return nil
        }
    }

    /// How many lanes a thread should have alive: its share of the files, as many as are worth it.
    func lanesWanted(_ use: PlanSchedule.LaneUse) -> Int { state.withLock { $0.lanesWanted(use) } }

    /// The next file for a lane; nil when there is none of this kind.
    func takeForLanes(_ use: PlanSchedule.LaneUse) -> Int? {
        stop.isSet ? nil : state.withLock { $0.takeForLanes(use) }
    }

    /// Notes that a small file is a large one by now, and hashed like one.
    func smallFileGrew(_ index: Int, size: Int64) { state.withLock { $0.smallFileGrew(index, size: size) } }

    /// Notes that a large file could not be begun.
    func couldNotBegin(_ index: Int) { state.change { $0.couldNotBegin(index) } }

    /// Notes that a file that the calling thread had for itself is over.
    func soloEnded() { state.change { $0.soloEnded() } }

    /// Notes that the calling thread has left lanes whose parts others hash.
    func givingAwayEnded() { state.change { $0.givingAwayEnded() } }

    /// Notes that the calling thread ends.
    func threadEnded() { state.change { $0.threadEnded() } }

    // What files leave to other threads.

    /// Gives the own digests of parts from `part` on to a thread that has nothing to do, if there is one.
    ///
    /// - Returns: of how many parts.
    func offerParts(of entry: PlanEntry, from part: Int) -> Int {
        guard state.withLock({ $0.wantsSideWork }) else { return 0 }
        return leave(schedule.group(entry, from: part), of: entry)
    }

    /// Leaves the own digests of parts from `part` on to other threads. Waits while they have plenty, so that they read
    /// what has just been read.
    ///
    /// - Returns: of how many parts.
    func giveParts(of entry: PlanEntry, from part: Int) -> Int {
        state.wait { $0.hasPlentyOfSideWork && !stop.isSet ? nil : true }
        return leave(schedule.group(entry, from: part), of: entry)
    }

    private func leave(_ parts: Range<Int>, of entry: PlanEntry) -> Int {
        state.change { $0.leaveToOthers(PlanState.SideWork(entry: entry, task: .parts(parts))) }
        return parts.count
    }

    /// Leaves a digest of the whole file to another thread.
    func leave(_ kind: ChecksumKind, of entry: PlanEntry) {
        state.change { $0.leaveToOthers(PlanState.SideWork(entry: entry, task: .stream(kind))) }
    }

    /// Notes that `work` is done.
    ///
    /// - Returns: its file, if that was all that it waited for.
    func close(_ work: PlanState.SideWork, _ result: Result<[Checksum], DigestError>) -> HashedFile? {
        state.change { $0.close(work, result) }
    }

    /// Notes that the running state of a file is over.
    ///
    /// - Returns: the file, if nothing of it is with other threads; otherwise the thread that is done last gets it.
    func settle(_ entry: PlanEntry, _ states: Result<FileStates, DigestError>) -> HashedFile? {
        state.change { $0.settle(entry, states) }
    }

    /// Hands results to the thread that asked for them.
    func deliver(_ results: [Finished]) { state.change { $0.deliver(results) } }
}
