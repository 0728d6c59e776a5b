import NIOCore
import PlanCore

/// Receives one slice and checks every part that lies entirely inside it.
///
/// Bytes are hashed as they arrive; each part starts from the state recorded before it.
struct SliceIntake {
    let session: SliceUpload
    /// The index of the slice in the session's layout.
    let slice: Int
    let range: ByteRange
    private(set) var bytes: [ByteBuffer] = []
    private(set) var length: Int64 = 0
    /// Parts whose digest matched.
    private(set) var agreeing: [Int] = []
    /// The first part whose digest did not match, and the digest that was computed.
    private(set) var differing: (part: Int, found: Digest?)?

    private var stream = SHA1Stream()
    private var part: Int
    private let digests: ClaimedDigests?

    /// Begins the slice at `offset`.
    ///
    /// - Throws: ``Refusal`` if no slice of the session begins there.
    init(_ session: SliceUpload, offset: Int64) throws(Refusal) {
        let slices = session.plan.slices
        guard offset >= 0, offset < slices.fileSize, offset % slices.pieceSize == 0 else {
            throw .form(
                "offset \(offset) is no multiple of \(slices.pieceSize) below \(slices.fileSize)")
        }
        self.session = session
        slice = Int(offset / slices.pieceSize)
        range = slices.range(of: slice)
        digests = session.plan.digests
        part = 0
        if let layout = digests?.layout {
            // The first part that begins in the slice. A part that began earlier is checked once it is
            // complete.
            part = Int((range.offset + layout.pieceSize - 1) / layout.pieceSize)
        }
        beginPart()
    }

    /// The part being hashed, if it lies entirely inside the slice.
    private var current: ByteRange? {
        guard let digests, part < digests.layout.count else { return nil }
        let candidate = digests.layout.range(of: part)
        return candidate.end <= range.end ? candidate : nil
    }

    private mutating func beginPart() {
        if current != nil, let digests { stream = digests.stream(for: part) }
    }

    /// Takes the next bytes; bytes beyond the slice's end are only counted.
    mutating func take(_ buffer: ByteBuffer) {
        let start = range.offset + length
        length += Int64(buffer.readableBytes)
        guard length <= range.length else { return }
        bytes.append(buffer)
        unsafe buffer.withUnsafeReadableBytes { unsafe hash($0, from: start) }
    }

    private mutating func hash(_ bytes: UnsafeRawBufferPointer, from start: Int64) {
        var offset = start
        let end = start + Int64(bytes.count)
        while let part = current, offset < end {
            let from = max(offset, part.offset)
            let to = min(end, part.end)
            guard from < to else { return }
            unsafe stream.update(
                UnsafeRawBufferPointer(rebasing: bytes[Int(from - start)..<Int(to - start)]))
            offset = to
            if to == part.end { endPart() }
        }
    }

    private mutating func endPart() {
        guard let digests else { return }
        let found = digests.datasha(of: part, after: stream)
        if found == digests.datashas[part] {
            agreeing.append(part)
        } else if differing == nil {
            differing = (part, found)
        }
        part += 1
        beginPart()
    }
}
