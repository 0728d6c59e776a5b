import PlanCore

/// One message being hashed by a kernel.
@safe struct Lane {
    /// The state after the bytes hashed so far.
    var state = RunningState.initial
    /// The second state over the same bytes, if the driver carries two.
    var other = RunningState.initial
    /// Checksums computed of the same bytes.
    var checksums: LaneChecksums?
    /// The next bytes to hash, and their number of 64-byte blocks.
    var data: UnsafePointer<UInt8>?
    var blocks = 0

    init() { unsafe data = nil }

    /// Assigns whole blocks to the lane.
    mutating func take(_ bytes: UnsafeRawBufferPointer) {
        unsafe data = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        blocks = bytes.count / 64
    }
}

/// Supplies a lane with bytes, run by run, and takes the states in between.
protocol LaneWork: AnyObject {
    /// The final result.
    associatedtype Outcome

    /// Gives `lane` its next run of one block or more.
    ///
    /// Called at the start, and whenever a run is hashed.
    ///
    /// - Returns: nil with a run; the result or the failure if no run is left.
    func next(_ lane: inout Lane) -> Result<Outcome, DigestError>?

    /// Whether this work and `other` read from one mapping, which is released only when both are done.
    ///
    /// The driver then starts and ends the two together.
    func sharesMemory(with other: Self) -> Bool
}

extension LaneWork {
    func sharesMemory(with other: Self) -> Bool { false }
}

/// Keeps a thread's lanes busy: refills them as messages end, and calls the fastest functions for the active
/// ones.
@safe struct LaneDriver {
    private let table: KernelTable
    private let pair: Bool
    private var states: [UInt32]
    private var others: [UInt32]
    private var data: [UnsafePointer<UInt8>?]

    /// Creates a driver for messages with one state, or with two if `pair`.
    init(_ table: KernelTable, pair: Bool) {
        self.table = table
        self.pair = pair
        let widest = table.calls.joined().map(\.width).max() ?? 1
        states = [UInt32](repeating: 0, count: 5 * widest)
        others = [UInt32](repeating: 0, count: 5 * widest)
        unsafe data = [UnsafePointer<UInt8>?](repeating: nil, count: widest)
    }

    /// Hashes everything that `supply` returns, with at most `limit()` messages active; `limit` is evaluated
    /// before each call of `supply`.
    ///
    /// - Parameters:
    ///   - leavingLast: whether to return the last active message's work instead of finishing it.
    ///   - limit: the current maximum number of messages hashed at once.
    ///   - supply: the next work; nil for none.
    ///   - over: called at the end of each work.
    /// - Returns: with `leavingLast`, the last work and its lane, whose run is still to be hashed,
    ///   once there is no more supply; nil if all work has ended.
    @discardableResult
    mutating func run<Work: LaneWork>(
        leavingLast: Bool = false, limit: () -> Int, supply: () -> Work?,
        over: (Work, Result<Work.Outcome, DigestError>) -> Void
    ) -> (work: Work, lane: Lane)? {
        var works: [Work] = []
        var lanes: [Lane] = []
        /// The number of blocks hashed since a lane was started.
        var sinceBegin = 0
        while true {
            var isExhausted = false
            while lanes.count < min(limit(), table.width) {
                guard let work = supply() else {
                    isExhausted = true
                    break
                }
                var lane = Lane()
                if let outcome = work.next(&lane) {
                    over(work, outcome)
                    continue
                }
                if !(works.last.map(work.sharesMemory) ?? false) {
                    advance(&lanes, atMost: Self.stagger(before: lane) - sinceBegin)
                }
                lanes.append(lane)
                works.append(work)
                sinceBegin = 0
            }
            guard !lanes.isEmpty else { return nil }
            if leavingLast, isExhausted, lanes.count == 1 { return (works[0], lanes[0]) }
            sinceBegin += advance(&lanes)
            refill(&lanes, &works, over)
        }
    }

    /// Gives lanes that have hashed their run the next one, and removes those whose work has ended.
    private func refill<Work: LaneWork>(
        _ lanes: inout [Lane], _ works: inout [Work],
        _ over: (Work, Result<Work.Outcome, DigestError>) -> Void
    ) {
        for index in lanes.indices.reversed() where lanes[index].blocks == 0 {
            guard let outcome = works[index].next(&lanes[index]) else { continue }
            over(works[index], outcome)
            lanes.swapAt(index, lanes.count - 1)
            works.swapAt(index, works.count - 1)
            lanes.removeLast()
            works.removeLast()
        }
    }

    /// How many blocks the other lanes should be ahead before `lane` starts.
    ///
    /// Lanes at the same offset within their pages would compete for the same cache sets. The distance is a
    /// small part of a message, because a waiting lane does nothing. **Source**:
    /// `benchmarks/results/measured-choices.md`.
    private static func stagger(before lane: Lane) -> Int { min(272, lane.blocks / 16) }

    /// Hashes `work` to its end, continuing from `start`; for each run `pair` decides whether both states are
    /// computed.
    mutating func run<Work: LaneWork>(
        _ work: Work, from start: Lane = Lane(), pair: (Work) -> Bool
    ) -> Result<Work.Outcome, DigestError> {
        var lane = start
        while true {
            if lane.blocks == 0, let outcome = work.next(&lane) { return outcome }
            run(&lane, pair: pair(work))
        }
    }

    /// Hashes `lane`'s run to its end, with both states or only the first.
    private mutating func run(_ lane: inout Lane, pair: Bool) {
        var lanes = [lane]
        advance(&lanes, pair: pair)
        lane = lanes[0]
    }

    /// The number of blocks hashed in each of `lanes` lanes before checksums are computed of them.
    ///
    /// In all 256 to 512 KiB, which fit in the second-level cache; the fewer pieces, the less they cost.
    ///
    /// **Source**: `benchmarks/results/measured-choices.md`.
    private static func cachedBlocks(_ lanes: Int) -> Int { max(512, 4096 / max(lanes, 1)) }

    /// Hashes as many blocks in every lane as the shortest run has, at most `maximum`; returns how many.
    @discardableResult
    private mutating func advance(_ lanes: inout [Lane], atMost maximum: Int = .max) -> Int {
        advance(&lanes, pair: pair, atMost: maximum)
    }

    @discardableResult
    private mutating func advance(_ lanes: inout [Lane], pair: Bool, atMost maximum: Int = .max) -> Int {
        let cached = lanes.contains { $0.checksums != nil } ? Self.cachedBlocks(lanes.count) : .max
        let blocks = lanes.reduce(min(maximum, cached)) { min($0, $1.blocks) }
        guard blocks > 0, !lanes.isEmpty else { return 0 }
        var first = 0
        for kernel in table.calls[lanes.count] {
            let live = min(kernel.width, lanes.count - first)
            call(kernel, &lanes, first..<(first + live), blocks: blocks, pair: pair)
            first += live
        }
        return blocks
    }

    private mutating func call(
        _ kernel: LaneKernel, _ lanes: inout [Lane], _ live: Range<Int>, blocks: Int, pair: Bool
    ) {
        let width = kernel.width
        for place in 0..<width {
            // An unused lane repeats the first one's work.
            let lane = lanes[place < live.count ? live.lowerBound + place : live.lowerBound]
            unsafe data[place] = lane.data
            Self.store(lane.state, in: &states, width: width, place: place)
            if pair { Self.store(lane.other, in: &others, width: width, place: place) }
        }
        if pair, let hashPair = unsafe kernel.hashPair {
            unsafe hashPair(&states, &others, data, blocks)
        } else {
            unsafe kernel.hash(&states, data, blocks)
        }
        for place in 0..<live.count {
            let index = live.lowerBound + place
            lanes[index].state = Self.load(states, width: width, place: place)
            if pair { lanes[index].other = Self.load(others, width: width, place: place) }
            if let checksums = lanes[index].checksums {
                unsafe checksums.take(UnsafeRawBufferPointer(start: lanes[index].data, count: blocks * 64))
            }
            lanes[index].blocks -= blocks
            unsafe lanes[index].data = lanes[index].data?.advanced(by: blocks * 64)
        }
    }

    private static func store(_ state: RunningState, in words: inout [UInt32], width: Int, place: Int) {
        words[place] = state.words.0
        words[place + width] = state.words.1
        words[place + 2 * width] = state.words.2
        words[place + 3 * width] = state.words.3
        words[place + 4 * width] = state.words.4
    }

    private static func load(_ words: [UInt32], width: Int, place: Int) -> RunningState {
        RunningState(
            words: (
                words[place], words[place + width], words[place + 2 * width], words[place + 3 * width],
                words[place + 4 * width]
            ))
    }
}
