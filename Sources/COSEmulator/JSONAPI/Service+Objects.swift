import COSProtocol
import NIOCore
import PlanCore
import ServiceCore

/// `upload`, `stat` and `delete`.
extension Service {
    func upload(_ request: JSONRequest) throws(Refusal) -> [(String, JSONValue)] {
        let form = request.form
        let named = try form.sha()
        let insertOnly = try form.insertOnly()
        let bizAttr = try form.bizAttr()
        // The C++ SDK sends no filecontent for an empty file.
        let length = form.contentLength ?? 0
        var stream = SHA1Stream()
        for buffer in form.content {
            unsafe buffer.withUnsafeReadableBytes { unsafe stream.update($0) }
        }
        let sha = stream.digest
        if let named, named != sha {
            throw Refusal(.shaDiffers, "upload names sha \(named), its bytes have \(sha)")
        }
        var record = ObjectRecord(
            address: request.address, fileSize: length, sha: sha, createdAt: request.now, bizAttr: bizAttr)
        try catalogue.withLock { catalogue throws(Refusal) in
            try checkFree(request.address, insertOnly, catalogue)
            try checkRoom(record.heldBytes, replacing: catalogue.objects[request.address], catalogue)
            if let store {
                do throws(DiskStore.PublishProblem) {
                    record = try store.publish(
                        form.content, as: record, replacing: insertOnly == .overwrite,
                        unique: RequestIdentity.session())
                } catch { throw refusal(of: error, at: request.address) }
            }
            catalogue.add(record)
        }
        statistics.withLock {
            $0.objectsUploaded += 1
            $0.bytesTaken += length
        }
        return urls(of: request.address, now: request.now)
    }

    func stat(_ request: JSONRequest) throws(Refusal) -> [(String, JSONValue)] {
        guard let found = catalogue.withLock({ $0.objects[request.address] }) else {
            throw .nothingThere(request.address)
        }
        // Objects uploaded through the XML API have no SHA-1 yet.
        let record = found.sha == nil ? digested(found) : found
        let urls = urls(of: record.address, now: request.now)
        return [
            (WireName.fileLength, .integer(record.fileSize)), (WireName.fileSize, .integer(record.fileSize)),
        ] + (record.sha.map { [(WireName.sha, .string($0.hex))] } ?? []) + [
            (WireName.createdAt, .integer(record.createdAt)),
            (WireName.modifiedAt, .integer(record.createdAt)), (WireName.bizAttr, .string(record.bizAttr)),
        ] + urls.filter { $0.0 == WireName.accessURL || $0.0 == WireName.sourceURL }
    }

    /// Deletes the object and the unfinished upload at a key, whichever exist.
    func delete(_ request: JSONRequest) throws(Refusal) -> [(String, JSONValue)] {
        let (hasUpload, hasObject) = try catalogue.withLock { catalogue throws(Refusal) in
            let record = catalogue.objects[request.address]
            if let record {
                do throws(StoreError) {
                    try store?.remove(record)
                } catch { throw .busy("\(error)") }
                catalogue.remove(request.address)
            }
            return (catalogue.unfinished(at: request.address) != nil, record != nil)
        }
        guard hasUpload || hasObject else { throw .nothingThere(request.address) }
        if hasUpload { forgetUpload(at: request.address) }
        return []
    }
}
