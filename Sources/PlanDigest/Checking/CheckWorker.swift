import PlanCore

/// A worker thread of a check.
///
/// A class, because it owns the thread's buffer; it never leaves its thread.
@safe final class CheckWorker<File: PartwiseFile> {
    private let queue: CheckQueue<File>
    private let prefetcher: Prefetcher?
    private let buffer: UnsafeMutableRawBufferPointer
    private var single: LaneDriver
    private var pair: LaneDriver

    init(_ queue: CheckQueue<File>, prefetcher: Prefetcher?) {
        self.queue = queue
        self.prefetcher = prefetcher
        single = LaneDriver(queue.engine.singleTable, pair: false)
        pair = LaneDriver(queue.engine.pairTable, pair: true)
        unsafe buffer = .allocate(byteCount: Int(WindowBudget.smallFile), alignment: 64)
    }

    deinit { unsafe buffer.deallocate() }

    /// Works until nothing is left; if `waiting`, until the queue has ended as well.
    func run(waiting: Bool) {
        while true {
            switch queue.next(mayWait: waiting) {
            case .lanes(pair: true): hashParts(&pair, pair: true)
            case .lanes(pair: false): hashParts(&single, pair: false)
            case .serialPass(let file, let pass):
                file.run(pass, &single, budget: queue.budget, prefetcher: prefetcher)
                queue.pieceIsDone(of: file)
            case .small(let files):
                queue.smallAreDone(files, unsafe files.run(queue.engine, buffer: buffer))
            case .end: return
            }
        }
    }

    private func hashParts(_ driver: inout LaneDriver, pair: Bool) {
        var parts = PartStream(queue, pair: pair, prefetcher: prefetcher)
        driver.run {
            parts.lanesWanted
        } supply: {
            parts.next()
        } over: { part, result in
            part.owner.note(part, result)
            queue.pieceIsDone(of: part.owner)
        }
    }
}

/// Supplies a thread's lanes with parts from the queue; the bytes of some are already being read in.
private struct PartStream<File: PartwiseFile> {
    private let queue: CheckQueue<File>
    private let pair: Bool
    private let prefetcher: Prefetcher?
    private let width: Int
    /// The parts last taken from the queue.
    private var taken: (file: File, supply: PartSupply)?
    /// Parts whose bytes are being read in.
    private var prepared: ArraySlice<PartHash<File>> = []
    /// For how many more parts bytes are expected to come from the disk.
    ///
    /// It stays positive for some parts after each cold one, because the kernel's own read-ahead comes and
    /// goes.
    private var coldParts = 0

    init(_ queue: CheckQueue<File>, pair: Bool, prefetcher: Prefetcher?) {
        self.queue = queue
        self.pair = pair
        self.prefetcher = prefetcher
        width = (pair ? queue.engine.pairTable : queue.engine.singleTable).width
    }

    /// How many lanes should be active.
    ///
    /// Bytes being read from the disk take memory that lanes would use; half of the lanes are faster than
    /// disks.
    var lanesWanted: Int { coldParts > 0 ? max(1, width / 2) : width }

    /// The next part; nil if the queue has none for these lanes.
    mutating func next() -> PartHash<File>? {
        // The bytes of the next parts, for half of the lanes, are read in ahead.
        while prefetcher != nil, prepared.count < width / 2, let part = take() {
            coldParts = part.prepare() ? 4 * width : max(0, coldParts - 1)
            prepared.append(part)
        }
        return prepared.popFirst() ?? take()
    }

    private mutating func take() -> PartHash<File>? {
        while true {
            if let (part, reader) = taken?.supply.next(), let file = taken?.file {
                return file.hashing(of: part, reader)
            }
            guard let (file, parts) = queue.takeParts(pair: pair, areCold: coldParts > 0) else { return nil }
            taken = (file, file.supply(parts, budget: queue.budget, prefetcher: prefetcher))
        }
    }
}
