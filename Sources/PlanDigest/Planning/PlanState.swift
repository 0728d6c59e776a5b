import PlanCore

/// The files and parts of a ``PlanRun`` that wait, are being hashed, or are done.
struct PlanState: Sendable {
    /// The next work of a thread.
    enum Assignment: Sendable {
        /// Files to read into a buffer and hash one by one.
        case small([Int])
        /// One file, alone on its thread.
        case solo(Int)
        /// Files to hash in lanes, taken with ``PlanRun/takeForLanes(_:)``.
        case lanes(PlanSchedule.LaneUse)
        /// Work that another thread's file leaves to others.
        case aside(SideWork)
        case end
    }

    /// Work of a file that is not done by the thread of its running state.
    struct SideWork: Sendable {
        enum Task: Sendable {
            /// The own digests of these parts.
            case parts(Range<Int>)
            /// A digest of the whole file.
            case stream(ChecksumKind)
        }
        let entry: PlanEntry
        let task: Task
    }

    typealias Finished = (index: Int, result: Result<FileDigest, DigestError>)

    /// The state of a file that has left work to others.
    private struct Aside {
        /// The number of its pieces of work that are not done.
        var pending = 0
        var failure: DigestError?
        var digests: [Checksum] = []
        /// The result of its running state, once it is done.
        var states: Result<FileStates, DigestError>?
    }

    private let schedule: PlanSchedule
    /// How many files of the order have started, and the total size of the others.
    private var begun = 0
    private var queuedBytes: Int64
    /// The large files whose running state is being hashed, with their sizes.
    private var live: [Int: Int64] = [:]
    /// The number of threads that wait for work.
    private var idle = 0
    /// The number of threads that hash a file of their own.
    private var alone = 0
    /// The number of threads that do work left by others.
    private var inSideWork = 0
    /// The number of threads in lanes whose parts others hash.
    private var givingAway = 0
    private var sideWork: [SideWork] = []
    private var aside: [Int: Aside] = [:]
    private var results: [Finished] = []
    private var threads: Int

    init(_ schedule: PlanSchedule) {
        self.schedule = schedule
        queuedBytes = schedule.order.reduce(0) { $0.addingClamped(max(0, schedule.requests[$1].bytesLeft)) }
        threads = schedule.jobs
    }

    /// The number of unfinished files.
    private var filesLeft: Int { schedule.order.count - begun + live.count }

    /// Whether another large file may be opened.
    ///
    /// A file stays open until other threads are done with it as well.
    private var mayOpen: Bool {
        live.count + aside.keys.count { live[$0] == nil } < schedule.maximumLargeFiles
    }

    // Assigning work.

    /// The next work of a thread; nil while it depends on other threads.
    mutating func nextAssignment() -> Assignment? {
        if !sideWork.isEmpty {
            inSideWork += 1
            return .aside(sideWork.removeFirst())
        }
        if let assignment = begin() { return assignment }
        return begun == schedule.order.count && live.isEmpty ? .end : nil
    }

    /// Records that a thread starts or stops waiting.
    mutating func setIdle(_ isIdle: Bool) { idle += isIdle ? 1 : -1 }

    private mutating func begin() -> Assignment? {
        guard begun < schedule.order.count else { return nil }
        let first = schedule.order[begun]
        let request = schedule.requests[first]
        if request.isSmall { return .small(takeSmall()) }
        guard mayOpen else { return nil }
        let bytesLeft = live.values.reduce(queuedBytes) { $0.addingClamped($1) }
        if schedule.deservesThread(first, files: filesLeft, bytes: bytesLeft) {
            take(first)
            alone += 1
            return .solo(first)
        }
        guard request.carriesPair else { return .lanes(.state) }
        guard let threadsForStates = schedule.threadsForStates, alone == 0 else { return .lanes(.both) }
        guard givingAway < threadsForStates else { return nil }
        givingAway += 1
        return .lanes(.stateAlone)
    }

    private mutating func takeSmall() -> [Int] {
        var taken: [Int] = []
        let share = schedule.smallShare(begun: begun)
        while begun < schedule.order.count, taken.count < share {
            let index = schedule.order[begun]
            guard schedule.requests[index].isSmall else { break }
            begun += 1
            queuedBytes -= max(0, schedule.requests[index].bytesLeft)
            taken.append(index)
        }
        return taken
    }

    private mutating func take(_ index: Int) {
        begun += 1
        queuedBytes -= schedule.requests[index].bytesLeft
        live[index] = schedule.requests[index].bytesLeft
    }

    /// How many lanes a thread should keep active.
    func lanesWanted(_ use: PlanSchedule.LaneUse) -> Int { schedule.lanesWanted(use, files: filesLeft) }

    /// The next file for a lane; nil if there is none of this kind.
    mutating func takeForLanes(_ use: PlanSchedule.LaneUse) -> Int? {
        guard begun < schedule.order.count, mayOpen else { return nil }
        let index = schedule.order[begun]
        let request = schedule.requests[index]
        guard !request.isSmall, request.carriesPair == (use != .state) else { return nil }
        take(index)
        return index
    }

    /// Records that a file taken as small is hashed as a large one.
    mutating func smallFileGrew(_ index: Int, size: Int64) { live[index] = size }

    /// Records that a large file could not be opened.
    mutating func couldNotBegin(_ index: Int) { live[index] = nil }

    /// Records that a file with a thread of its own is done.
    mutating func soloEnded() { alone -= 1 }

    /// Records that a thread has left lanes whose parts others hash.
    mutating func givingAwayEnded() { givingAway -= 1 }

    // Work that files leave to other threads.

    /// Whether a thread is idle and no work is queued for it.
    var wantsSideWork: Bool { idle > sideWork.count }

    /// Whether plenty of work is queued, and there are threads to take it.
    var hasPlentyOfSideWork: Bool { sideWork.count >= 2 * live.count && idle + inSideWork > 0 }

    /// Queues `work` for other threads.
    mutating func leaveToOthers(_ work: SideWork) {
        switch work.task {
        case .parts: sideWork.append(work)
        // The longest work goes first.
        case .stream: sideWork.insert(work, at: 0)
        }
        aside[work.entry.index, default: Aside()].pending += 1
    }

    /// Records that `work` is done.
    ///
    /// - Returns: its file, if all of its work is done.
    mutating func close(
        _ work: SideWork, _ result: Result<[Checksum], DigestError>
    ) -> HashedFile? {
        inSideWork -= 1
        guard var file = aside[work.entry.index] else { return nil }
        switch result {
        case .success(let digests): file.digests += digests
        case .failure(let failure): file.failure = file.failure ?? failure
        }
        file.pending -= 1
        return settle(work.entry, file)
    }

    /// Records that the running state of a file is done.
    ///
    /// - Returns: the file, if other threads have no work left on it; otherwise the thread that finishes last
    ///   receives it.
    mutating func settle(
        _ entry: PlanEntry, _ states: Result<FileStates, DigestError>
    ) -> HashedFile? {
        live[entry.index] = nil
        var file = aside[entry.index] ?? Aside()
        file.states = states
        if case .failure = states {
            // The file failed, so its remaining digests are not needed.
            let count = sideWork.count
            sideWork.removeAll { $0.entry.index == entry.index }
            file.pending -= count - sideWork.count
        }
        return settle(entry, file)
    }

    private mutating func settle(_ entry: PlanEntry, _ file: Aside) -> HashedFile? {
        guard file.pending == 0, let states = file.states else {
            aside[entry.index] = file
            return nil
        }
        aside[entry.index] = nil
        return HashedFile(entry: entry, states: states, digests: file.digests, failure: file.failure)
    }

    // Results.

    mutating func deliver(_ finished: [Finished]) { results += finished }

    /// The finished files; nil if there are none yet, empty if there will be no more.
    mutating func takeResults() -> [Finished]? {
        guard results.isEmpty else {
            defer { results = [] }
            return results
        }
        return threads == 0 ? [] : nil
    }

    /// Records that `count` threads could not be started.
    mutating func lackThreads(_ count: Int) { threads -= count }

    /// Records that a thread has ended.
    mutating func threadEnded() { threads -= 1 }
}
