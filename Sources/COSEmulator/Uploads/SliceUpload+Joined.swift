import NIOCore
import PlanCore

/// Parts that span several slices: they can be checked only once all of these slices have arrived.
extension SliceUpload {
    /// Checks the parts that a new slice shares with others and that it completes.
    func checkJoinedParts(of range: ByteRange, _ state: inout State) throws(Refusal) {
        guard let digests = plan.digests else { return }
        for part in digests.layout.pieces(overlapping: range) where !state.proven[part] {
            let partRange = digests.layout.range(of: part)
            let slices = plan.slices.pieces(overlapping: partRange)
            guard slices.allSatisfy({ state.arrived[$0] }) else { continue }
            let found: Digest?
            do throws(StoreError) {
                found = try digest(of: part, partRange, slices, held: state.partial)
            } catch { throw .busy("\(error)") }
            guard found == digests.datashas[part] else {
                try drop(slices, &state)
                throw partDiffers(part, found: found)
            }
            state.proven[part] = true
        }
        release(plan.slices.pieces(overlapping: range), &state)
    }

    func digest(
        of part: Int, _ range: ByteRange, _ slices: Range<Int>, held partial: [Int: [ByteBuffer]]
    ) throws(StoreError) -> Digest? {
        guard let digests = plan.digests else { return nil }
        var stream = digests.stream(for: part)
        if let files {
            try unsafe files.read(range.offset, range.length) { unsafe stream.update($0) }
        } else {
            for slice in slices {
                var offset = plan.slices.range(of: slice).offset
                for buffer in partial[slice] ?? [] {
                    let from = max(0, range.offset - offset)
                    let to = min(Int64(buffer.readableBytes), range.end - offset)
                    if from < to {
                        unsafe buffer.withUnsafeReadableBytes { bytes in
                            unsafe stream.update(UnsafeRawBufferPointer(rebasing: bytes[Int(from)..<Int(to)]))
                        }
                    }
                    offset += Int64(buffer.readableBytes)
                }
            }
        }
        return digests.datasha(of: part, after: stream)
    }

    /// Drops slices: it cannot be told which of them is wrong.
    ///
    /// Without a store all slices are dropped, because the bytes of their neighbours are gone.
    func drop(_ slices: Range<Int>, _ state: inout State) throws(Refusal) {
        guard let files else {
            held.give(state.waitingBytes)
            state = State(slices: state.arrived.count, parts: state.proven.count, inFlight: state.inFlight)
            return
        }
        for slice in slices where state.arrived[slice] {
            state.arrived[slice] = false
            state.arrivedCount -= 1
            for part in plan.digests?.layout.pieces(overlapping: plan.slices.range(of: slice)) ?? 0..<0 {
                state.proven[part] = false
            }
            do throws(StoreError) { try files.drop(slice: slice) } catch { throw .busy("\(error)") }
        }
    }

    /// Releases the bytes of slices and their neighbours once every part they belong to is proven.
    private func release(_ slices: Range<Int>, _ state: inout State) {
        guard let digests = plan.digests, !state.partial.isEmpty else { return }
        let parts = slices.flatMap { digests.layout.pieces(overlapping: plan.slices.range(of: $0)) }
        guard let first = parts.min(), let last = parts.max() else { return }
        let reach = plan.slices.pieces(overlapping: digests.layout.range(of: first)).lowerBound
        let end = plan.slices.pieces(overlapping: digests.layout.range(of: last)).upperBound
        for slice in reach..<end where state.partial[slice] != nil {
            let own = digests.layout.pieces(overlapping: plan.slices.range(of: slice))
            guard own.allSatisfy({ state.proven[$0] }) else { continue }
            if let bytes = state.partial.removeValue(forKey: slice) { held.give(bytes.byteCount) }
        }
    }
}
