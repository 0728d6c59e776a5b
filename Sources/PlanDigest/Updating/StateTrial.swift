import PlanCore
import PlanFiles

/// A file held against the running states that an earlier plan records, stretches of it side by side.
///
/// A stretch is as many whole parts, of both plans, as end in the same place. Each is hashed from the state recorded
/// before it. What comes out is right as far as those states are the bytes' own: that of the first stretch is, and that of
/// each behind one that ends in the state from which it was hashed. A class, because the threads that hash stretches
/// share it.
final class StateTrial: PartwiseFile {
    /// What the threads have found.
    private struct Found: Sendable {
        var start: FileStart
        /// The first stretch of which nothing right is known.
        var next: Int
        /// What came out of stretches behind that one.
        var ahead: [Int: PartHash<StateTrial>.Outcome] = [:]
        /// Whether the recorded state before that one is not the bytes'.
        var isBroken = false
        var failure: DigestError?
    }

    let number: Int
    let entry: PlanEntry
    let stop: StopCondition
    let table: KernelTable
    let earlier: EarlierStates
    private let stretches: Layout
    /// The first stretch that is hashed here, and the state before it, which the bytes have confirmed.
    private let first: Int
    private let firstState: RunningState
    private let engine: DigestEngine
    private let progress: DigestProgress?
    private let found: Monitor<Found>

    var pair: Bool { entry.partTable != nil }
    var partSize: Int64 { stretches.pieceSize }
    var serialPasses: [Never] { [] }

    /// Stretches of a file from where something is known of it already; nil where no recorded state lies behind that.
    init?(
        _ entry: PlanEntry, from start: FileStart, _ earlier: EarlierStates, engine: DigestEngine,
        progress: DigestProgress?, cancellation: Cancellation?
    ) {
        guard let length = Self.commonLength(entry.layout.pieceSize, earlier.partSize),
            start.position % length == 0, start.position + length < entry.layout.fileSize,
            earlier.state(at: start.position + length) != nil
        else { return nil }
        number = entry.index
        self.entry = entry
        self.earlier = earlier
        self.engine = engine
        self.progress = progress
        stop = StopCondition(asked: cancellation)
        stretches = Layout(fileSize: entry.layout.fileSize, pieceSize: length)
        table = entry.partTable != nil ? engine.pairTable : engine.singleTable
        first = Int(start.position / length)
        firstState = start.state
        found = Monitor(Found(start: start, next: first))
    }

    /// The least common multiple of two part sizes; nil where it is too large to tell parts apart.
    private static func commonLength(_ one: Int64, _ other: Int64) -> Int64? {
        var (divisor, rest) = (one, other)
        while rest != 0 { (divisor, rest) = (rest, divisor % rest) }
        let (length, overflow) = one.multipliedReportingOverflow(by: other / divisor)
        return overflow ? nil : length
    }

    /// How many stretches begin with a known or recorded state.
    var checked: Int {
        let recorded = Int64(earlier.states.count) * earlier.partSize / stretches.pieceSize
        return min(Int(recorded) + 1, stretches.count) - first
    }

    var runs: [Range<Int>] { checked > 0 ? [0..<checked] : [] }

    /// Whether stretches that nobody has begun would be hashed from states that are not the bytes'.
    var isDecided: Bool { found.withLock { $0.isBroken } }

    func supply(_ parts: Range<Int>, budget: WindowBudget, prefetcher: Prefetcher?) -> PartSupply {
        PartSupply(
            entry.source, layout: stretches, parts: (first + parts.lowerBound)..<(first + parts.upperBound),
            budget: budget, lanes: table.width, prefetcher: prefetcher, stop: stop)
    }

    func hashing(of stretch: Int, _ reader: any PartReader) -> PartHash<StateTrial> {
        hashing(of: stretch, from: stretch == first ? firstState : recorded(before: stretch), reader)
    }

    private func hashing(
        of stretch: Int, from state: RunningState, _ reader: any PartReader
    ) -> PartHash<StateTrial> {
        PartHash(
            stretch, of: self, range: stretches.range(of: stretch),
            claims: pair ? .both(from: state) : .state(from: state),
            checksums: entry.request.checksums.combinable, cutEvery: entry.layout.pieceSize, reader: reader)
    }

    private func recorded(before stretch: Int) -> RunningState {
        guard let state = earlier.state(at: Int64(stretch) * stretches.pieceSize) else {
            preconditionFailure("a stretch is hashed from a recorded state")
        }
        return RunningState(datasha: state)
    }

    func note(_ part: PartHash<StateTrial>, _ result: Result<PartHash<StateTrial>.Outcome, DigestError>) {
        found.withLock { found in
            switch result {
            case .failure(let failure): found.failure = found.failure ?? failure
            case .success(let outcome):
                guard !found.isBroken else { return }
                found.ahead[part.part] = outcome
                join(&found)
            }
        }
    }

    /// Takes what is known to be right.
    private func join(_ found: inout Found) {
        while !found.isBroken, let outcome = found.ahead.removeValue(forKey: found.next) {
            let range = stretches.range(of: found.next)
            found.start.append(outcome, of: range, in: entry.layout)
            found.next += 1
            progress?.add(bytes: range.length)
            progress?.show(entry.index, done: range.end, size: entry.layout.fileSize)
            guard let recorded = earlier.state(at: range.end), range.end < entry.layout.fileSize else {
                continue
            }
            found.isBroken = recorded != found.start.state.datasha
            if found.isBroken { found.ahead = [:] }
        }
    }

    func run(
        _ pass: Never, _ driver: inout LaneDriver, budget: WindowBudget, prefetcher: Prefetcher?
    ) {}
}

// What the thread that asked for the trial does with it.
extension StateTrial {
    /// What is known of the file's first bytes now that all stretches are hashed, and whether the recorded state behind
    /// them is not theirs.
    func result() throws(DigestError) -> (start: FileStart, isBroken: Bool) {
        progress?.hide(entry.index)
        let found = found.withLock { $0 }
        if let failure = found.failure { throw failure }
        if stop.isSet { throw .cancelled }
        return (found.start, found.isBroken)
    }

    /// Goes on from a state that is not the recorded one, for a stretch or two: if a recorded state is the
    /// bytes' again behind them, the earlier plan was damaged in between.
    ///
    /// Else the bytes have changed.
    ///
    /// - Returns: what is known then.
    func bridged(_ start: FileStart) throws(DigestError) -> (start: FileStart, isBroken: Bool) {
        var start = start
        var driver = LaneDriver(table, pair: pair)
        for _ in 0..<2 {
            let stretch = Int(start.position / stretches.pieceSize)
            let range = stretches.range(of: stretch)
            guard let recorded = earlier.state(at: range.end), range.end < stretches.fileSize else { break }
            let reader = WindowReader(
                entry.source, range: range,
                stretchBytes: WindowBudget.oneFile(threads: 1).stretchBytes(lanes: 1), prefetcher: nil,
                stop: stop)
            let outcome = try driver.run(hashing(of: stretch, from: start.state, reader)) { $0.owner.pair }
                .get()
            start.append(outcome, of: range, in: entry.layout)
            progress?.add(bytes: range.length)
            if recorded == start.state.datasha { return (start, false) }
        }
        return (start, true)
    }
}
