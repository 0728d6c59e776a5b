import PlanCore

/// A byte source that returns the same bytes every time it is read.
///
/// A class, because a source has a position.
///
/// **Cost**: two integers for each piece read, usually 64 KiB.
final class UnchangedSource: ByteSource {
    private struct Piece {
        let length: Int
        let fingerprint: Int
    }

    /// What errors call the text.
    private let name: String
    private let source: any ByteSource
    /// The pieces read so far.
    private var pieces: [Piece] = []
    private var next = 0
    private var endIsKnown = false

    init(_ source: any ByteSource, name: String) {
        self.source = source
        self.name = name
    }

    func rewind() throws {
        try source.rewind()
        next = 0
    }

    /// The next bytes, in the same pieces as the first time.
    ///
    /// - Throws: ``ManifestChanged`` if the bytes differ; errors of the source.
    func read(upTo count: Int) throws -> [UInt8] {
        guard next < pieces.count else {
            let bytes = try source.read(upTo: endIsKnown ? 1 : count)
            guard !bytes.isEmpty else {
                endIsKnown = true
                return []
            }
            guard !endIsKnown else { throw ManifestChanged(name: name) }
            pieces.append(Piece(length: bytes.count, fingerprint: fingerprint(of: bytes)))
            next += 1
            return bytes
        }
        let piece = pieces[next]
        var bytes = try source.read(upTo: piece.length)
        while bytes.count < piece.length {
            let more = try source.read(upTo: piece.length - bytes.count)
            guard !more.isEmpty else { throw ManifestChanged(name: name) }
            bytes += more
        }
        guard fingerprint(of: bytes) == piece.fingerprint else { throw ManifestChanged(name: name) }
        next += 1
        return bytes
    }

    /// A keyed hash of `bytes`.
    ///
    /// The key is random for each process.
    private func fingerprint(of bytes: [UInt8]) -> Int {
        var hasher = Hasher()
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return hasher.finalize()
    }
}
