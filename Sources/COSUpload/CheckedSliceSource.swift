import PlanCore
import PlanDigest
import PlanFiles
import Synchronization

/// Slices of a file for sending, every byte checked against the plan where it lies in the body about to be
/// sent.
///
/// Whole parts are read, once and in file order while slices are asked for in order. Parts that lie inside
/// the slice are read into the body and checked there, side by side. A part that reaches over a slice's edge
/// is read into one buffer beside it, checked there, and cut from that same buffer for both slices. A class:
/// it holds that buffer.
final class CheckedSliceSource: Sendable {
    private let source: UnchangedFile
    private let check: PartCheck
    private let memory: BodyMemory

    /// The part that reached over the last slice's edge.
    private struct Straddling {
        var part: Int?
        var bytes: [UInt8] = []
    }

    private let straddling = Mutex(Straddling())

    init(_ source: UnchangedFile, check: PartCheck, memory: BodyMemory) {
        self.source = source
        self.check = check
        self.memory = memory
    }

    /// The body that carries the file's bytes of `range` between `opening` and `closing`.
    ///
    /// Blocks on reading and hashing: not for the cooperative pool.
    func body(opening: [UInt8], range: ByteRange, closing: [UInt8]) throws(UploadFailure) -> RequestBody {
        try unsafe RequestBody(
            opening: opening, contentLength: Int(range.length), closing: closing, pool: memory
        ) { (content: UnsafeMutableRawBufferPointer) throws(UploadFailure) in
            try unsafe fill(content, with: range)
        }
    }

    private func fill(
        _ content: UnsafeMutableRawBufferPointer, with range: ByteRange
    ) throws(UploadFailure) {
        var inside: [PartCheck.Item] = []
        for part in source.plan.partLayout.pieces(overlapping: range) {
            let partRange = source.plan.partLayout.range(of: part)
            let start = max(partRange.offset, range.offset)
            let end = min(partRange.end, range.end)
            let place = unsafe UnsafeMutableRawBufferPointer(
                rebasing: content[Int(start - range.offset)..<Int(end - range.offset)])
            if start == partRange.offset, end == partRange.end {
                try unsafe read(partRange, into: place)
                inside.append(unsafe PartCheck.Item(bytes: UnsafeRawBufferPointer(place), part: part))
            } else {
                try unsafe copy(part, from: Int(start - partRange.offset), into: place)
            }
        }
        try require(inside)
    }

    /// Copies bytes of a part that reaches over an edge; reads and checks it unless it is held already.
    private func copy(
        _ part: Int, from start: Int, into place: UnsafeMutableRawBufferPointer
    ) throws(UploadFailure) {
        try straddling.withLock { straddling throws(UploadFailure) in
            if straddling.part != part {
                straddling.part = nil
                try hold(part, in: &straddling.bytes)
                straddling.part = part
            }
            unsafe straddling.bytes.withUnsafeBytes { bytes in
                unsafe place.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes[start..<(start + place.count)]))
            }
        }
    }

    private func hold(_ part: Int, in bytes: inout [UInt8]) throws(UploadFailure) {
        let range = source.plan.partLayout.range(of: part)
        if bytes.count != Int(range.length) { bytes = [UInt8](repeating: 0, count: Int(range.length)) }
        var failure: UploadFailure?
        unsafe bytes.withUnsafeMutableBytes { bytes in
            do throws(UploadFailure) {
                try unsafe read(range, into: bytes)
                try unsafe require([PartCheck.Item(bytes: UnsafeRawBufferPointer(bytes), part: part)])
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private func read(_ range: ByteRange, into place: UnsafeMutableRawBufferPointer) throws(UploadFailure) {
        do throws(FileError) {
            try unsafe source.file.read(range, into: place)
        } catch {
            throw .source(error)
        }
    }

    private func require(_ items: [PartCheck.Item]) throws(UploadFailure) {
        guard !items.isEmpty else { return }
        for (item, agrees) in zip(items, check.matches(items, of: source.plan)) where !agrees {
            throw .bytesDiffer(
                path: source.plan.path, part: item.part, count: source.plan.parts.count,
                range: source.plan.partLayout.range(of: item.part))
        }
    }
}
