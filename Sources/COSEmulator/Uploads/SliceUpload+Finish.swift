import NIOCore
import PlanCore

/// The end of an upload: checks that it is complete and matches its plan.
extension SliceUpload {
    /// Proves the whole file, refuses further slices and returns the file's SHA-1.
    ///
    /// **Cost**: nothing if every part was proven as it arrived; otherwise the bytes are read back.
    ///
    /// - Throws: ``Refusal`` if slices are missing or bytes are wrong; the upload then stays open.
    func prove() throws(Refusal) -> Digest {
        let proven = try state.withLock { state throws(Refusal) in
            guard state.phase == .open else { throw .deadSession(id) }
            if let missing = state.arrived.firstIndex(of: false) {
                throw Refusal(
                    .sizeDiffers,
                    "\(state.arrived.count - state.arrivedCount) of \(state.arrived.count) slices have not "
                        + "arrived, the first at offset \(plan.slices.range(of: missing).offset)")
            }
            state.phase = .finishing
            return state.proven
        }
        do throws(Refusal) {
            try proveParts(proven)
            let sha = try wholeDigest()
            if let planned = plan.sha, planned != sha {
                throw Refusal(.shaDiffers, "init named sha \(planned), the bytes have \(sha)")
            }
            return sha
        } catch {
            reopen()
            throw error
        }
    }

    /// Accepts slices again after a finish that failed.
    func reopen() {
        state.withLock { if $0.phase == .finishing { $0.phase = .open } }
    }

    /// Ends the upload: no request finds it any more.
    func close() {
        state.withLock { $0.phase = .ended }
    }

    /// Reads back and checks the parts that arrived before a restart.
    private func proveParts(_ proven: [Bool]) throws(Refusal) {
        guard let digests = plan.digests else { return }
        for part in proven.indices where !proven[part] {
            let range = digests.layout.range(of: part)
            let slices = plan.slices.pieces(overlapping: range)
            let found: Digest?
            do throws(StoreError) {
                found = try digest(of: part, range, slices, held: [:])
            } catch { throw .busy("\(error)") }
            guard found == digests.datashas[part] else {
                try state.withLock { state throws(Refusal) in try drop(slices, &state) }
                throw partDiffers(part, found: found)
            }
            state.withLock { $0.proven[part] = true }
        }
    }

    private func wholeDigest() throws(Refusal) -> Digest {
        if plan.partsProveWhole, let sha = plan.sha { return sha }
        guard let files else { return state.withLock { $0.whole.digest } }
        var stream = SHA1Stream()
        do throws(StoreError) {
            try unsafe files.read(0, plan.fileSize) { unsafe stream.update($0) }
        } catch { throw .busy("\(error)") }
        return stream.digest
    }
}
