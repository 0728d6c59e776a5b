import PlanCore
import PlanFiles

/// The planning of some files by several threads: who hashes what next.
///
/// Files begin longest first. A file that would outlast all the others gets a thread of its own, and threads with
/// nothing left to begin hash its parts' own digests; the others share the threads' lanes, with both states in a lane
/// or, where the files are too few for that, with the parts' own digests on other threads. A class, because the threads
/// share it.
final class PlanRun: Sendable {
    typealias Finished = (index: Int, result: Result<PlanDigests, DigestError>)

    /// A source to plan, and how.
    struct Item: Sendable {
        let open: @Sendable () throws(DigestError) -> DigestSource
        let sizeHint: Int64
        let partSize: PartSize
        let datashaKind: DatashaKind
        let withPartSHA1: Bool
    }

    /// What a thread does next.
    enum Assignment {
        /// Files read into a buffer and hashed one by one.
        case small([Int])
        /// One file, alone on its thread.
        case solo(Int)
        /// Files in lanes, taken with ``PlanRun/takeForLanes(_:)``.
        case lanes(LaneUse)
        /// Parts of a file that another thread's running state is in.
        case group(PartGroup)
        case end
    }

    /// What a lane carries.
    enum LaneUse {
        /// A file's running state, for its parts' own digests are not wanted or are its own.
        case state
        /// A file's running state, and its parts' own digests beside it.
        case both
        /// A file's running state; other threads hash its parts.
        case stateAlone
    }

    /// Parts whose own digests are wanted.
    struct PartGroup {
        let task: FileHash
        let parts: Range<Int>
    }

    struct State {
        /// How many files of `order` have begun.
        var begun = 0
        var queuedBytes: Int64 = 0
        /// The large files being hashed, and their sizes.
        var live: [Int: Int64] = [:]
        /// Files whose thread may still offer parts.
        var offering = 0
        /// Threads that wait for something to do.
        var idle = 0
        /// Threads that are in a file of their own, in a group, or in lanes whose parts others hash.
        var alone = 0
        var inGroups = 0
        var givingAway = 0
        var groups: [PartGroup] = []
        /// How many groups of a file are not done yet, and what went wrong in them.
        var pendingGroups: [Int: Int] = [:]
        var groupFailures: [Int: DigestError] = [:]
        /// Files whose running state is over, but not all of their groups.
        var unsettled: [Int: FileHash] = [:]
        var results: [Finished] = []
        var threads = 0
    }

    /// Up to this size a file is read into a buffer; it has one part, since parts are at least as long.
    /// **Unit**: bytes.
    static let smallSize: Int64 = PartSize.step

    let requests: [Item]
    let jobs: Int
    let stop: StopSignal
    let progress: DigestProgress?
    let budget: WindowBudget
    /// One state a message, and two.
    let singleTable: KernelTable
    let pairTable: KernelTable
    /// The requests' indexes, longest file first; files of several parts before those of one.
    private let order: [Int]
    /// How many threads are for running states alone, if that is the faster way.
    private let threadsForStates: Int?
    let state: Monitor<State>

    init(
        _ requests: [Item], jobs: Int, tables: (single: KernelTable, pair: KernelTable),
        progress: DigestProgress?, cancellation: Cancellation?
    ) {
        self.requests = requests
        self.jobs = jobs
        self.progress = progress
        singleTable = tables.single
        pairTable = tables.pair
        stop = StopSignal(asked: cancellation)
        budget = requests.count == 1 ? .oneFile(threads: jobs) : .batch(threads: jobs)
        order = requests.indices.sorted {
            let (left, right) = (requests[$0], requests[$1])
            return (left.carriesPair ? 0 : 1, -left.sizeHint, $0) < (
                right.carriesPair ? 0 : 1, -right.sizeHint, $1
            )
        }
        threadsForStates = Self.threadsForStates(
            files: requests.count { $0.carriesPair && $0.sizeHint > Self.smallSize }, jobs: jobs,
            tables: tables)
        var start = State()
        start.queuedBytes = requests.reduce(0) { $0 + max(0, $1.sizeHint) }
        start.threads = jobs
        state = Monitor(start)
    }

    /// Blocks until all files are over or `finished` returns false, which it is called with on this thread.
    func run(finished: (Int, Result<PlanDigests, DigestError>) -> Bool) {
        Prefetcher.with { prefetcher in
            let threads = (0..<jobs).compactMap { _ in
                WorkerThread { PlanWorker(self, prefetcher: prefetcher).run() }
            }
            state.change { $0.threads -= jobs - threads.count }
            if threads.isEmpty {
                state.change { $0.threads = 1 }
                PlanWorker(self, prefetcher: prefetcher).run()
            }
            while let results = nextResults() {
                for (index, result) in results where !stop.ended.isCancelled {
                    progress?.add(files: 1)
                    if !finished(index, result) { stop.ended.cancel() }
                }
                if stop.ended.isCancelled { state.change { _ in } }
            }
            for thread in threads { thread.join() }
        }
    }

    private func nextResults() -> [Finished]? {
        state.wait { state -> [Finished]?? in
            guard state.results.isEmpty else {
                let results = state.results
                state.results = []
                return .some(results)
            }
            return state.threads == 0 ? .some(nil) : nil
        }
    }

    /// What the calling thread does next; waits while only others can say.
    func nextAssignment() -> Assignment {
        var isIdle = false
        return state.wait { state in
            if isIdle { state.idle -= 1 }
            isIdle = false
            if stop.isSet { return .end }
            if !state.groups.isEmpty {
                state.inGroups += 1
                return .group(state.groups.removeFirst())
            }
            if let begin = begin(&state) { return begin }
            if state.begun == order.count, state.offering == 0 { return .end }
            isIdle = true
            state.idle += 1
            return nil
        }
    }

    private func begin(_ state: inout State) -> Assignment? {
        guard state.begun < order.count else { return nil }
        let first = order[state.begun]
        if requests[first].sizeHint <= Self.smallSize {
            return .small(takeSmall(&state))
        }
        let pair = requests[first].carriesPair
        if deservesThread(first, pair: pair, state) {
            take(first, &state)
            state.alone += 1
            return .solo(first)
        }
        guard pair else { return .lanes(.state) }
        guard let threadsForStates, state.alone == 0 else { return .lanes(.both) }
        guard state.givingAway < threadsForStates else { return nil }
        state.givingAway += 1
        return .lanes(.stateAlone)
    }

    /// How many of `jobs` threads should hash the running states of `files` files, and the others their parts' own
    /// digests; nil where both belong in the same lanes.
    ///
    /// Lanes that few files fill are slow, and parts fill all lanes: of 16 files on two threads one hashes 16 states
    /// and the other 16 parts.
    static func threadsForStates(
        files: Int, jobs: Int, tables: (single: KernelTable, pair: KernelTable)
    ) -> Int? {
        guard files > 0, jobs > 1 else { return nil }
        func speed(_ table: KernelTable, threads: Int) -> Double {
            (0..<threads).reduce(0) { $0 + table.speed((files + threads - 1 - $1) / threads) }
        }
        let both = speed(tables.pair, threads: jobs)
        let best = (1..<jobs).filter { files <= $0 * tables.single.width }.map { threads in
            let parts = Double(jobs - threads) * tables.single.speed(tables.single.width)
            return (threads: threads, speed: min(speed(tables.single, threads: threads), parts))
        }.max { $0.speed < $1.speed }
        // Every byte is read twice then: that has to pay.
        guard let best, best.speed > 1.15 * both else { return nil }
        return best.threads
    }

    /// Some small files, so that the lock is not what they spend their time on.
    private func takeSmall(_ state: inout State) -> [Int] {
        var taken: [Int] = []
        let share = max(1, min(64, (order.count - state.begun) / (2 * jobs)))
        while state.begun < order.count, taken.count < share {
            let index = order[state.begun]
            guard requests[index].sizeHint <= Self.smallSize else { break }
            state.begun += 1
            state.queuedBytes -= requests[index].sizeHint
            taken.append(index)
        }
        return taken
    }

    private func take(_ index: Int, _ state: inout State) {
        state.begun += 1
        state.queuedBytes -= requests[index].sizeHint
        state.live[index] = requests[index].sizeHint
        state.offering += 1
    }

    /// Whether a file alone on a thread would take as long as all the others on the rest of the threads.
    private func deservesThread(_ index: Int, pair: Bool, _ state: State) -> Bool {
        let files = order.count - state.begun + state.live.count
        if files <= jobs { return true }
        if jobs == 1 { return false }
        let table = pair ? pairTable : singleTable
        let size = requests[index].sizeHint
        let rest = state.queuedBytes - size + state.live.values.reduce(0, +)
        let lanes = min(table.width, (files - 2) / (jobs - 1) + 1)
        return Double(size) * Double(jobs - 1) * table.speed(lanes) >= Double(rest) * table.speed(1)
    }

    /// How many lanes a thread should have alive: its share of the files, as many as are worth it.
    func lanesWanted(_ use: LaneUse) -> Int {
        let table = use == .both ? pairTable : singleTable
        let threads = use == .stateAlone ? threadsForStates ?? jobs : jobs
        return state.withLock { state in
            let files = order.count - state.begun + state.live.count
            return max(1, min(table.width, (files - 1) / threads + 1))
        }
    }

    /// The next file for a lane; nil when there is none of this kind.
    func takeForLanes(_ use: LaneUse) -> Int? {
        state.withLock { state in
            guard !stop.isSet, state.begun < order.count else { return nil }
            let index = order[state.begun]
            let request = requests[index]
            guard request.sizeHint > Self.smallSize, request.carriesPair == (use != .state) else {
                return nil
            }
            take(index, &state)
            return index
        }
    }
}

extension PlanRun.Item {
    /// Whether its lane carries two states, as far as is known before the file is opened.
    var carriesPair: Bool {
        needsPartDigests(Layout(fileSize: max(0, sizeHint), pieceSize: partSize.bytes))
    }
}
