import PlanCore

/// What is waiting to be hashed in a check: parts of files in file order, and small files.
///
/// The thread that asked for the check adds files and takes those that are done; the others take parts and small files. A
/// class, because the threads share it.
final class CheckQueue: Sendable {
    /// What a thread does next.
    enum Work: Sendable {
        /// Parts in lanes, taken with ``CheckQueue/takeParts(pair:areCold:)``.
        case lanes(pair: Bool)
        /// A digest of all planned bytes of a file.
        case serialPass(FileCheck, FileCheck.SerialPass)
        /// Small files, one after the other.
        case small(SmallFileChecks)
        case end
    }

    /// Files that are done.
    struct Done: Sendable {
        var files: [FileCheck] = []
        var small: [(number: Int, result: SmallFileChecks.Result)] = []

        var isEmpty: Bool { files.isEmpty && small.isEmpty }
    }

    let engine: DigestEngine
    let budget: WindowBudget
    private let state: Monitor<CheckQueueState>

    init(_ engine: DigestEngine) {
        self.engine = engine
        budget = .oneFile(threads: engine.jobs)
        // Two rounds of everybody's lanes.
        let enough = 2 * engine.jobs * max(engine.singleTable.width, engine.pairTable.width)
        state = Monitor(CheckQueueState(enough: enough))
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
                CheckWorker(self, prefetcher: prefetcher).run(waiting: true)
            }
        }
        func hashHere() {
            CheckWorker(self, prefetcher: prefetcher).run(waiting: false)
        }
        body(threads.isEmpty ? hashHere : nil)
        end()
        if threads.isEmpty { hashHere() }
        for thread in threads { thread.join() }
    }

    /// How many threads will have something to do: all, unless no file is to come.
    private var usefulThreads: Int {
        let tasks = state.withLock { $0.tasksLeft(lanes: engine.singleTable.width) }
        return tasks.map { max(1, min(engine.jobs, $0)) } ?? engine.jobs
    }

    // For the thread that asked for the check.

    /// Whether the threads will soon run out of work.
    var wantsMore: Bool { state.withLock { $0.wantsMore } }

    /// Whether files are open or about to be, or were not fetched since.
    var hasFiles: Bool { state.withLock { $0.hasFiles } }

    func add(_ file: FileCheck) { state.change { $0.add(file) } }

    func add(_ small: SmallFileChecks) { state.change { $0.add(small) } }

    /// No file is going to be added.
    func end() { state.change { $0.end() } }

    /// Leaves all that is not done.
    func abandon() { state.change { $0.abandon() } }

    /// Files that are done since the last call. Waits for one, unless there is none to wait for or, where more are to
    /// come, they are wanted.
    func takeDone(moreAreToCome: Bool) -> Done { state.wait { $0.takeDone(moreAreToCome: moreAreToCome) } }

    // For the threads that hash.

    /// What the calling thread does next; waits for a file, unless there will be none or `mayWait` is false.
    func next(mayWait: Bool) -> Work {
        while true {
            if let work = noticing({ $0.next(mayWait: mayWait) }) { return work }
            state.wait { $0.isWorthALook ? () : nil }
        }
    }

    /// Parts that share a mapping, or one, of the first file; nil when there is none that goes into the same lanes.
    ///
    /// - Parameter areCold: whether their bytes are expected to come from the disk: they share shorter mappings then.
    func takeParts(pair: Bool, areCold: Bool) -> (file: FileCheck, parts: Range<Int>)? {
        noticing { $0.takeParts(pair: pair, areCold: areCold, budget) }
    }

    /// Notes that a part of `file` is done, or a serial pass.
    func pieceIsDone(of file: FileCheck) { noticing { $0.pieceIsDone(of: file) } }

    /// Notes that small files are done.
    func smallAreDone(_ small: SmallFileChecks, _ results: [SmallFileChecks.Result]) {
        noticing { $0.smallAreDone(small, results) }
    }

    /// Runs `body` with the lock held, and wakes the others if a file is done then or more files are wanted.
    private func noticing<Result: Sendable>(_ body: (inout CheckQueueState) -> Result) -> Result {
        let (result, isNews) = state.withLock { state in
            let before = state.news
            let result = body(&state)
            return (result, state.news != before)
        }
        if isNews { state.wake() }
        return result
    }
}

/// The state of a ``CheckQueue``.
struct CheckQueueState: Sendable {
    private struct Entry {
        let file: FileCheck
        /// The first part that nobody has taken yet.
        var next = 0
        var serialPasses: [FileCheck.SerialPass]
        /// How many pieces are taken and not done: parts and serial passes.
        var pending = 0

        var isTaken: Bool { next == file.checked && serialPasses.isEmpty }
    }

    /// What changes only where somebody may wait for it.
    struct News: Hashable {
        let done: Int
        let wantsMore: Bool
    }

    /// How much work is worth having here, in parts.
    private let enough: Int
    /// Files of which something is left to take, or not done yet.
    private var entries: [Int: Entry] = [:]
    /// Files of which something is left to take, first come first.
    private var queue: [Int] = []
    private var small: [SmallFileChecks] = []
    /// How many small files are left to take, or not done yet.
    private var smallPending = 0
    private var done = CheckQueue.Done()
    /// How many parts are left to take.
    private var parts = 0
    private var hasEnded = false

    init(enough: Int) { self.enough = enough }

    // Files come in.

    /// Small files, together, count as the parts of a lane each: one of them is over sooner.
    private var workLeft: Int { parts + small.count * SmallFileChecks.weight }

    var wantsMore: Bool { workLeft < enough }

    var hasFiles: Bool { !entries.isEmpty || smallPending > 0 || !done.isEmpty }

    var news: News { News(done: done.files.count + done.small.count, wantsMore: wantsMore) }

    /// Whether a thread that had nothing to do may have something now.
    var isWorthALook: Bool { !queue.isEmpty || !small.isEmpty || hasEnded }

    /// How many threads can have something to do at once; nil if more files may come.
    func tasksLeft(lanes width: Int) -> Int? {
        guard hasEnded else { return nil }
        let serial = entries.values.reduce(0) { $0 + $1.serialPasses.count }
        return (parts + width - 1) / width + serial + small.count
    }

    mutating func add(_ file: FileCheck) {
        guard file.checked > 0 else {
            done.files.append(file)
            return
        }
        entries[file.number] = Entry(file: file, serialPasses: file.serialPasses)
        queue.append(file.number)
        parts += file.checked
    }

    mutating func add(_ files: SmallFileChecks) {
        small.append(files)
        smallPending += files.requests.count
    }

    mutating func end() { hasEnded = true }

    func abandon() {
        for entry in entries.values { entry.file.stop.ended.cancel() }
        for files in small { files.stop.ended.cancel() }
    }

    mutating func takeDone(moreAreToCome: Bool) -> CheckQueue.Done? {
        guard done.isEmpty else {
            defer { done = CheckQueue.Done() }
            return done
        }
        let isNothingToWaitFor = entries.isEmpty && smallPending == 0
        return isNothingToWaitFor || (moreAreToCome && wantsMore) ? done : nil
    }

    // Work goes out.

    mutating func next(mayWait: Bool) -> CheckQueue.Work? {
        if !small.isEmpty { return .small(small.removeFirst()) }
        guard let entry = first() else { return hasEnded || !mayWait ? .end : nil }
        guard let pass = entry.serialPasses.first else { return .lanes(pair: entry.file.pair) }
        entries[entry.file.number]?.serialPasses.removeFirst()
        entries[entry.file.number]?.pending += 1
        leaveQueue(entry.file.number)
        return .serialPass(entry.file, pass)
    }

    mutating func takeParts(
        pair: Bool, areCold: Bool, _ budget: WindowBudget
    ) -> (file: FileCheck, parts: Range<Int>)? {
        guard let entry = first(), entry.file.pair == pair, entry.serialPasses.isEmpty else { return nil }
        let file = entry.file
        let most = budget.partsInBlock(file.plan.partLayout.pieceSize, lanes: file.table.width) ?? 1
        let count = areCold ? max(1, most / 4) : most
        let taken = entry.next..<min(entry.next + count, file.checked)
        entries[file.number]?.next = taken.upperBound
        entries[file.number]?.pending += taken.count
        parts -= taken.count
        leaveQueue(file.number)
        return (file, taken)
    }

    mutating func pieceIsDone(of file: FileCheck) {
        entries[file.number]?.pending -= 1
        finishIfDone(file.number)
    }

    mutating func smallAreDone(_ files: SmallFileChecks, _ results: [SmallFileChecks.Result]) {
        smallPending -= results.count
        for (place, result) in results.enumerated() {
            done.small.append((files.first + place, result))
        }
    }

    /// The first file of which something is left to take and wanted.
    private mutating func first() -> Entry? {
        while let number = queue.first, let entry = entries[number] {
            guard entry.file.stop.isSet else { return entry }
            parts -= entry.file.checked - entry.next
            entries[number]?.next = entry.file.checked
            entries[number]?.serialPasses = []
            leaveQueue(number)
            finishIfDone(number)
        }
        return nil
    }

    /// Takes the first file, which is this one, out of the queue if nothing of it is left to take.
    private mutating func leaveQueue(_ number: Int) {
        if entries[number]?.isTaken ?? true { queue.removeFirst() }
    }

    /// Puts the file among those that are done, if all of it is taken and hashed.
    private mutating func finishIfDone(_ number: Int) {
        guard let entry = entries[number], entry.pending == 0, entry.isTaken else { return }
        entries[number] = nil
        done.files.append(entry.file)
    }
}
