import COSProtocol
import PlanCore
import ServiceCore

/// `upload_slice_init`.
extension Service {
    func initialize(_ request: JSONRequest) throws(Refusal) -> [(String, JSONValue)] {
        let plan = try uploadPlan(request)
        return try catalogue.withLock { catalogue throws(Refusal) in
            try checkFree(plan.address, plan.insertOnly, catalogue)
            if let session = catalogue.unfinished(at: plan.address) {
                throw Refusal(
                    .unfinishedUpload, "session \(session.id) is open; ask \(ServiceOperation.list)")
            }
            if let record = try instantUpload(plan, request, &catalogue) {
                return urls(of: record.address, now: request.now)
            }
            let session = try beginUpload(plan, &catalogue)
            return [
                (WireName.session, .string(session.id)),
                (WireName.sliceSize, .integer(plan.slices.pieceSize)),
                (WireName.serialUpload, .integer(plan.isSerial ? 1 : 0)),
            ]
        }
    }

    /// Checks that an object can be created at `address`.
    ///
    /// - Throws: ``Refusal`` -178 if a folder has that path, -177 if an object exists and must not be
    ///   replaced.
    func checkFree(
        _ address: ObjectAddress, _ insertOnly: InsertOnly, _ catalogue: borrowing Catalogue
    ) throws(Refusal) {
        try catalogue.checkPath(address)
        guard insertOnly == .refuse else { return }
        guard catalogue.objects[address] == nil, !(store?.has(address) ?? false) else {
            throw refusal(of: .exists, at: address)
        }
    }

    /// Checks that there is room for one more object and for `bytes` of its metadata, minus those of
    /// `replaced`.
    ///
    /// - Throws: ``Refusal`` if there is not.
    func checkRoom(
        _ bytes: Int, replacing replaced: ObjectRecord?, _ catalogue: borrowing Catalogue
    ) throws(Refusal) {
        guard replaced != nil || catalogue.objects.count < limits.objects else {
            throw .busy("\(limits.objects) objects are there")
        }
        guard catalogue.heldBytes - (replaced?.heldBytes ?? 0) + bytes <= limits.catalogueBytes else {
            throw .busy("what is known of uploads and objects fills \(limits.catalogueBytes) bytes")
        }
    }

    /// The plan from the form's fields, all of them checked.
    private func uploadPlan(_ request: JSONRequest) throws(Refusal) -> UploadPlan {
        let form = request.form
        let sha = try form.sha()
        let insertOnly = try form.insertOnly()
        let asked = try form.number(WireName.sliceSize)
        do throws(SliceSizeError) { _ = try SliceSize(bytes: asked) } catch { throw .form("\(error)") }
        let fileSize = try form.number(WireName.fileSize)
        guard fileSize > 0 else { throw .form("filesize is 0; an empty file is sent by upload") }
        var sliceSize = asked
        if case .sliceSize(let bytes)? = request.fault { sliceSize = bytes }
        let slices = Layout(fileSize: fileSize, pieceSize: sliceSize)
        guard (fileSize - 1) / sliceSize < Int64(limits.uploadParts) else {
            throw .form("filesize \(fileSize) makes more than \(limits.uploadParts) slices")
        }
        var digests: ClaimedDigests?
        if let reader = form.uploadParts {
            guard let sha else { throw .form("uploadparts without sha") }
            do throws(UploadPartsReader.Rejection) {
                digests = try reader.digests(kind: configuration.datashaKind, fileSize: fileSize, sha: sha)
            } catch { throw .form("\(error)") }
        }
        return UploadPlan(
            address: request.address, slices: slices, sha: sha, digests: digests, insertOnly: insertOnly,
            bizAttr: try form.bizAttr(),
            isSerial: configuration.serialUpload || request.fault == .serial)
    }

    /// Creates the object from bytes that exist under any key; returns nil if no object has them.
    private func instantUpload(
        _ plan: UploadPlan, _ request: JSONRequest, _ catalogue: inout Catalogue
    ) throws(Refusal) -> ObjectRecord? {
        guard let sha = plan.sha else { return nil }
        let content = ObjectRecord.Content(fileSize: plan.fileSize, sha: sha)
        let known = catalogue.object(with: content) { record in
            // A file that cannot be checked now counts as not intact: the client sends the bytes.
            store.map { (try? $0.isIntact(record)) ?? false } ?? true
        }
        guard let known else { return nil }
        var record = ObjectRecord(
            address: plan.address, fileSize: plan.fileSize, sha: sha, createdAt: request.now,
            bizAttr: plan.bizAttr)
        try checkRoom(record.heldBytes, replacing: catalogue.objects[plan.address], catalogue)
        do throws(DiskStore.PublishProblem) {
            record =
                try store?.publish(
                    copyOf: known, as: record, replacing: plan.insertOnly == .overwrite,
                    unique: RequestIdentity.session()) ?? record
        } catch { throw refusal(of: error, at: plan.address) }
        catalogue.add(record)
        statistics.withLock { $0.objectsInstant += 1 }
        return record
    }

    private func beginUpload(
        _ plan: UploadPlan, _ catalogue: inout Catalogue
    ) throws(Refusal) -> SliceUpload {
        guard catalogue.uploadCount < limits.sessions else {
            throw .busy("\(limits.sessions) uploads are unfinished")
        }
        try checkRoom(plan.heldBytes, replacing: nil, catalogue)
        let id = RequestIdentity.session()
        var files: UploadFiles?
        do throws(StoreError) {
            files = try store?.beginUpload(id, plan: plan)
        } catch { throw .busy("\(error)") }
        let session = SliceUpload(id: id, plan: plan, files: files, held: held)
        catalogue.add(session)
        return session
    }
}
