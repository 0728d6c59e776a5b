import PlanCore

/// One thread of a check: hashes parts of the pool's files in its lanes.
struct CheckWorker {
    private let pool: CheckPool
    private let prefetcher: Prefetcher?
    private var single: LaneDriver
    private var pair: LaneDriver

    init(_ pool: CheckPool, prefetcher: Prefetcher?) {
        self.pool = pool
        self.prefetcher = prefetcher
        single = LaneDriver(pool.engine.singleTable, pair: false)
        pair = LaneDriver(pool.engine.pairTable, pair: true)
    }

    /// Works until nothing is left; with `waiting`, until the pool has ended as well.
    mutating func run(waiting: Bool) {
        while true {
            switch pool.next(mayWait: waiting) {
            case .lanes(pair: true): Self.hashParts(&pair, pair: true, pool, prefetcher)
            case .lanes(pair: false): Self.hashParts(&single, pair: false, pool, prefetcher)
            case .serialPass(let run):
                run.serialPass(&single, budget: pool.budget, prefetcher: prefetcher)
                pool.partIsDone(of: run)
            case .end: return
            }
        }
    }

    private static func hashParts(
        _ driver: inout LaneDriver, pair: Bool, _ pool: CheckPool, _ prefetcher: Prefetcher?
    ) {
        let width = (pair ? pool.engine.pairTable : pool.engine.singleTable).width
        var current: (run: CheckRun, supply: PartSupply)?
        /// For how many parts bytes are still expected to come from the disk: for some after each that does, since what the
        /// kernel reads ahead by itself comes and goes.
        var coldParts = 0
        var isCold: Bool { coldParts > 0 }
        func takePart() -> PartHash? {
            while true {
                if let (part, reader) = current?.supply.next(), let run = current?.run {
                    return run.work(part, reader) { pool.partIsDone(of: run) }
                }
                guard let (run, parts) = pool.takeParts(pair: pair, areCold: isCold) else { return nil }
                current = (run, run.supply(parts, budget: pool.budget, prefetcher: prefetcher))
            }
        }
        var prepared: [PartHash] = []
        // Bytes on their way from the disk take the place of lanes in memory; half of the lanes outrun disks.
        driver.run(limit: { isCold ? max(1, width / 2) : width }) { () -> PartHash? in
            // Half of the lanes' parts have their bytes brought in before they are needed.
            while prefetcher != nil, prepared.count < width / 2, let work = takePart() {
                coldParts = work.prepare() ? 4 * width : max(0, coldParts - 1)
                prepared.append(work)
            }
            return prepared.isEmpty ? takePart() : prepared.removeFirst()
        }
    }
}
