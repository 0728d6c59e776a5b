import PlanCore

/// The planning of several files on several threads.
///
/// A class, because the threads share it.
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
        budget = schedule.order.count == 1 ? .oneFile(threads: jobs) : .batch(threads: jobs)
        state = Monitor(PlanState(schedule))
    }

    /// Blocks until all files are done or `finished`, called on this thread, returns false.
    func run(finished: (Int, Result<FileDigest, DigestError>) -> Bool) {
        guard !schedule.isInline else {
            state.change { $0.lackThreads(schedule.jobs - 1) }
            PlanWorker(self, prefetcher: nil).run()
            return deliverAll(to: finished)
        }
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
            deliverAll(to: finished)
            for thread in threads { thread.join() }
        }
    }

    /// Reports the results until there are no more.
    private func deliverAll(to finished: (Int, Result<FileDigest, DigestError>) -> Bool) {
        while let results = nextResults() {
            for (index, result) in results where !stop.ended.isCancelled {
                progress?.add(files: 1)
                if !finished(index, result) { stop.ended.cancel() }
            }
            if stop.ended.isCancelled { state.wake() }
        }
    }

    private func nextResults() -> [Finished]? {
        let results = state.wait { $0.takeResults() }
        return results.isEmpty ? nil : results
    }

    // For the hashing threads.

    /// The next work for the calling thread; waits while it depends on other threads.
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

    /// How many lanes a thread should keep active: its share of the files, up to the useful number.
    func lanesWanted(_ use: PlanSchedule.LaneUse) -> Int { state.withLock { $0.lanesWanted(use) } }

    /// The next file for a lane; nil if there is none of this kind.
    func takeForLanes(_ use: PlanSchedule.LaneUse) -> Int? {
        stop.isSet ? nil : state.withLock { $0.takeForLanes(use) }
    }

    /// Records that a file taken as small has grown and is hashed as a large one.
    func smallFileGrew(_ index: Int, size: Int64) { state.withLock { $0.smallFileGrew(index, size: size) } }

    /// Records that a large file could not be opened.
    func couldNotBegin(_ index: Int) { state.change { $0.couldNotBegin(index) } }

    /// Records that a file with a thread of its own is done.
    func soloEnded() { state.change { $0.soloEnded() } }

    /// Records that the calling thread has left lanes whose parts are hashed by other threads.
    func givingAwayEnded() { state.change { $0.givingAwayEnded() } }

    /// Records that the calling thread ends.
    func threadEnded() { state.change { $0.threadEnded() } }

    // Work that a file leaves to other threads.

    /// Offers the own digests of the parts from `part` on to an idle thread.
    ///
    /// - Returns: the number of parts taken; 0 if no thread is idle.
    func offerParts(of entry: PlanEntry, from part: Int) -> Int {
        guard state.withLock({ $0.wantsSideWork }) else { return 0 }
        return leave(schedule.group(entry, from: part), of: entry)
    }

    /// Leaves the own digests of the parts from `part` on to other threads.
    ///
    /// Waits while they have plenty of work, so that they read bytes that are still cached.
    ///
    /// - Returns: the number of parts.
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

    /// Records that `work` is done.
    ///
    /// - Returns: its file, if all of its work is done.
    func close(_ work: PlanState.SideWork, _ result: Result<[Checksum], DigestError>) -> HashedFile? {
        state.change { $0.close(work, result) }
    }

    /// Records that the running state of a file is done.
    ///
    /// - Returns: the file, if other threads have no work left on it; otherwise the thread that finishes last
    ///   receives it.
    func settle(_ entry: PlanEntry, _ states: Result<FileStates, DigestError>) -> HashedFile? {
        state.change { $0.settle(entry, states) }
    }

    /// Passes results to the thread that called ``run(finished:)``.
    func deliver(_ results: [Finished]) { state.change { $0.deliver(results) } }
}
