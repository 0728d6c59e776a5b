import PlanCore
import PlanFiles

/// What a plan records of a file's first bytes, up to the end of a part, computed from those bytes.
struct FileStart: Sendable {
    /// Which file was read; nil for memory.
    let identity: FileIdentity?
    /// How many bytes were hashed, and the running state after them.
    private(set) var position: Int64 = 0
    private(set) var state = RunningState.initial
    /// What `datasha` is after each of their parts in `state` mode.
    private(set) var states: [Digest] = []
    /// The parts' own digests are in there; nil where they are not wanted.
    let table: PartTable?
    /// The CRCs of the bytes, where the parts' own are not wanted.
    private(set) var crcs: CRC64Set

    /// Nothing yet.
    init(_ entry: PlanEntry) {
        identity = entry.source.identity
        table = entry.partTable
        crcs = CRC64Set(entry.request.checksums)
        states.reserveCapacity(entry.layout.count)
    }

    /// Itself, if `source` is the file that was read, unchanged since.
    func ifStill(_ source: DigestSource) -> FileStart? {
        source.identity == identity ? self : nil
    }

    /// Takes the next bytes, hashed from ``state``: whole parts, or the file's last bytes.
    mutating func append<Owner>(_ hashed: PartHash<Owner>.Outcome, of range: ByteRange, in file: Layout) {
        for cut in hashed.cuts {
            state = cut.state
            append(cut.state.datasha, own: cut.plain, cut.crcs)
        }
        state = hashed.state
        let isLast = range.end == file.fileSize
        append(isLast ? hashed.finished : hashed.state.datasha, own: hashed.plain, hashed.crcs)
        position = range.end
    }

    private mutating func append(_ datasha: Digest, own: Digest, _ partCRCs: CRC64Set) {
        if let table {
            table[states.count] = PartTable.Row(sha1: own, crcs: partCRCs)
        } else {
            crcs.append(partCRCs)
        }
        states.append(datasha)
    }

    /// What the file's running state has come to, if that was all of it.
    func fileStates(of layout: Layout) -> FileStates? {
        guard let sha = states.last, states.count == layout.count else { return nil }
        return FileStates(sha: sha, states: states, crcs: crcs, digests: [])
    }
}

extension DigestSource {
    /// What tells a file from what it is later; nil for memory.
    fileprivate var identity: FileIdentity? {
        switch self {
        case .file(let file): file.identity
        case .memory, .part: nil
        }
    }
}
