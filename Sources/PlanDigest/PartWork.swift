import PlanCore

/// One run of a source's bytes hashed by itself: a part, from a given state and from SHA-1's beginning.
///
/// A class, because it owns its windows and its result.
final class PartWork: LaneWork {
    /// Which bytes.
    let range: ByteRange
    /// Which part that is, for whoever asked.
    let part: Int
    /// What came out; nil until the bytes are all hashed.
    private(set) var outcome: Outcome?
    /// Why nothing came out.
    private(set) var failure: DigestError?

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

    private let reader: WindowReader
    private let claims: Claims
    private var position: Int64
    private var isStarted = false
    private let finished: (PartWork) -> Void

    /// Hashes `range` for `claims`.
    ///
    /// - Parameter finished: called once, on the hashing thread, when the work is over.
    init(
        part: Int, range: ByteRange, claims: Claims, reader: WindowReader,
        finished: @escaping (PartWork) -> Void
    ) {
        self.part = part
        self.range = range
        self.claims = claims
        self.reader = reader
        self.finished = finished
        position = range.offset
    }

    /// Maps the first window already.
    func prepare() {
        do throws(DigestError) { try reader.prepare(at: range.offset) } catch { failure = error }
    }

    func next(_ lane: inout Lane) -> Bool {
        do throws(DigestError) {
            if let failure { throw failure }
            if !isStarted {
                isStarted = true
                lane.state = claims.start
                lane.other = .initial
            }
            let bodyEnd = range.end - range.length % 64
            if position < bodyEnd {
                let run = unsafe try reader.bytes(at: position, limit: bodyEnd - position)
                unsafe lane.take(run)
                position += Int64(run.count)
                return true
            }
            let tail = unsafe try reader.bytes(at: position, limit: range.end - position)
            let plainState = if case .both = claims { lane.other } else { lane.state }
            let outcome = unsafe Outcome(
                state: lane.state, finished: StreamHash.finish(lane.state, length: range.end, tail: tail),
                plain: StreamHash.finish(plainState, length: range.length, tail: tail))
            try reader.finish()
            self.outcome = outcome
        } catch {
            failure = error
        }
        finished(self)
        return false
    }
}

extension PartWork.Claims {
    fileprivate var start: RunningState {
        switch self {
        case .state(let start), .both(let start): start
        case .plain: .initial
        }
    }
}
