import PlanCore

/// The parts of several files that are waiting to be hashed against their plans, in file order.
///
/// The thread that asked for the check adds files and takes those whose parts are all hashed; the others take parts. A
/// class, because the threads share it.
final class CheckPool: Sendable {
    /// What a thread does next.
    enum Work {
        /// Parts in lanes, taken with ``CheckPool/takeParts(pair:areCold:)``.
        case lanes(pair: Bool)
        /// The digest of all planned bytes of a file.
        case serialPass(CheckRun)
        case end
    }

    fileprivate struct Entry {
        let run: CheckRun
        /// The first part that nobody has taken yet.
        var next = 0
        var wantsSerialPass: Bool
        /// How many parts are taken and not done, the serial pass among them.
        var pending = 0
    }

    fileprivate struct State {
        /// Files of which something is left to take, or not done yet.
        var entries: [Int: Entry] = [:]
        /// Files of which something is left to take, first come first.
        var queue: [Int] = []
        var done: [CheckRun] = []
        /// How many parts are left to take.
        var parts = 0
        var ended = false
    }

    let engine: DigestEngine
    let budget: WindowBudget
    /// How many parts are worth having in the queue: two rounds of everybody's lanes.
    private let enough: Int
    private let state = Monitor(State())

    init(_ engine: DigestEngine) {
        self.engine = engine
        budget = .oneFile(threads: engine.jobs)
        enough = 2 * engine.jobs * max(engine.singleTable.width, engine.pairTable.width)
    }

    /// Hashes what was added, on this thread or on others beside it, while `body` runs on this one; returns when all is
    /// hashed.
    ///
    /// - Parameter body: adds files; given what hashes all that was added if no other thread does. ``end()`` is called
    ///   after it.
    func work(inline: Bool, _ body: (_ hashHere: (() -> Void)?) -> Void) {
        guard !inline else { return work(threads: 0, prefetcher: nil, body) }
        Prefetcher.with { work(threads: usefulThreads, prefetcher: $0, body) }
    }

    private func work(threads count: Int, prefetcher: Prefetcher?, _ body: ((() -> Void)?) -> Void) {
        let threads = (0..<count).compactMap { _ in
            WorkerThread {
                var worker = CheckWorker(self, prefetcher: prefetcher)
                worker.run(waiting: true)
            }
        }
        func hashHere() {
            var worker = CheckWorker(self, prefetcher: prefetcher)
            worker.run(waiting: false)
        }
        body(threads.isEmpty ? hashHere : nil)
        end()
        if threads.isEmpty { hashHere() }
        for thread in threads { thread.join() }
    }

    /// How many threads will have something to do: all, unless no file is to come.
    private var usefulThreads: Int {
        state.withLock { state in
            guard state.ended else { return engine.jobs }
            let width = engine.singleTable.width
            let serial = state.entries.values.count { $0.wantsSerialPass }
            return max(1, min(engine.jobs, (state.parts + width - 1) / width + serial))
        }
    }

    // For the thread that asked for the check.

    /// Whether the threads will soon run out of parts.
    var wantsMore: Bool { state.withLock { $0.parts < enough } }

    /// Whether files are open whose parts are not all hashed, or that were not fetched since.
    var hasFiles: Bool { state.withLock { !$0.entries.isEmpty || !$0.done.isEmpty } }

    func add(_ run: CheckRun) {
        state.change { state in
            guard run.checked > 0 else {
                state.done.append(run)
                return
            }
            state.entries[run.number] = Entry(run: run, wantsSerialPass: run.wantsSerialPass)
            state.queue.append(run.number)
            state.parts += run.checked
        }
    }

    /// No file is going to be added.
    func end() { state.change { $0.ended = true } }

    /// Leaves all that is not done.
    func abandon() {
        state.change { state in
            for entry in state.entries.values { entry.run.stop.ended.cancel() }
        }
    }

    /// Files that are done since the last call. Waits for one, unless there is none to wait for or, where more are to
    /// come, they are wanted.
    func takeDone(moreAreToCome: Bool) -> [CheckRun] {
        state.wait { state in
            guard state.done.isEmpty else {
                defer { state.done = [] }
                return state.done
            }
            return state.entries.isEmpty || (moreAreToCome && state.parts < enough) ? [] : nil
        }
    }

    // For the threads that hash.

    /// What the calling thread does next; waits for a file, unless there will be none or `mayWait` is false.
    func next(mayWait: Bool) -> Work {
        while true {
            let work: Work? = noticing { state in
                guard let entry = state.first() else { return state.ended || !mayWait ? .end : nil }
                guard entry.wantsSerialPass else { return .lanes(pair: entry.run.pair) }
                state.entries[entry.run.number]?.wantsSerialPass = false
                state.entries[entry.run.number]?.pending += 1
                return .serialPass(entry.run)
            }
            if let work { return work }
            state.wait { $0.queue.isEmpty && !$0.ended ? nil : () }
        }
    }

    /// Parts that share a mapping, or one, of the first file; nil when there is none that goes into the same lanes.
    ///
    /// - Parameter areCold: whether their bytes are expected to come from the disk: they share shorter mappings then.
    func takeParts(pair: Bool, areCold: Bool) -> (run: CheckRun, parts: Range<Int>)? {
        noticing { state in
            guard let entry = state.first(), entry.run.pair == pair, !entry.wantsSerialPass else {
                return nil
            }
            let run = entry.run
            let most = budget.partsInBlock(run.plan.partLayout.pieceSize, lanes: run.table.width) ?? 1
            let count = areCold ? max(1, most / 4) : most
            let parts = entry.next..<min(entry.next + count, run.checked)
            state.entries[run.number]?.next = parts.upperBound
            state.entries[run.number]?.pending += parts.count
            state.parts -= parts.count
            if parts.upperBound == run.checked { state.queue.removeFirst() }
            return (run, parts)
        }
    }

    /// Notes that a part of `run` is done, or its serial pass.
    func partIsDone(of run: CheckRun) {
        noticing { state in
            state.entries[run.number]?.pending -= 1
            state.finishIfDone(run.number)
        }
    }

    /// Runs `body` with the lock held, and wakes the others if a file is done then or more files are wanted.
    private func noticing<Result>(_ body: (inout State) -> Result) -> Result {
        let (result, isNews) = state.withLock { state in
            let (done, hadEnough) = (state.done.count, state.parts >= enough)
            let result = body(&state)
            return (result, state.done.count > done || (hadEnough && state.parts < enough))
        }
        if isNews { state.change { _ in } }
        return result
    }
}

extension CheckPool.State {
    /// The first file of which something is left to take and wanted.
    fileprivate mutating func first() -> CheckPool.Entry? {
        while let number = queue.first, let entry = entries[number] {
            guard entry.run.stop.isSet else { return entry }
            parts -= entry.run.checked - entry.next
            entries[number]?.next = entry.run.checked
            entries[number]?.wantsSerialPass = false
            queue.removeFirst()
            finishIfDone(number)
        }
        return nil
    }

    /// Puts the file among those that are done, if all of it is taken and hashed.
    fileprivate mutating func finishIfDone(_ number: Int) {
        guard let entry = entries[number], entry.pending == 0, entry.next == entry.run.checked,
            !entry.wantsSerialPass
        else { return }
        entries[number] = nil
        done.append(entry.run)
    }
}
