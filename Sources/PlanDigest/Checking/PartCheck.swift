import PlanCore

/// Checks bytes in a buffer against plans' parts, before they are sent.
///
/// By the digest that goes up with them, `datasha`: it proves the bytes. The part's own `sha1` would be a second pass
/// over them to prove the same, and is never sent; ``DigestEngine/check(_:against:progress:cancellation:)`` checks
/// that one too.
public struct PartCheck: Sendable {
    /// Bytes that should be those of a part.
    @safe public struct Item {
        /// The bytes, as many as the part has.
        public let bytes: UnsafeRawBufferPointer
        /// Which part.
        public let part: Int
        /// Of which plan.
        public let plan: PlannedFile

        /// `bytes`, which should be those of `part` of `plan`.
        public init(bytes: UnsafeRawBufferPointer, part: Int, of plan: PlannedFile) {
            unsafe self.bytes = bytes
            self.part = part
            self.plan = plan
        }
    }

    /// How many threads a batch is spread over.
    public let jobs: Int
    private let table: KernelTable

    /// A check of `engine`'s kernel on `jobs` threads, the calling one among them.
    public init(_ engine: DigestEngine, jobs: Int = 1) {
        self.jobs = min(max(1, jobs), DigestEngine.mostJobs)
        table = engine.singleTable
    }

    /// Whether `bytes` are the bytes of part `index` of `plan`. Running states are followed from the one recorded
    /// before the part.
    public func matches(_ bytes: UnsafeRawBufferPointer, part index: Int, of plan: PlannedFile) -> Bool {
        unsafe matches([Item(bytes: bytes, part: index, of: plan)])[0]
    }

    /// The same for several parts at once, side by side in lanes; in the order of `items`.
    public func matches(_ items: [Item]) -> [Bool] {
        let threads = min(jobs, max(1, items.count))
        let results = Monitor([Bool](repeating: false, count: items.count))
        let shares = Monitor(Array(0..<threads))
        let count = items.count
        let batch = Batch(items: items)
        WorkerThread.parallel(threads) {
            // Whoever comes takes the shares that are left, should there be fewer threads than asked for.
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

    /// The items, for the threads of one call.
    @safe private struct Batch: @unchecked Sendable {
        // Safety: the bytes are only read, and the caller keeps them until the call returns.
        let items: [Item]
    }

    private static func check(
        _ batch: Batch, _ places: [Int], _ table: KernelTable
    ) -> [Bool] {
        var results = [Bool](repeating: false, count: places.count)
        var next = 0
        var driver = LaneDriver(table, pair: false)
        driver.run(limit: { table.width }) { () -> PartHash? in
            while next < places.count {
                let order = next
                next += 1
                let item = batch.items[places[order]]
                let range = item.plan.parts[item.part].range
                guard unsafe Int64(item.bytes.count) == range.length else { continue }
                return work(item) { results[order] = $0 }
            }
            return nil
        }
        return results
    }

    private static func work(_ item: Item, _ finished: @escaping (Bool) -> Void) -> PartHash {
        let plan = item.plan
        let part = plan.parts[item.part]
        let isLast = item.part == plan.parts.count - 1
        let source = unsafe DigestSource.part(item.bytes, offset: part.range.offset)
        let reader = PartBlock(
            source, range: part.range, parts: 1, prefetcher: nil, stop: StopSignal(asked: nil))
        let start = plan.recordedState(before: item.part)
        let claims: PartHash.Claims = if let start { .state(from: start) } else { .plain }
        let whole = PartHash.Item(part: item.part, range: part.range, claims: claims)
        return PartHash(whole, reader: reader) { _, result in
            guard case .success(let hashed) = result else { return finished(false) }
            let datasha =
                start == nil ? hashed.plain : isLast ? hashed.finished : hashed.state.datasha
            finished(datasha == part.datasha)
        }
    }
}
