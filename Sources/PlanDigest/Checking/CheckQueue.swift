import PlanCore

/// A file whose parts threads hash concurrently, each from a state that is assumed to be right.
protocol PartwiseFile: AnyObject, Sendable {
    /// A digest of many bytes that one thread computes front to back.
    associatedtype SerialPass: Sendable

    /// The number of the file.
    var number: Int { get }
    /// The runs of parts to hash, in file order, none of them empty.
    var runs: [Range<Int>] { get }
    /// The length of every part but the last.
    ///
    /// **Unit**: bytes.
    var partSize: Int64 { get }
    /// Whether lanes carry two states.
    var pair: Bool { get }
    var table: KernelTable { get }
    /// The digests wanted beside the parts.
    var serialPasses: [SerialPass] { get }
    /// Stops the hashing of the file.
    var stop: StopCondition { get }
    /// Whether parts that no thread has taken yet are of no use any more.
    var isDecided: Bool { get }

    /// The readers of `parts`, for a thread's lanes.
    func supply(_ parts: Range<Int>, budget: WindowBudget, prefetcher: Prefetcher?) -> PartSupply
    /// The hashing of one part, whose bytes `reader` supplies; ``note(_:_:)`` takes its result.
    func hashing(of part: Int, _ reader: any PartReader) -> PartHash<Self>
    /// Records the result of a part.
    func note(_ part: PartHash<Self>, _ result: Result<PartHash<Self>.Outcome, DigestError>)
    /// Computes one of ``serialPasses``.
    func run(_ pass: SerialPass, _ driver: inout LaneDriver, budget: WindowBudget, prefetcher: Prefetcher?)
}

/// The work queue of a check: parts of files in file order, and small files.
///
/// The calling thread adds files and takes finished ones; worker threads take parts and small files. A class,
/// because the threads share it.
final class CheckQueue<File: PartwiseFile>: Sendable {
    /// The next work of a thread.
    enum Work: Sendable {
        /// Parts to hash in lanes, taken with ``CheckQueue/takeParts(pair:areCold:)``.
        case lanes(pair: Bool)
        /// A digest of all planned bytes of a file, front to back.
        case serialPass(File, File.SerialPass)
        /// Small files, one after another.
        case small(SmallFileChecks)
        case end
    }

    /// Finished files.
    struct Done: Sendable {
        var files: [File] = []
        var small: [(number: Int, result: SmallFileChecks.Result)] = []

        var isEmpty: Bool { files.isEmpty && small.isEmpty }
    }

    let engine: DigestEngine
    let budget: WindowBudget
    private let state: Monitor<CheckQueueState<File>>

    init(_ engine: DigestEngine) {
        self.engine = engine
        budget = .oneFile(threads: engine.jobs)
        // Two rounds of work for the lanes of all threads.
        let enough = 2 * engine.jobs * max(engine.singleTable.width, engine.pairTable.width)
        state = Monitor(CheckQueueState(enough: enough))
    }

    /// Hashes what is added, on worker threads or with `inline` on this one, while `body` runs on this
    /// thread.
    ///
    /// Returns when everything is hashed.
    ///
    /// - Parameters:
    ///   - inline: whether to start no threads.
    ///   - body: adds files. Its argument hashes everything added so far on this thread, if there are no
    ///     worker threads. ``end()`` is called after it.
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

    /// How many threads can be kept busy: all of them, unless no more files will come.
    private var usefulThreads: Int {
        let tasks = state.withLock { $0.tasksLeft(lanes: engine.singleTable.width) }
        return tasks.map { max(1, min(engine.jobs, $0)) } ?? engine.jobs
    }

    // For the calling thread.

    /// Whether the threads will soon run out of work.
    var wantsMore: Bool { state.withLock { $0.wantsMore } }

    /// Whether any file is in progress, or finished and not yet taken.
    var hasFiles: Bool { state.withLock { $0.hasFiles } }

    func add(_ file: File) { state.change { $0.add(file) } }

    func add(_ small: SmallFileChecks) { state.change { $0.add(small) } }

    /// Declares that no more files will be added.
    func end() { state.change { $0.end() } }

    /// Drops all work that is not done.
    func abandon() { state.change { $0.abandon() } }

    /// The files finished since the last call.
    ///
    /// Waits for one, unless there is none to wait for, or unless more files are to come and the threads want
    /// them.
    func takeDone(moreAreToCome: Bool) -> Done { state.wait { $0.takeDone(moreAreToCome: moreAreToCome) } }

    // For the worker threads.

    /// The next work for the calling thread.
    ///
    /// Waits for a file, unless no more will come or `mayWait` is false.
    func next(mayWait: Bool) -> Work {
        while true {
            if let work = noticing({ $0.next(mayWait: mayWait) }) { return work }
            state.wait { $0.isWorthALook ? () : nil }
        }
    }

    /// One part, or several that share a mapping, of the first file; nil if there are none for the same
    /// lanes.
    ///
    /// `areCold` says whether their bytes are expected to come from the disk; they share smaller mappings
    /// then.
    func takeParts(pair: Bool, areCold: Bool) -> (file: File, parts: Range<Int>)? {
        noticing { $0.takeParts(pair: pair, areCold: areCold, budget) }
    }

    /// Records that a part of `file`, or a serial pass over it, is done.
    func pieceIsDone(of file: File) { noticing { $0.pieceIsDone(of: file) } }

    /// Records that small files are done.
    func smallAreDone(_ small: SmallFileChecks, _ results: [SmallFileChecks.Result]) {
        noticing { $0.smallAreDone(small, results) }
    }

    /// Runs `body` with the lock held; wakes other threads if a file was finished or more files are wanted
    /// now.
    private func noticing<Result: Sendable>(_ body: (inout CheckQueueState<File>) -> Result) -> Result {
        let (result, isNews) = state.withLock { state in
            let before = state.news
            let result = body(&state)
            return (result, state.news != before)
        }
        if isNews { state.wake() }
        return result
    }
}
