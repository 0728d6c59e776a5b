import PlanCore
import PlanDigest
import PlanFiles
import Synchronization

/// Reads slices of a file into request bodies and checks every byte against the plan there.
///
/// Parts are read whole, and only once if slices are requested in file order. Parts that lie inside the slice
/// are read into the body and checked there, several at a time. A part that crosses the edge of a slice is
/// read into a separate buffer, checked there, and copied from it for both slices. A class, because it owns
/// that buffer.
final class CheckedSliceSource: Sendable {
    /// The body of a slice, read but not yet checked completely.
    struct Content {
        fileprivate let body: RequestBody
        fileprivate let plan: PlannedFile
        /// The parts inside the slice; their bytes are in the body.
        let unchecked: [PartCheck.Item]

        /// The body if all of ``unchecked`` match, else the failure of the first that does not.
        func checked(_ agree: some Sequence<Bool>) -> PreparedBody.Made {
            for (item, agrees) in zip(unchecked, agree) where !agrees {
                return .failure(.bytesDiffer(in: plan, part: item.part))
            }
            return .success(body)
        }
    }

    private let source: SizeCheckedFile
    private let memory: BufferPool

    /// The part that crosses the edge of the last slice.
    private struct Straddling {
        var part: Int?
        var bytes: [UInt8] = []
    }

    private let straddling = Mutex(Straddling())

    init(_ source: SizeCheckedFile, memory: BufferPool) {
        self.source = source
        self.memory = memory
    }

    /// The plan that the bytes are checked against.
    var plan: PlannedFile { source.plan }

    /// Reads and checks `part`; keeps none of its bytes.
    ///
    /// Blocks on reading and hashing; do not call it in the cooperative pool.
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

    /// The body for `order`.
    ///
    /// Parts that cross the slice's edges are checked with `check`; those inside are left to the caller.
    ///
    /// Blocks on reading and hashing; do not call it in the cooperative pool.
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

    /// Reads the bytes of `range` into `content` and returns the parts that are still to be checked.
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

    /// Copies bytes of a part that crosses an edge; reads and checks the part first unless it is already in
    /// the buffer.
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
