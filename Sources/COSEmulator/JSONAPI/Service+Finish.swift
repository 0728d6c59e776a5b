import COSProtocol
import PlanCore
import ServiceCore

/// `upload_slice_list` and `upload_slice_finish`.
extension Service {
    func list(_ request: JSONRequest) throws(Refusal) -> [(String, JSONValue)] {
        let (session, object) = catalogue.withLock {
            ($0.unfinished(at: request.address), $0.objects[request.address])
        }
        guard let session else {
            guard object != nil else { throw .nothingThere(request.address) }
            return urls(of: request.address, now: request.now)
        }
        let plan = session.plan
        var data: [(String, JSONValue)] = [
            (WireName.session, .string(session.id)), (WireName.fileSize, .integer(plan.fileSize)),
            (WireName.sliceSize, .integer(plan.slices.pieceSize)),
            (WireName.serialUpload, .integer(plan.isSerial ? 1 : 0)),
        ]
        if let sha = plan.sha { data.append((WireName.sha, .string(sha.hex))) }
        let parts = session.arrived.map { range in
            JSONValue.object([
                (WireName.offset, .integer(range.offset)), (WireName.dataLength, .integer(range.length)),
            ])
        }
        data.append((WireName.listParts, .array(parts)))
        return data
    }

    func finish(_ request: JSONRequest) throws(Refusal) -> [(String, JSONValue)] {
        let id = try request.form.required(WireName.session)
        let fileSize = try request.form.number(WireName.fileSize)
        let named = try request.form.sha()
        guard let session = catalogue.withLock({ $0.sessions[id] }), session.plan.address == request.address
        else { throw .deadSession(id) }
        let plan = session.plan
        guard fileSize == plan.fileSize else {
            throw Refusal(.sizeDiffers, "init named \(plan.fileSize) bytes, finish names \(fileSize)")
        }
        if let planned = plan.sha {
            guard let named else { throw Refusal(.finishWithoutSHA, "init named sha \(planned)") }
            guard named == planned else {
                throw Refusal(.shaDiffers, "init named sha \(planned), finish names \(named)")
            }
        }
        let sha = try session.prove()
        do throws(Refusal) {
            if let named, named != sha {
                throw Refusal(.shaDiffers, "finish names sha \(named), the bytes have \(sha)")
            }
            try publish(session, sha, request)
        } catch {
            session.reopen()
            throw error
        }
        return urls(of: request.address, now: request.now)
    }

    private func publish(_ session: SliceUpload, _ sha: Digest, _ request: JSONRequest) throws(Refusal) {
        let plan = session.plan
        try catalogue.withLock { catalogue throws(Refusal) in
            guard catalogue.sessions[session.id] != nil else { throw .deadSession(session.id) }
            // Another upload to this key may have finished since init.
            try checkFree(plan.address, plan.insertOnly, catalogue)
            var record = ObjectRecord(
                address: plan.address, fileSize: plan.fileSize, sha: sha, createdAt: request.now,
                bizAttr: plan.bizAttr)
            if let store, let files = session.files {
                do throws(DiskStore.PublishProblem) {
                    record = try store.publish(files, as: record, replacing: plan.insertOnly == .overwrite)
                } catch { throw refusal(of: error, at: plan.address) }
            }
            catalogue.add(record)
            catalogue.remove(session)
        }
        session.close()
        try? store?.endUpload(session.id)  // What is left behind is removed at the next start.
        statistics.withLock { $0.objectsUploaded += 1 }
    }
}
