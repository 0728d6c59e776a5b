import PlanCore

/// A byte source that gives the same bytes each time it is read. A class because a source has a position.
///
/// **Cost**: two numbers for each piece of text, of 64 KiB where the source has that much at once.
final class UnchangedSource: ByteSource {
    private struct Piece {
        let length: Int
        let fingerprint: Int
    }

    /// What errors call the text.
    private let name: String
    private let source: any ByteSource
    /// What was read so far, whichever time.
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

    /// The next bytes; read again, in the same pieces as before.
    ///
    /// - Throws: ``ManifestChanged``; what the source throws.
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

    /// A number that other bytes are as good as never given: the key that it is made with is this process's own.
    private func fingerprint(of bytes: [UInt8]) -> Int {
        var hasher = Hasher()
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return hasher.finalize()
    }
}
