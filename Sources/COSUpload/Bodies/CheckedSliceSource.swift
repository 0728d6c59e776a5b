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
    /// A slice's body, read and not yet checked.
    struct Content {
        fileprivate let body: RequestBody
        fileprivate let plan: PlannedFile
        /// The parts inside it; their bytes are the body's.
        let unchecked: [PartCheck.Item]

        /// The body, if all of ``unchecked`` agree.
        func checked(_ agree: some Sequence<Bool>) -> PreparedBody.Made {
            for (item, agrees) in zip(unchecked, agree) where !agrees {
                return .failure(.bytesDiffer(in: plan, part: item.part))
            }
            return .success(body)
        }
    }

    private let source: SizeCheckedFile
    private let memory: BufferPool

    /// The part that reached over the last slice's edge.
    private struct Straddling {
        var part: Int?
        var bytes: [UInt8] = []
    }

    private let straddling = Mutex(Straddling())

    init(_ source: SizeCheckedFile, memory: BufferPool) {
        self.source = source
        self.memory = memory
    }

    /// What its bytes should be.
    var plan: PlannedFile { source.plan }

    /// Checks the bytes of `part`, and keeps none of them.
    ///
    /// Blocks on reading and hashing: not for the cooperative pool.
    func check(part: Int, _ check: PartCheck) throws(UploadFailure) {
        let range = plan.partLayout.range(of: part)
        let bytes = try unsafe RequestBody(
            opening: [], contentLength: Int(range.length), closing: [], pool: memory
        ) { (place: UnsafeMutableRawBufferPointer) throws(UploadFailure) in
            unsafe try read(range, into: place)
        }
        let agrees = unsafe bytes.withBytes { unsafe check.matches($0, part: part, of: plan) }
        guard agrees else { throw .bytesDiffer(in: plan, part: part) }
    }

    /// The body that `order` asks for. Parts that reach over the slice's edges are checked by `check`, those inside
    /// are left to the caller.
    ///
    /// Blocks on reading and hashing: not for the cooperative pool.
    func content(_ order: SliceReader.Order, check: PartCheck) throws(UploadFailure) -> Content {
        var inside: [PartCheck.Item] = []
        let body = try unsafe RequestBody(
            opening: order.opening, contentLength: Int(order.range.length), closing: order.closing,
            pool: memory, digests: order.digests
        ) { (place: UnsafeMutableRawBufferPointer) throws(UploadFailure) in
            unsafe inside = try fill(place, with: order.range, check)
        }
        return Content(body: body, plan: source.plan, unchecked: inside)
    }

    /// Gives back what is still to be checked.
    private func fill(
        _ content: UnsafeMutableRawBufferPointer, with range: ByteRange, _ check: PartCheck
    ) throws(UploadFailure) -> [PartCheck.Item] {
        var inside: [PartCheck.Item] = []
        for part in source.plan.partLayout.pieces(overlapping: range) {
            let partRange = source.plan.partLayout.range(of: part)
            let start = max(partRange.offset, range.offset)
            let end = min(partRange.end, range.end)
            let place = unsafe UnsafeMutableRawBufferPointer(
                rebasing: content[Int(start - range.offset)..<Int(end - range.offset)])
            if start == partRange.offset, end == partRange.end {
                try unsafe read(partRange, into: place)
                inside.append(
                    unsafe PartCheck.Item(bytes: UnsafeRawBufferPointer(place), part: part, of: source.plan))
            } else {
                try unsafe copy(part, from: Int(start - partRange.offset), into: place, check)
            }
        }
        return inside
    }

    /// Copies bytes of a part that reaches over an edge; reads and checks it unless it is held already.
    private func copy(
        _ part: Int, from start: Int, into place: UnsafeMutableRawBufferPointer, _ check: PartCheck
    ) throws(UploadFailure) {
        try straddling.withLock { straddling throws(UploadFailure) in
            if straddling.part != part {
                straddling.part = nil
                try hold(part, in: &straddling.bytes, check)
                straddling.part = part
            }
            unsafe straddling.bytes.withUnsafeBytes { bytes in
                unsafe place.copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes[start..<(start + place.count)]))
            }
        }
    }

    private func hold(
        _ part: Int, in bytes: inout [UInt8], _ check: PartCheck
    ) throws(UploadFailure) {
        let range = source.plan.partLayout.range(of: part)
        if bytes.count != Int(range.length) { bytes = [UInt8](repeating: 0, count: Int(range.length)) }
        var failure: UploadFailure?
        unsafe bytes.withUnsafeMutableBytes { bytes in
            do throws(UploadFailure) {
                try unsafe read(range, into: bytes)
                guard unsafe check.matches(UnsafeRawBufferPointer(bytes), part: part, of: source.plan) else {
                    throw .bytesDiffer(in: source.plan, part: part)
                }
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
}
