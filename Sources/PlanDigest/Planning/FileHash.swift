import PlanCore

/// Plans one file: computes its running state front to back, and its parts' own digests if the lane's second
/// state is used for them.
///
/// A class, because it owns its windows and results. Used by one thread.
final class FileHash: LaneWork {
    /// Who computes the parts' own digests.
    enum PartHashing {
        /// The lane, with its second state.
        case lane
        /// An idle thread, if there is one when a part begins; otherwise the lane.
        case idleThreads(of: PlanRun)
        /// Other threads.
        case otherThreads(of: PlanRun)
    }

    let entry: PlanEntry
    /// Who computes the digests of the following parts.
    var partHashing: PartHashing

    private let reader: WindowReader
    private let progress: DigestProgress?
    private let checksums: LaneChecksums?
    private var position: Int64 = 0
    private var reported: Int64 = 0
    private var part = 0
    /// The own digests of parts before this one are computed by other threads.
    private var partsGivenAway = 0
    private var states: [Digest] = []
    private var isStarted = false

    /// Creates the hash of a file; `checksums` are computed here rather than by other threads.
    init(
        _ entry: PlanEntry, reader: WindowReader, partHashing: PartHashing, checksums: Set<ChecksumKind>,
        progress: DigestProgress?
    ) {
        self.entry = entry
        self.reader = reader
        self.partHashing = partHashing
        self.progress = progress
        self.checksums = LaneChecksums(checksums, after: entry.start?.crcs)
        if let start = entry.start {
            states = start.states
            part = states.count
            position = start.position
            reported = position
        }
        states.reserveCapacity(entry.layout.count)
    }

    /// Whether the lane's second state is needed for the next bytes.
    var wantsSecondState: Bool { entry.partTable != nil && part >= partsGivenAway }

    func next(_ lane: inout Lane) -> Result<FileStates, DigestError>? {
        let layout = entry.layout
        report()
        do throws(DigestError) {
            if !isStarted {
                isStarted = true
                lane.state = entry.start?.state ?? .initial
                lane.other = .initial
                lane.checksums = checksums
            }
            closePart(&lane)
            givePartsAway()
            let bodyEnd = layout.fileSize - layout.fileSize % 64
            if position < bodyEnd {
                let partEnd = Int64(part + 1) * layout.pieceSize
                let run = unsafe try reader.bytes(at: position, limit: min(partEnd, bodyEnd) - position)
                unsafe lane.take(run)
                position += Int64(run.count)
                return nil
            }
            let states = try finish(lane)
            progress?.hide(entry.index)
            return .success(states)
        } catch {
            progress?.hide(entry.index)
            return .failure(error)
        }
    }

    /// Assigns the following parts' own digests to other threads, if they are to compute them.
    private func givePartsAway() {
        if wantsSecondState, position == Int64(part) * entry.layout.pieceSize {
            switch partHashing {
            case .lane: break
            case .idleThreads(let plan): partsGivenAway = part + plan.offerParts(of: entry, from: part)
            case .otherThreads(let plan): partsGivenAway = part + plan.giveParts(of: entry, from: part)
            }
        }
        checksums?.takesCRCs = entry.partTable == nil || wantsSecondState
    }

    /// Records the lane's states if a part ends here and another follows.
    private func closePart(_ lane: inout Lane) {
        let layout = entry.layout
        guard part + 1 < layout.count, position == Int64(part + 1) * layout.pieceSize else { return }
        states.append(lane.state.datasha)
        let none = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
        unsafe noteOwnDigests(lane, length: layout.pieceSize, tail: none)
        lane.other = .initial
        part += 1
    }

    /// Records the part's own digests if they were computed here.
    private func noteOwnDigests(_ lane: Lane, length: Int64, tail: UnsafeRawBufferPointer) {
        guard wantsSecondState, let table = entry.partTable else { return }
        let kinds = entry.request.checksums
        table[part] = unsafe PartTable.Row(
            sha1: StreamHash.finish(lane.other, length: length, tail: tail),
            crcs: checksums?.values.cutCRCs(kinds) ?? CRC64Set(kinds))
    }

    private func finish(_ lane: Lane) throws(DigestError) -> FileStates {
        let size = entry.layout.fileSize
        let tail = unsafe try reader.bytes(at: position, limit: size - position)
        let sha = unsafe StreamHash.finish(lane.state, length: size, tail: tail)
        unsafe checksums?.take(tail)
        if entry.layout.count > 0 {
            unsafe noteOwnDigests(lane, length: entry.layout.range(of: part).length, tail: tail)
            states.append(sha)
        }
        position = size
        report()
        try reader.finish()
        return FileStates(
            sha: sha, states: states, crcs: checksums?.values.crcs ?? CRC64Set(entry.request.checksums),
            digests: checksums?.values.digests ?? [])
    }

    private func report() {
        guard let progress, position > reported else { return }
        progress.add(bytes: position - reported)
        reported = position
        progress.show(entry.index, done: position, size: entry.layout.fileSize)
    }
}
