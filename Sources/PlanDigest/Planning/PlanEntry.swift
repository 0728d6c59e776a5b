import PlanCore

/// An open file of a ``PlanRun``, shared by its threads.
struct PlanEntry: Sendable {
    /// The index of the request.
    let index: Int
    let request: PlanRequest
    let source: DigestSource
    /// How the digests divide the file.
    let layout: Layout
    /// The parts' own digests; nil if they are not requested, or equal the file's.
    let partTable: PartTable?
    /// What of the file is hashed already; it is still the file that was read for it.
    let start: FileStart?

    init(index: Int, request: PlanRequest, source: DigestSource) {
        self.index = index
        self.request = request
        self.source = source
        layout = Layout(fileSize: source.size, pieceSize: request.partSize.bytes)
        start = request.start?.ifStill(source)
        partTable =
            request.needsPartDigests(layout)
            ? start?.table ?? PartTable(count: layout.count, checksums: request.checksums) : nil
    }
}

/// The result of hashing a file front to back.
struct FileStates: Sendable {
    /// The SHA-1 of the whole file.
    let sha: Digest
    /// The value of `datasha` after each part in `state` mode.
    let states: [Digest]
    /// The file's CRCs, if they are not computed per part.
    let crcs: CRC64Set
    /// The other digests that were computed together with the states.
    let digests: [Checksum]
}

/// A file whose hashing is finished on all threads.
struct HashedFile: Sendable {
    let entry: PlanEntry
    let states: Result<FileStates, DigestError>
    /// Digests computed by other threads.
    let digests: [Checksum]
    /// The failure of another thread, if any.
    let failure: DigestError?

    /// The digests of the file, after checking that it did not change meanwhile.
    func digest() throws(DigestError) -> FileDigest {
        let (states, table) = (try states.get(), entry.partTable)
        if let failure { throw failure }
        try entry.source.checkUnchanged()
        var crcs = table == nil ? states.crcs : CRC64Set(entry.request.checksums)
        let parts = states.states.indices.map { index in
            if let table { crcs.append(table[index].crcs) }
            // The digest of an only part is the file's.
            return entry.request.part(
                entry.layout.range(of: index), state: states.states[index],
                plain: table?[index].sha1 ?? (entry.layout.count == 1 ? states.sha : nil))
        }
        return FileDigest(
            fileSize: entry.source.size, sha: states.sha, parts: parts,
            checksums: Checksums(crcs.checksums + states.digests + digests))
    }
}

/// The digests computed per part of one file, written by several threads.
///
/// A class, because the threads share the table.
@safe final class PartTable: @unchecked Sendable {
    // Safety: each part is written once, by one thread. Reading starts after the last write; the scheduler's
    // lock orders the two.

    /// The digests of one part.
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
