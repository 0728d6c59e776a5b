import PlanCore
import PlanFiles

/// The part of a planning that earlier states make faster: files are held against them, all threads inside a
/// few files, as a check does.
///
/// What is left is planned from where those states end.
struct UpdateRun {
    typealias Finished = (Int, Result<FileDigest, DigestError>)

    /// How many files are open at once.
    private static let maximumAtOnce = 16

    /// The requests, each with what is known of its file's first bytes.
    private(set) var requests: [PlanRequest]
    /// Those that are still to be planned.
    private(set) var rest: [Int] = []

    private let engine: DigestEngine
    private let progress: DigestProgress?
    private let cancellation: Cancellation?
    private let queue: CheckQueue<StateTrial>
    /// Files that will be held against earlier states.
    private var waiting: ArraySlice<Int> = []
    private var open = 0
    /// Files that are over.
    private var over: [Finished] = []

    init(
        _ requests: [PlanRequest], engine: DigestEngine, progress: DigestProgress?,
        cancellation: Cancellation?
    ) {
        self.requests = requests
        self.engine = engine
        self.progress = progress
        self.cancellation = cancellation
        queue = CheckQueue(engine)
        // Files that fill all lanes anyway are hashed as fast as they could be checked.
        let large = requests.reduce(0.0) { $0 + ($1.isSmall ? 0 : Double($1.sizeHint)) }
        let share = large / Double(engine.jobs * engine.pairTable.width) * 2
        for index in requests.indices {
            let request = requests[index]
            let isWorthIt =
                request.checksums.serial.isEmpty && !request.isSmall && Double(request.sizeHint) >= share
                && request.earlier.map { $0.plan.mayKnow($0.path, size: request.sizeHint) } ?? false
            if isWorthIt { waiting.append(index) } else { rest.append(index) }
        }
    }

    /// Holds files against earlier states, and reports those of which that says all; the others are in ``rest`` then.
    ///
    /// - Returns: false once `finished` did.
    mutating func run(_ finished: (Int, Result<FileDigest, DigestError>) -> Bool) -> Bool {
        guard !waiting.isEmpty else { return true }
        var goesOn = true
        queue.work(inline: false) { hashHere in
            while true {
                begin()
                for (index, result) in over {
                    progress?.add(files: 1)
                    goesOn = finished(index, result)
                    guard goesOn else { return queue.abandon() }
                }
                over = []
                if open == 0, waiting.isEmpty { return }
                hashHere?()
                for trial in queue.takeDone(moreAreToCome: mayBegin).files { conclude(trial) }
            }
        }
        return goesOn
    }

    private var mayBegin: Bool { !waiting.isEmpty && open < Self.maximumAtOnce }

    /// Opens files while the threads have not plenty.
    private mutating func begin() {
        while mayBegin, queue.wantsMore {
            guard cancellation?.isCancelled != true else {
                waiting = []
                return
            }
            guard let index = waiting.popFirst() else { return }
            guard let trial = trial(index) else {
                rest.append(index)
                continue
            }
            add(trial)
        }
    }

    private mutating func add(_ trial: StateTrial) {
        open += 1
        queue.add(trial)
    }

    /// The trial of a file; nil where nothing is known of its bytes.
    ///
    /// What goes wrong shows again when it is planned.
    private func trial(_ index: Int) -> StateTrial? {
        let request = requests[index]
        guard let earlier = request.earlier, let source = try? request.open() else { return nil }
        let entry = PlanEntry(index: index, request: request, source: source)
        let states = earlier.plan.states(of: earlier.path) ?? alike(entry).first
        return states.flatMap { trial(entry, from: FileStart(entry), $0) }
    }

    private func trial(_ entry: PlanEntry, from start: FileStart, _ earlier: EarlierStates) -> StateTrial? {
        StateTrial(
            entry, from: start, earlier, engine: engine, progress: progress, cancellation: cancellation)
    }

    /// The states of other files of the earlier plan that are as long and begin alike.
    private func alike(_ entry: PlanEntry) -> [EarlierStates] {
        guard let plan = entry.request.earlier?.plan else { return [] }
        let size = entry.source.size
        return plan.partSizes(ofFilesOf: size).flatMap { partSize -> [EarlierStates] in
            guard let state = state(of: entry.source, after: partSize) else { return [] }
            return plan.states(ofFilesOf: size, partSize: partSize, beginningWith: state)
        }
    }

    /// The running state after the first bytes.
    private func state(of source: DigestSource, after length: Int64) -> Digest? {
        let range = ByteRange(offset: 0, length: length)
        let reader = WindowReader(
            source, range: range, stretchBytes: WindowBudget.oneFile(threads: 1).stretchBytes(lanes: 1),
            prefetcher: nil, stop: StopCondition(asked: cancellation))
        var driver = LaneDriver(engine.singleTable, pair: false)
        let hash = PartHash(0, of: (), range: range, claims: .state(from: .initial), reader: reader)
        // What goes wrong shows again when the file is planned.
        return try? driver.run(hash) { _ in false }.get().state.datasha
    }

    /// Notes what a trial says, and begins another of the file where that may say more.
    private mutating func conclude(_ trial: StateTrial) {
        open -= 1
        let entry = trial.entry
        do throws(DigestError) {
            var (start, isBroken) = try trial.result()
            if isBroken, let other = another(for: trial, from: start) { return add(other) }
            if isBroken { (start, isBroken) = try trial.bridged(start) }
            if !isBroken, let next = self.trial(entry, from: start, trial.earlier) { return add(next) }
            guard let states = start.fileStates(of: entry.layout) else {
                requests[entry.index].start = start
                return rest.append(entry.index)
            }
            let file = HashedFile(entry: entry, states: .success(states), digests: [], failure: nil)
            over.append((entry.index, .success(try file.digest())))
        } catch {
            over.append((entry.index, .failure(error)))
        }
    }

    /// A trial with the states of another file whose bytes are these so far.
    private func another(for trial: StateTrial, from start: FileStart) -> StateTrial? {
        for states in alike(trial.entry)
        where states.state(at: start.position) == start.state.datasha {
            if let next = self.trial(trial.entry, from: start, states) { return next }
        }
        return nil
    }
}
