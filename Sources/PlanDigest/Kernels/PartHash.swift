import PlanCore

/// Hashes one part of a source on its own: from a given state, from SHA-1's initial state, or both.
///
/// The part may span several parts of another layout: the digests at the end of each are recorded.
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
        ///
        /// If it was cut, that of the last piece.
        let plain: Digest
        /// The part's requested CRCs.
        ///
        /// If it was cut, those of the last piece.
        let crcs: CRC64Set
        /// The results at its cuts, in file order.
        let cuts: [Cut]
    }

    /// The result at the end of a piece of the part.
    struct Cut {
        /// The state there.
        let state: RunningState
        /// The piece's own SHA-1; meaningless if only the state was requested.
        let plain: Digest
        /// The piece's requested CRCs.
        let crcs: CRC64Set
    }

    /// The owner of the part, for the caller.
    let owner: Owner
    /// The index of the part.
    let part: Int
    /// The range of the part.
    let range: ByteRange

    private let claims: PartClaims
    private let crcKinds: Set<ChecksumKind>
    private let checksums: LaneChecksums?
    private let reader: any PartReader
    private let pieceSize: Int64?
    private var position: Int64
    /// The start of the current piece.
    private var pieceStart: Int64
    private var cuts: [Cut] = []
    private var isStarted = false
    private var failure: DigestError?

    /// Creates the hash of `range`, whose bytes `reader` supplies, with the requested CRCs `checksums`.
    ///
    /// It is cut after every `pieceSize` bytes, a multiple of 64, if given.
    init(
        _ part: Int, of owner: Owner, range: ByteRange, claims: PartClaims,
        checksums: Set<ChecksumKind> = [], cutEvery pieceSize: Int64? = nil, reader: any PartReader
    ) {
        self.owner = owner
        self.part = part
        self.range = range
        self.claims = claims
        crcKinds = checksums
        self.checksums = LaneChecksums(checksums)
        self.pieceSize = pieceSize
        self.reader = reader
        position = range.offset
        pieceStart = range.offset
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
            if position == pieceEnd, position < range.end { cut(&lane) }
            let bodyEnd = pieceEnd - (pieceEnd - range.offset) % 64
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

    /// The end of the current piece.
    private var pieceEnd: Int64 { pieceSize.map { min(pieceStart + $0, range.end) } ?? range.end }

    /// Records the results of the current piece and begins the next.
    private func cut(_ lane: inout Lane) {
        let none = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
        cuts.append(
            Cut(
                state: lane.state,
                plain: unsafe StreamHash.finish(
                    plainState(lane), length: position - pieceStart, tail: none),
                crcs: checksums?.values.cutCRCs(crcKinds) ?? CRC64Set([])))
        lane.other = .initial
        pieceStart = position
    }

    /// The state of the piece's own SHA-1.
    private func plainState(_ lane: Lane) -> RunningState {
        if case .both = claims { lane.other } else { lane.state }
    }

    private func outcome(_ lane: Lane) throws(DigestError) -> Outcome {
        let tail = unsafe try reader.bytes(at: position, limit: range.end - position)
        position = range.end
        unsafe checksums?.take(tail)
        return unsafe Outcome(
            state: lane.state, finished: StreamHash.finish(lane.state, length: range.end, tail: tail),
            plain: StreamHash.finish(plainState(lane), length: range.end - pieceStart, tail: tail),
            crcs: checksums?.values.crcs ?? CRC64Set([]), cuts: cuts)
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
