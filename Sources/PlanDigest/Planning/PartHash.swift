import PlanCore

/// One part of a source hashed by itself: from a given state, and from SHA-1's beginning.
///
/// A class, because it owns its reader.
final class PartHash: LaneWork {
    /// What came out of a part's bytes.
    struct Outcome {
        /// The state after the part's whole blocks, from the start that was given.
        let state: RunningState
        /// What a hash of `range.end` bytes from the file's start would finish as, if the start was right.
        let finished: Digest
        /// The part's own SHA-1; meaningless where only the state was claimed.
        let plain: Digest
    }

    /// What the lane's states are for.
    enum Claims {
        /// The first state begins as given; there is no second, and the part's own SHA-1 is not known.
        case state(from: RunningState)
        /// The first state is for the part's own SHA-1; there is no second.
        case plain
        /// The first state begins as given, the second is for the part's own SHA-1.
        case both(from: RunningState)
    }

    /// A part to hash.
    struct Item {
        /// Which part that is, for whoever asked.
        let part: Int
        let range: ByteRange
        let claims: Claims
    }

    private let item: Item
    private let reader: any PartReader
    private let finished: (Item, Result<Outcome, DigestError>) -> Void
    private var position: Int64
    private var isStarted = false
    private var failure: DigestError?

    /// Hashes `item`, whose bytes `reader` gives.
    ///
    /// - Parameter finished: called once, on the hashing thread.
    init(
        _ item: Item, reader: any PartReader,
        finished: @escaping (Item, Result<Outcome, DigestError>) -> Void
    ) {
        self.item = item
        self.reader = reader
        self.finished = finished
        position = item.range.offset
    }

    func sharesMemory(with other: PartHash) -> Bool { reader === other.reader }

    /// Begins to bring the bytes in already, if they must come from the disk; tells whether they must.
    func prepare() -> Bool {
        do throws(DigestError) {
            return try reader.prepare(at: position)
        } catch {
            failure = error
            return false
        }
    }

    func next(_ lane: inout Lane) -> Bool {
        do throws(DigestError) {
            if let failure { throw failure }
            if !isStarted {
                isStarted = true
                item.claims.begin(&lane)
            }
            let bodyEnd = item.range.end - item.range.length % 64
            if position < bodyEnd {
                let run = unsafe try reader.bytes(at: position, limit: bodyEnd - position)
                unsafe lane.take(run)
                position += Int64(run.count)
                return true
            }
            let outcome = try outcome(lane)
            try reader.finish()
            finished(item, .success(outcome))
        } catch {
            finished(item, .failure(error))
        }
        return false
    }

    private func outcome(_ lane: Lane) throws(DigestError) -> Outcome {
        let tail = unsafe try reader.bytes(at: position, limit: item.range.end - position)
        position = item.range.end
        let plainState = if case .both = item.claims { lane.other } else { lane.state }
        return unsafe Outcome(
            state: lane.state, finished: StreamHash.finish(lane.state, length: item.range.end, tail: tail),
            plain: StreamHash.finish(plainState, length: item.range.length, tail: tail))
    }
}

extension PartHash.Claims {
    fileprivate func begin(_ lane: inout Lane) {
        lane.other = .initial
        switch self {
        case .state(let start), .both(let start): lane.state = start
        case .plain: lane.state = .initial
        }
    }
}
