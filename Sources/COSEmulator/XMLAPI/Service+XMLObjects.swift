import PlanCore
import ServiceCore
import XMLProtocol

/// Whole objects, and code shared by all operations of the XML API.
extension Service {
    /// Performs a request that has no body.
    func reply(to call: XMLCall) throws(XMLRefusal) -> EmulatorReply {
        switch call.operation {
        case .begin: try begin(call)
        case .listParts: try listParts(call)
        case .listUploads: try listUploads(call)
        case .abort: try abort(call)
        case .versioning: versioning(call)
        case .head: try head(call)
        case .get: try get(call)
        case .delete: try delete(call)
        case .finish: try finish(call, [])
        case .put, .part: throw XMLRefusal(411, "MissingContentLength", "the body is missing")
        }
    }

    /// Stores the received bytes of an object or a part.
    func take(
        _ content: ReceivedContent, _ call: XMLCall, for upload: MultipartUpload?
    ) throws(XMLRefusal) -> EmulatorReply {
        if call.operation == .part { return try takePart(content, call, for: upload) }
        do throws(XMLRefusal) { return try put(content, call) } catch {
            store?.drop(content.fileName)
            throw error
        }
    }

    private func put(_ content: ReceivedContent, _ call: XMLCall) throws(XMLRefusal) -> EmulatorReply {
        try content.check()
        let address = try call.object()
        var record = ObjectRecord(
            address: address, fileSize: content.length, sha: nil, createdAt: call.now, bizAttr: "")
        record.etag = content.md5Hex
        let kind = content.sent.checksum?.kind ?? call.dialect.usualChecksum
        record.checksums = [StoredChecksum(kind, .fullObject, content.checksum)]
        try catalogue.withLock { catalogue throws(XMLRefusal) in
            try checkOverwrite(call, address, catalogue)
            let old = catalogue.objects[address]
            try asXML { () throws(Refusal) in try checkRoom(record.heldBytes, replacing: old, catalogue) }
            if let store {
                record = try asXML { () throws(DiskStore.PublishProblem) in
                    try store.publish(content.fileName, as: record, over: old)
                }
            }
            catalogue.add(record)
        }
        statistics.withLock {
            $0.objectsUploaded += 1
            $0.bytesTaken += content.length
        }
        return EmulatorReply(
            status: 200, contentType: nil, body: [],
            headers: [HeaderField("ETag", record.etagText)]
                + Self.headers(answered(record.checksum(call.dialect), call)),
            requestID: call.requestID)
    }

    private func head(_ call: XMLCall) throws(XMLRefusal) -> EmulatorReply {
        guard let address = call.address else {
            return EmulatorReply(status: 200, contentType: nil, body: [], requestID: call.requestID)
        }
        let record = try record(at: address, call.dialect)
        var reply = EmulatorReply(
            status: 200, contentType: "application/octet-stream", body: [],
            headers: objectHeaders(record, call), requestID: call.requestID)
        reply.headLength = record.fileSize
        return reply
    }

    private func get(_ call: XMLCall) throws(XMLRefusal) -> EmulatorReply {
        let record = try record(at: try call.object(), call.dialect)
        guard let store else { throw .notEmulated("an object's bytes, while none are kept,") }
        let file: StoredFile
        do throws(StoreError) { file = try store.open(record) } catch { throw .failed("\(error)") }
        var reply = EmulatorReply(
            status: 200, contentType: "application/octet-stream", body: [],
            headers: objectHeaders(record, call), requestID: call.requestID)
        var range = ByteRange(offset: 0, length: record.fileSize)
        if let asked = call.headers.first(name: "range") {
            guard let wanted = Self.range(asked, of: record.fileSize) else {
                throw XMLRefusal(416, "InvalidRange", "the range is not one of \(record.fileSize) bytes")
            }
            range = wanted
            reply.status = 206
            reply.headers.append(
                HeaderField(
                    "Content-Range", "bytes \(range.offset)-\(range.end - 1)/\(record.fileSize)"))
        }
        reply.file = FileBody(file: file, range: range)
        return reply
    }

    /// One range of `bytes=first-last`, `bytes=first-` or `bytes=-count`; nil for anything else.
    private static func range(_ text: String, of size: Int64) -> ByteRange? {
        guard text.hasPrefix("bytes=") else { return nil }
        let ends = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, size > 0 else { return nil }
        let (first, last) = (DecimalNumber.read(ends[0].utf8), DecimalNumber.read(ends[1].utf8))
        if ends[0].isEmpty, let count = last, count > 0 {
            let length = min(count, size)
            return ByteRange(offset: size - length, length: length)
        }
        guard let first, first < size, ends[1].isEmpty || last != nil else { return nil }
        let end = min(last ?? size - 1, size - 1)
        return first <= end ? ByteRange(offset: first, length: end - first + 1) : nil
    }

    private func delete(_ call: XMLCall) throws(XMLRefusal) -> EmulatorReply {
        let address = try call.object()
        try catalogue.withLock { catalogue throws(XMLRefusal) in
            guard let record = catalogue.objects[address] else { return }
            do throws(StoreError) { try store?.remove(record) } catch { throw .failed("\(error)") }
            catalogue.remove(address)
        }
        return EmulatorReply(status: 204, contentType: nil, body: [], requestID: call.requestID)
    }

    private func versioning(_ call: XMLCall) -> EmulatorReply {
        let status: [XMLElement]
        if case .versioned(let state)? = call.fault {
            status = [XMLElement("Status", state.rawValue)]
        } else {
            status = []
        }
        return .xml(XMLElement("VersioningConfiguration", status), requestID: call.requestID)
    }

    // MARK: Shared

    /// The object at a key, with the digests that the dialect replies with.
    private func record(
        at address: ObjectAddress, _ dialect: EmulatedDialect
    ) throws(XMLRefusal) -> ObjectRecord {
        guard let record = catalogue.withLock({ $0.objects[address] }) else {
            throw .noSuchKey(address.resourcePath)
        }
        let hasETag = record.etag != nil || record.sha != nil
        return hasETag && record.checksum(dialect) != nil ? record : digested(record)
    }

    private func objectHeaders(_ record: ObjectRecord, _ call: XMLCall) -> [HeaderField] {
        // S3 replies with a checksum only if the request asks for it.
        let isAsked =
            call.dialect == .cos
            || call.headers.first(name: HeaderName.checksumMode)?.uppercased() == "ENABLED"
        return [
            HeaderField("ETag", record.etagText),
            HeaderField("Last-Modified", HTTPDate.text(record.createdAt)),
            HeaderField("Accept-Ranges", "bytes"),
        ] + Self.headers(isAsked ? answered(record.checksum(call.dialect), call) : nil)
    }

    /// The checksum to answer, as modified by a fault.
    func answered(_ checksum: StoredChecksum?, _ call: XMLCall) -> StoredChecksum? {
        guard let checksum, call.fault != .noChecksum else { return nil }
        guard call.fault == .wrongChecksum else { return checksum }
        return StoredChecksum(checksum.kind, checksum.type, checksum.kind.wrong(checksum.text))
    }

    /// The headers of a checksum.
    static func headers(_ checksum: StoredChecksum?) -> [HeaderField] {
        guard let checksum else { return [] }
        let value = [HeaderField(checksum.kind.header, checksum.text)]
        return checksum.kind == .crc64ecma
            ? value : value + [HeaderField(HeaderName.checksumType, checksum.type.rawValue)]
    }

    /// The elements of a checksum of S3.
    static func elements(_ checksum: StoredChecksum?) -> [XMLElement] {
        guard let checksum else { return [] }
        return [
            XMLElement(checksum.kind.element, checksum.text),
            XMLElement("ChecksumType", checksum.type.rawValue),
        ]
    }

    /// Checks that the request may replace what is there.
    ///
    /// - Throws: ``XMLRefusal`` if the request forbids overwriting and an object exists. A bucket of COS with
    ///   versioning ignores that header.
    func checkOverwrite(
        _ call: XMLCall, _ address: ObjectAddress, _ catalogue: borrowing Catalogue
    ) throws(XMLRefusal) {
        switch call.dialect {
        case .cos:
            guard call.headers.first(name: HeaderName.cosForbidOverwrite)?.lowercased() == "true" else {
                return
            }
            if case .versioned? = call.fault { return }
        case .s3:
            guard let condition = call.headers.first(name: HeaderName.ifNoneMatch) else { return }
            guard condition == "*", call.operation != .begin else {
                throw .notEmulated("If-None-Match of \(call.operation), but for * of put and finish,")
            }
            if call.fault == .ignoresIfNoneMatch { return }
        }
        guard catalogue.objects[address] == nil, !(store?.has(address) ?? false) else {
            throw .exists(address.resourcePath, call.dialect)
        }
    }

    /// Runs work whose refusals have codes of the JSON API, and converts them.
    func asXML<Value>(_ work: () throws(Refusal) -> Value) throws(XMLRefusal) -> Value {
        do throws(Refusal) { return try work() } catch { throw .busy(error.message) }
    }

    /// Runs work that publishes an object, and converts its errors.
    func asXML<Value>(_ work: () throws(DiskStore.PublishProblem) -> Value) throws(XMLRefusal) -> Value {
        do throws(DiskStore.PublishProblem) { return try work() } catch {
            switch error {
            case .exists, .conflict: throw .failed("something else has the object's name")
            case .failed(let failure): throw .failed("\(failure)")
            }
        }
    }

    /// Counts a refusal.
    func count(_ refusal: XMLRefusal) {
        statistics.withLock { $0.xmlRefusals[refusal.code, default: 0] += 1 }
    }
}

extension ObjectAddress {
    /// The key as the XML API names it: without the leading slash.
    var xmlKey: String { String(decoding: key.bytes.dropFirst(), as: UTF8.self) }
}
