import PlanCore

/// Consecutive parts of a source hashed one after the other in one lane, each by itself: from a given state, and
/// from SHA-1's beginning.
///
/// Several parts share a lane only so that they share its windows. A class, because it owns them.
final class PartWork: LaneWork {
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

    private let items: [Item]
    private let reader: WindowReader
    private let finished: (Item, Result<Outcome, DigestError>) -> Void
    private var current = 0
    private var position: Int64
    private var isStarted = false
    private var failure: DigestError?

    /// Hashes `items`, which lie one behind the other.
    ///
    /// - Parameter finished: called on the hashing thread for every item in order, up to the first that fails. The
    ///   last window's reading proves itself only after that: its failure is one more call for the last item.
    init(
        _ items: [Item], reader: WindowReader,
        finished: @escaping (Item, Result<Outcome, DigestError>) -> Void
    ) {
        precondition(!items.isEmpty, "work on nothing")
        self.items = items
        self.reader = reader
        self.finished = finished
        position = items[0].range.offset
    }

    /// Maps the first window already, if it must come from the disk.
    func prepare() {
        do throws(DigestError) { try reader.prepare(at: position) } catch { failure = error }
    }

    func next(_ lane: inout Lane) -> Bool {
        do throws(DigestError) {
            if let failure { throw failure }
            if !isStarted {
                isStarted = true
                items[current].claims.begin(&lane)
            }
            while true {
                let item = items[current]
                let bodyEnd = item.range.end - item.range.length % 64
                if position < bodyEnd {
                    let run = unsafe try reader.bytes(at: position, limit: bodyEnd - position)
                    unsafe lane.take(run)
                    position += Int64(run.count)
                    return true
                }
                finished(item, .success(try outcome(item, lane)))
                guard current + 1 < items.count else { break }
                current += 1
                items[current].claims.begin(&lane)
            }
            try reader.finish()
        } catch {
            finished(items[current], .failure(error))
        }
        return false
    }

    private func outcome(_ item: Item, _ lane: Lane) throws(DigestError) -> Outcome {
        let tail = unsafe try reader.bytes(at: position, limit: item.range.end - position)
        position = item.range.end
        let plainState = if case .both = item.claims { lane.other } else { lane.state }
        return unsafe Outcome(
            state: lane.state, finished: StreamHash.finish(lane.state, length: item.range.end, tail: tail),
            plain: StreamHash.finish(plainState, length: item.range.length, tail: tail))
    }
}

extension PartWork.Claims {
    fileprivate func begin(_ lane: inout Lane) {
        lane.other = .initial
        switch self {
        case .state(let start), .both(let start): lane.state = start
        case .plain: lane.state = .initial
        }
    }
}
