import PlanCore

/// The state of a ``CheckQueue``.
struct CheckQueueState<File: PartwiseFile>: Sendable {
    private struct Entry {
        let file: File
        /// The index of the next run of the file's parts.
        var run = 0
        /// The number of parts of that run already taken.
        var takenOfRun = 0
        var serialPasses: [File.SerialPass]
        /// The number of parts and serial passes that were taken and are not done.
        var pending = 0

        var isTaken: Bool { left == nil && serialPasses.isEmpty }

        /// The parts of the next run not yet taken; nil after the last.
        var left: Range<Int>? {
            let runs = file.runs
            return run < runs.count ? runs[run].dropFirst(takenOfRun) : nil
        }

        /// Takes up to `count` parts of one run.
        mutating func take(_ count: Int) -> Range<Int> {
            guard let left else { return 0..<0 }
            let taken = left.prefix(count)
            takenOfRun += taken.count
            if taken.count == left.count { (run, takenOfRun) = (run + 1, 0) }
            return taken
        }
    }

    /// What other threads may be waiting for.
    struct News: Hashable {
        let done: Int
        let wantsMore: Bool
    }

    /// How much work should be queued, in parts.
    private let enough: Int
    /// The files that are not finished.
    private var entries: [Int: Entry] = [:]
    /// The files with work left to take, in order of arrival.
    private var queue: [Int] = []
    private var small: [SmallFileChecks] = []
    /// The number of small files not yet finished.
    private var smallPending = 0
    private var done = CheckQueue<File>.Done()
    /// The number of parts left to take.
    private var parts = 0
    private var hasEnded = false

    init(enough: Int) { self.enough = enough }

    // Adding files.

    /// A batch of small files counts as ``SmallFileChecks/weight`` parts: they take less time each than a
    /// part.
    private var workLeft: Int { parts + small.count * SmallFileChecks.weight }

    var wantsMore: Bool { workLeft < enough }

    var hasFiles: Bool { !entries.isEmpty || smallPending > 0 || !done.isEmpty }

    var news: News { News(done: done.files.count + done.small.count, wantsMore: wantsMore) }

    /// Whether an idle thread may find work now.
    var isWorthALook: Bool { !queue.isEmpty || !small.isEmpty || hasEnded }

    /// How many threads can be busy at once; nil if more files may come.
    func tasksLeft(lanes width: Int) -> Int? {
        guard hasEnded else { return nil }
        let serial = entries.values.reduce(0) { $0 + $1.serialPasses.count }
        return (parts + width - 1) / width + serial + small.count
    }

    mutating func add(_ file: File) {
        let count = file.runs.reduce(0) { $0 + $1.count }
        guard count > 0 else {
            done.files.append(file)
            return
        }
        entries[file.number] = Entry(file: file, serialPasses: file.serialPasses)
        queue.append(file.number)
        parts += count
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

    mutating func takeDone(moreAreToCome: Bool) -> CheckQueue<File>.Done? {
        guard done.isEmpty else {
            defer { done = CheckQueue<File>.Done() }
            return done
        }
        let isNothingToWaitFor = entries.isEmpty && smallPending == 0
        return isNothingToWaitFor || (moreAreToCome && wantsMore) ? done : nil
    }

    // Taking work.

    mutating func next(mayWait: Bool) -> CheckQueue<File>.Work? {
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
    ) -> (file: File, parts: Range<Int>)? {
        guard let entry = first(), entry.file.pair == pair, entry.serialPasses.isEmpty else { return nil }
        let file = entry.file
        let most = budget.partsInBlock(file.partSize, lanes: file.table.width) ?? 1
        let count = areCold ? max(1, most / 4) : most
        let taken = entries[file.number]?.take(count) ?? 0..<0
        entries[file.number]?.pending += taken.count
        parts -= taken.count
        leaveQueue(file.number)
        return (file, taken)
    }

    mutating func pieceIsDone(of file: File) {
        entries[file.number]?.pending -= 1
        finishIfDone(file.number)
    }

    mutating func smallAreDone(_ files: SmallFileChecks, _ results: [SmallFileChecks.Result]) {
        smallPending -= results.count
        for (place, result) in results.enumerated() {
            done.small.append((files.first + place, result))
        }
    }

    /// The first file with work left that is still wanted.
    private mutating func first() -> Entry? {
        while let number = queue.first, let entry = entries[number] {
            guard entry.file.stop.isSet || entry.file.isDecided else { return entry }
            while let left = entries[number]?.left { parts -= entries[number]?.take(left.count).count ?? 0 }
            entries[number]?.serialPasses = []
            leaveQueue(number)
            finishIfDone(number)
        }
        return nil
    }

    /// Removes `number`, the first file, from the queue if all of it is taken.
    private mutating func leaveQueue(_ number: Int) {
        if entries[number]?.isTaken ?? true { queue.removeFirst() }
    }

    /// Moves the file to the finished ones if all of it is hashed.
    private mutating func finishIfDone(_ number: Int) {
        guard let entry = entries[number], entry.pending == 0, entry.isTaken else { return }
        entries[number] = nil
        done.files.append(entry.file)
    }
}
