import PlanCore

/// Hashes one part of a source on its own: from a given state, from SHA-1's initial state, or both.
///
/// A class, because it owns its reader. Used by one thread.
final class PartHash<Owner>: LaneWork {
    /// The result of a part.
    struct Outcome {
        /// The state after the part's whole blocks, from the given start.
        let state: RunningState
        /// The digest of the file's first `range.end` bytes, if the start was correct.
        let finished: Digest
        /// The part's own SHA-1; meaningless if only the state was requested.
        let plain: Digest
        /// The part's requested CRCs.
        let crcs: CRC64Set
    }

    /// The owner of the part, for the caller.
    let owner: Owner
    /// The index of the part.
    let part: Int
    /// The range of the part.
    let range: ByteRange

    private let claims: PartClaims
    private let checksums: LaneChecksums?
    private let reader: any PartReader
    private var position: Int64
    private var isStarted = false
    private var failure: DigestError?

    /// Creates the hash of `range`, whose bytes `reader` supplies, with the requested CRCs `checksums`.
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

    /// Starts to read the first bytes in if they must come from the disk; returns whether they must.
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

/// What a lane's states are used for when it hashes a part.
enum PartClaims {
    /// The first state starts from the given one; there is no second, and the part's own SHA-1 is not
    /// computed.
    case state(from: RunningState)
    /// The first state computes the part's own SHA-1; there is no second.
    case plain
    /// The first state starts from the given one; the second computes the part's own SHA-1.
    case both(from: RunningState)

    fileprivate func begin(_ lane: inout Lane) {
        lane.other = .initial
        switch self {
        case .state(let start), .both(let start): lane.state = start
        case .plain: lane.state = .initial
        }
    }
}
