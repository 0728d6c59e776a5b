import PlanCore

/// Checks bytes in a buffer against parts of plans, before they are sent.
///
/// Uses `datasha`, the digest that is sent with them, which proves the bytes. `sha1` is never sent and would
/// cost a second pass; ``DigestEngine/check(_:against:progress:cancellation:)`` checks it.
package struct PartCheck: Sendable {
    /// The bytes of a part to be checked.
    @safe package struct Item {
        /// The bytes; their length is the part's.
        package let bytes: UnsafeRawBufferPointer
        /// The index of the part.
        package let part: Int
        /// The plan of the part.
        package let plan: PlannedFile

        /// Creates an item for `part` of `plan`.
        package init(bytes: UnsafeRawBufferPointer, part: Int, of plan: PlannedFile) {
            unsafe self.bytes = bytes
            self.part = part
            self.plan = plan
        }
    }

    /// The number of threads for a batch.
    package let jobs: Int
    private let table: KernelTable

    /// Creates a check with `engine`'s kernel on `jobs` threads, including the calling one.
    package init(_ engine: DigestEngine, jobs: Int = 1) {
        self.jobs = min(max(1, jobs), DigestEngine.maximumJobs)
        table = engine.singleTable
    }

    /// Whether `bytes` are those of part `index` of `plan`.
    ///
    /// Running states are computed from the state recorded before the part.
    package func matches(_ bytes: UnsafeRawBufferPointer, part index: Int, of plan: PlannedFile) -> Bool {
        unsafe matches([Item(bytes: bytes, part: index, of: plan)])[0]
    }

    /// The same for several parts at once, hashed in lanes; results are in the order of `items`.
    package func matches(_ items: [Item]) -> [Bool] {
        let threads = min(jobs, max(1, items.count))
        let results = Monitor([Bool](repeating: false, count: items.count))
        let shares = Monitor(Array(0..<threads))
        let count = items.count
        let batch = Batch(items: items)
        WorkerThread.parallel(threads) {
            // Each thread takes shares until none is left, because fewer threads may have started.
            while let share = shares.withLock({ $0.popLast() }) {
                let places = Array(stride(from: share, to: count, by: threads))
                let found = Self.check(batch, places, table)
                results.withLock { results in
                    for (place, agrees) in zip(places, found) { results[place] = agrees }
                }
            }
        }
        return results.withLock { $0 }
    }

    /// The items of one call, shared by its threads.
    @safe private struct Batch: @unchecked Sendable {
        // Safety: the bytes are only read, and the caller keeps them alive until the call returns.
        let items: [Item]
    }

    private static func check(
        _ batch: Batch, _ places: [Int], _ table: KernelTable
    ) -> [Bool] {
        var results = [Bool](repeating: false, count: places.count)
        var next = 0
        var driver = LaneDriver(table, pair: false)
        driver.run {
            table.width
        } supply: { () -> PartHash<Int>? in
            while next < places.count {
                let order = next
                next += 1
                let item = batch.items[places[order]]
                let range = item.plan.parts[item.part].range
                guard unsafe Int64(item.bytes.count) == range.length else { continue }
                return hashing(of: item, owner: order)
            }
            return nil
        } over: { part, result in
            let item = batch.items[places[part.owner]]
            guard case .success(let hashed) = result else { return }
            let plan = item.plan
            let isLast = item.part == plan.parts.count - 1
            let datasha =
                switch plan.datashaKind {
                case .part: hashed.plain
                case .state: isLast ? hashed.finished : hashed.state.datasha
                }
            results[part.owner] = datasha == plan.parts[item.part].datasha
        }
        return results
    }

    private static func hashing(of item: Item, owner: Int) -> PartHash<Int> {
        let range = item.plan.parts[item.part].range
        let reader = PartBlock(
            unsafe .part(item.bytes, offset: range.offset), range: range, parts: 1, prefetcher: nil,
            stop: StopCondition(asked: nil))
        let start = item.plan.recordedState(before: item.part)
        let claims: PartClaims = if let start { .state(from: start) } else { .plain }
        return PartHash(item.part, of: owner, range: range, claims: claims, reader: reader)
    }
}
