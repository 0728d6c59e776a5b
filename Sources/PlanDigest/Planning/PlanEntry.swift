import PlanCore

/// One opened file of a ``PlanRun``: what its threads share.
struct PlanEntry: Sendable {
    /// The request's place among the requests.
    let index: Int
    let request: PlanRequest
    let source: DigestSource
    /// How the digests cut the file.
    let layout: Layout
    /// The parts' own digests; nil where they are not wanted or are the file's.
    let partTable: PartTable?

    init(index: Int, request: PlanRequest, source: DigestSource) {
        self.index = index
        self.request = request
        self.source = source
        layout = Layout(fileSize: source.size, pieceSize: request.partSize.bytes)
        partTable =
            request.needsPartDigests(layout)
            ? PartTable(count: layout.count, checksums: request.checksums) : nil
    }
}

/// What a file's running state has come to.
struct FileStates: Sendable {
    /// The SHA-1 of the whole file.
    let sha: Digest
    /// What `datasha` is after each part in `state` mode.
    let states: [Digest]
    /// The file's CRCs, where its parts have none.
    let crcs: CRC64Set
    /// The file's other digests, those that were computed with the states.
    let digests: [Checksum]
}

/// A file of which nothing is being hashed any more.
struct HashedFile: Sendable {
    let entry: PlanEntry
    let states: Result<FileStates, DigestError>
    /// Digests that other threads computed.
    let digests: [Checksum]
    /// What went wrong on other threads.
    let failure: DigestError?

    /// The digests of the file, if nothing shows that it changed meanwhile.
    func digest() throws(DigestError) -> FileDigest {
        let (states, table) = (try states.get(), entry.partTable)
        if let failure { throw failure }
        try entry.source.checkUnchanged()
        var crcs = table == nil ? states.crcs : CRC64Set(entry.request.checksums)
        let parts = states.states.indices.map { index in
            if let table { crcs.append(table[index].crcs) }
            // The only part's own digest is the file's.
            return entry.request.part(
                entry.layout.range(of: index), state: states.states[index],
                plain: table?[index].sha1 ?? (entry.layout.count == 1 ? states.sha : nil))
        }
        return FileDigest(
            fileSize: entry.source.size, sha: states.sha, parts: parts,
            checksums: Checksums(crcs.checksums + states.digests + digests))
    }
}

/// What is computed of each part of one file by itself, filled in by several threads.
///
/// A class, because the threads write to one table.
@safe final class PartTable: @unchecked Sendable {
    // Safety: each part is written by one thread, once; reading begins after the last write, which the
    // scheduler's lock orders.

    /// Of one part.
    struct Row: Sendable {
        /// The plain SHA-1 of its bytes.
        var sha1: Digest
        /// The CRCs of its bytes.
        var crcs: CRC64Set
    }

    private let rows: UnsafeMutablePointer<Row>
    private let count: Int

    init(count: Int, checksums: Set<ChecksumKind>) {
        self.count = count
        unsafe rows = .allocate(capacity: count)
        unsafe rows.initialize(repeating: Row(sha1: .ofNoBytes, crcs: CRC64Set(checksums)), count: count)
    }

    deinit { unsafe rows.deallocate() }

    subscript(part: Int) -> Row {
        get {
            precondition(part >= 0 && part < count, "no such part")
            return unsafe rows[part]
        }
        set {
            precondition(part >= 0 && part < count, "no such part")
            unsafe rows[part] = newValue
        }
    }
}
