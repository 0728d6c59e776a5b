import PlanCore

/// Which files and parts of a ``PlanRun`` wait, are in hand, and are over.
struct PlanState: Sendable {
    /// What a thread does next.
    enum Assignment: Sendable {
        /// Files read into a buffer and hashed one by one.
        case small([Int])
        /// One file, alone on its thread.
        case solo(Int)
        /// Files in lanes, taken with ``PlanRun/takeForLanes(_:)``.
        case lanes(PlanSchedule.LaneUse)
        /// What another thread's file leaves to others.
        case aside(SideWork)
        case end
    }

    /// What a file leaves to other threads than the one its running state is on.
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

    /// What is known of a file that has left work to others.
    private struct Aside {
        /// How many pieces of its work are not done yet.
        var pending = 0
        var failure: DigestError?
        var digests: [Checksum] = []
        /// What its running state has come to, once that is over.
        var states: Result<FileStates, DigestError>?
    }

    private let schedule: PlanSchedule
    /// How many files of the order have begun, and the bytes of the others.
    private var begun = 0
    private var queuedBytes: Int64
    /// The large files whose running state is being hashed, and their sizes.
    private var live: [Int: Int64] = [:]
    /// Threads that wait for something to do, are in a file of their own, in work left by others, or in lanes whose
    /// parts others hash.
    private var idle = 0
    private var alone = 0
    private var inSideWork = 0
    private var givingAway = 0
    private var sideWork: [SideWork] = []
    private var aside: [Int: Aside] = [:]
    private var results: [Finished] = []
    private var threads: Int

    init(_ schedule: PlanSchedule) {
        self.schedule = schedule
        queuedBytes = schedule.requests.reduce(0) { $0.addingClamped(max(0, $1.sizeHint)) }
        threads = schedule.jobs
    }

    /// How many files are not over.
    private var filesLeft: Int { schedule.order.count - begun + live.count }

    /// Whether one more large file may be opened. Files are open until nothing of them is with other threads either.
    private var mayOpen: Bool {
        live.count + aside.keys.count { live[$0] == nil } < schedule.maximumLargeFiles
    }

    // What a thread does.

    /// What a thread does next; nil while only others can say.
    mutating func nextAssignment() -> Assignment? {
        if !sideWork.isEmpty {
            inSideWork += 1
            return .aside(sideWork.removeFirst())
        }
        if let assignment = begin() { return assignment }
        return begun == schedule.order.count && live.isEmpty ? .end : nil
    }

    /// A thread begins or ceases to wait.
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
            queuedBytes -= max(0, schedule.requests[index].sizeHint)
            taken.append(index)
        }
        return taken
    }

    private mutating func take(_ index: Int) {
        begun += 1
        queuedBytes -= schedule.requests[index].sizeHint
        live[index] = schedule.requests[index].sizeHint
    }

    /// How many lanes a thread should have alive.
    func lanesWanted(_ use: PlanSchedule.LaneUse) -> Int { schedule.lanesWanted(use, files: filesLeft) }

    /// The next file for a lane; nil when there is none of this kind.
    mutating func takeForLanes(_ use: PlanSchedule.LaneUse) -> Int? {
        guard begun < schedule.order.count, mayOpen else { return nil }
        let index = schedule.order[begun]
        let request = schedule.requests[index]
        guard !request.isSmall, request.carriesPair == (use != .state) else { return nil }
        take(index)
        return index
    }

    /// A file that was thought to be small is hashed like a large one.
    mutating func smallFileGrew(_ index: Int, size: Int64) { live[index] = size }

    /// A large file could not be begun.
    mutating func couldNotBegin(_ index: Int) { live[index] = nil }

    /// A file that a thread had for itself is over.
    mutating func soloEnded() { alone -= 1 }

    /// A thread has left lanes whose parts others hash.
    mutating func givingAwayEnded() { givingAway -= 1 }

    // What files leave to other threads.

    /// Whether a thread has nothing to do, and there is nothing yet that it could take.
    var wantsSideWork: Bool { idle > sideWork.count }

    /// Whether threads have plenty to take, and are there to take it.
    var hasPlentyOfSideWork: Bool { sideWork.count >= 2 * live.count && idle + inSideWork > 0 }

    /// Leaves `work` to other threads.
    mutating func leaveToOthers(_ work: SideWork) {
        switch work.task {
        case .parts: sideWork.append(work)
        // The longest way goes first.
        case .stream: sideWork.insert(work, at: 0)
        }
        aside[work.entry.index, default: Aside()].pending += 1
    }

    /// `work` is done.
    ///
    /// - Returns: its file, if that was all that it waited for.
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

    /// The running state of a file is over.
    ///
    /// - Returns: the file, if nothing of it is with other threads; otherwise the thread that is done last gets it.
    mutating func settle(
        _ entry: PlanEntry, _ states: Result<FileStates, DigestError>
    ) -> HashedFile? {
        live[entry.index] = nil
        var file = aside[entry.index] ?? Aside()
        file.states = states
        if case .failure = states {
            // There will be no plan to put more digests in.
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

    /// Files that are over; nil where there are none yet, and none when there will be no more.
    mutating func takeResults() -> [Finished]? {
        guard results.isEmpty else {
            defer { results = [] }
            return results
        }
        return threads == 0 ? [] : nil
    }

    /// So many threads did not come into being.
    mutating func lackThreads(_ count: Int) { threads -= count }

    /// A thread has nothing to do any more.
    mutating func threadEnded() { threads -= 1 }
}
