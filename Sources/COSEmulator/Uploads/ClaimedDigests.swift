import PlanCore

/// The digests that `uploadparts` claims, and which part of the file each one covers.
struct ClaimedDigests: Sendable, Hashable {
    /// What each `datasha` is.
    let kind: DatashaKind
    /// How the digests divide the file.
    ///
    /// **Shape**: `datashas.count` pieces.
    let layout: Layout
    /// In file order.
    let datashas: [Digest]

    /// A hash ready for part `index`: continues from the recorded state, or starts anew in `part` mode.
    func stream(for index: Int) -> SHA1Stream {
        guard kind == .state, index > 0 else { return SHA1Stream() }
        return SHA1Stream(
            from: RunningState(datasha: datashas[index - 1]), after: layout.range(of: index).offset)
    }

    /// The `datasha` computed for part `index` by a stream that has processed its bytes.
    func datasha(of index: Int, after stream: SHA1Stream) -> Digest? {
        switch kind {
        case .part: stream.digest
        case .state: index == layout.count - 1 ? stream.digest : stream.state?.datasha
        }
    }

    /// Whether the parts together prove the file's own digest; plain part digests do not.
    var provesWhole: Bool { kind == .state }
}

extension Layout {
    /// Whether `range` holds some but not all bytes of a piece.
    func partlyCovered(by range: ByteRange) -> Bool {
        guard range.length > 0 else { return false }
        return range.offset % pieceSize != 0 || (range.end % pieceSize != 0 && range.end != fileSize)
    }
}
