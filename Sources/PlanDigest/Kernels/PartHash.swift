import PlanCore

/// One part of a source hashed by itself: from a given state, and from SHA-1's beginning.
///
/// A class, because it owns its reader. One thread drives it.
final class PartHash<Owner>: LaneWork {
    /// What came out of a part's bytes.
    struct Outcome {
        /// The state after the part's whole blocks, from the start that was given.
        let state: RunningState
        /// What a hash of `range.end` bytes from the file's start would finish as, if the start was right.
        let finished: Digest
        /// The part's own SHA-1; meaningless where only the state was claimed.
        let plain: Digest
        /// The part's CRCs, those that were asked for.
        let crcs: CRC64Set
    }

    /// Whose part it is, for whoever asked.
    let owner: Owner
    /// Which part of it.
    let part: Int
    /// The part's bytes.
    let range: ByteRange

    private let claims: PartClaims
    private let checksums: LaneChecksums?
    private let reader: any PartReader
    private var position: Int64
    private var isStarted = false
    private var failure: DigestError?

    /// Hashes the bytes of `range`, which `reader` gives.
    ///
    /// - Parameter checksums: CRCs that are wanted as well.
    init(
        _ part: Int, of owner: Owner, range: ByteRange, claims: PartClaims,
        checksums: Set<ChecksumKind> = [], reader: any PartReader
    ) {
        self.owner = owner
        self.part = part
        self.range = range
        self.claims = claims
        self.checksums = LaneChecksums(checksums)
        self.reader = reader
        position = range.offset
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

    func next(_ lane: inout Lane) -> Result<Outcome, DigestError>? {
        do throws(DigestError) {
            if let failure { throw failure }
            if !isStarted {
                isStarted = true
                claims.begin(&lane)
                lane.checksums = checksums
            }
            let bodyEnd = range.end - range.length % 64
            if position < bodyEnd {
                let run = unsafe try reader.bytes(at: position, limit: bodyEnd - position)
                unsafe lane.take(run)
                position += Int64(run.count)
                return nil
            }
            let outcome = try outcome(lane)
            try reader.finish()
            return .success(outcome)
        } catch {
            return .failure(error)
        }
    }

    private func outcome(_ lane: Lane) throws(DigestError) -> Outcome {
        let tail = unsafe try reader.bytes(at: position, limit: range.end - position)
        position = range.end
        unsafe checksums?.take(tail)
        let plainState = if case .both = claims { lane.other } else { lane.state }
        return unsafe Outcome(
            state: lane.state, finished: StreamHash.finish(lane.state, length: range.end, tail: tail),
            plain: StreamHash.finish(plainState, length: range.length, tail: tail),
            crcs: checksums?.values.crcs ?? CRC64Set([]))
    }
}

/// What a lane's states are for when it hashes a part.
enum PartClaims {
    /// The first state begins as given; there is no second, and the part's own SHA-1 is not known.
    case state(from: RunningState)
    /// The first state is for the part's own SHA-1; there is no second.
    case plain
    /// The first state begins as given, the second is for the part's own SHA-1.
    case both(from: RunningState)

    fileprivate func begin(_ lane: inout Lane) {
        lane.other = .initial
        switch self {
        case .state(let start), .both(let start): lane.state = start
        case .plain: lane.state = .initial
        }
    }
}
