import NIOHTTP1
import PlanCore
import ServiceCore
import XMLProtocol

/// Multipart uploads: begin, part, listing, finish, abort.
extension Service {
    /// The unfinished upload with this id at a key; nil if the dialect has none.
    func multipartUpload(
        _ id: String, at address: ObjectAddress, _ dialect: EmulatedDialect
    ) -> MultipartUpload? {
        guard let upload = catalogue.withLock({ $0.multipartUploads[id] }), upload.plan.address == address,
            upload.plan.dialect == dialect
        else { return nil }
        return upload
    }

    func begin(_ call: XMLCall) throws(XMLRefusal) -> EmulatorReply {
        let address = try call.object()
        var plan = MultipartPlan(address: address, initiatedAt: call.now)
        if call.dialect == .s3 { (plan.checksum, plan.checksumType) = try Self.checksum(call.headers) }
        let id = RequestIdentity.session()
        try catalogue.withLock { catalogue throws(XMLRefusal) in
            try checkOverwrite(call, address, catalogue)
            guard catalogue.uploadCount < limits.sessions else {
                throw .busy("\(limits.sessions) uploads are unfinished")
            }
            try asXML { () throws(Refusal) in try checkRoom(plan.heldBytes, replacing: nil, catalogue) }
            let files: MultipartFiles?
            do throws(StoreError) {
                files = try store?.beginUpload(id, plan: plan)
            } catch { throw .failed("\(error)") }
            catalogue.add(MultipartUpload(id: id, plan: plan, files: files))
        }
        let headers =
            call.dialect == .cos
            ? []
            : [
                HeaderField(HeaderName.checksumAlgorithm, plan.checksum.algorithm),
                HeaderField(HeaderName.checksumType, plan.checksumType.rawValue),
            ]
        return .xml(
            XMLElement(
                "InitiateMultipartUploadResult",
                [
                    XMLElement("Bucket", call.target.bucketName), XMLElement("Key", address.xmlKey),
                    XMLElement("UploadId", id),
                ]), headers: headers, requestID: call.requestID)
    }

    /// The checksum of a new upload of S3.
    private static func checksum(
        _ headers: HTTPHeaders
    ) throws(XMLRefusal) -> (StoreChecksum, ChecksumType) {
        let named = headers.first(name: HeaderName.checksumAlgorithm)
        let usual = EmulatedDialect.s3.usualChecksum
        guard let kind = named.map({ name in StoreChecksum.s3.first { $0.algorithm == name } }) ?? usual
        else {
            throw XMLRefusal(
                400, "InvalidRequest",
                "x-amz-checksum-algorithm is none of \(StoreChecksum.s3.map(\.algorithm))")
        }
        let possible: [ChecksumType] =
            switch kind {
            case .crc64ecma, .crc64nvme: [.fullObject]
            case .crc32, .crc32c: [.composite, .fullObject]
            case .sha1, .sha256: [.composite]
            }
        guard let text = headers.first(name: HeaderName.checksumType) else { return (kind, possible[0]) }
        guard let type = possible.first(where: { $0.rawValue == text }) else {
            throw XMLRefusal(
                400, "InvalidRequest",
                "x-amz-checksum-type '\(text.escapedForDisplay(limit: 40))' does not go with \(kind.algorithm)"
            )
        }
        return (kind, type)
    }

    func takePart(
        _ content: ReceivedContent, _ call: XMLCall, for upload: MultipartUpload?
    ) throws(XMLRefusal) -> EmulatorReply {
        guard let upload else { throw .noSuchUpload(call.target["uploadId"] ?? "") }
        do throws(XMLRefusal) {
            try content.check()
            let named = call.target["partNumber"] ?? ""
            guard let number = Int(named), (1...UploadedPart.maximumNumber).contains(number) else {
                throw .argument(
                    "partNumber '\(named.escapedForDisplay(limit: 40))' is not from 1 to "
                        + "\(UploadedPart.maximumNumber)")
            }
            let part = UploadedPart(
                number: number, size: content.length, md5: content.md5Hex, checksum: content.checksum,
                modifiedAt: call.now, fileName: content.fileName)
            let isNew = !upload.parts.contains { $0.number == number }
            try upload.take(part)
            statistics.withLock { statistics in
                if isNew { statistics.partsTaken += 1 } else { statistics.partsRepeated += 1 }
                statistics.bytesTaken += part.size
            }
            return EmulatorReply(
                status: 200, contentType: nil, body: [],
                headers: [HeaderField("ETag", part.etag)]
                    + Self.headers(
                        answered(StoredChecksum(upload.plan.checksum, .fullObject, part.checksum), call)),
                requestID: call.requestID)
        } catch {
            upload.files?.dropPart(content.fileName)
            throw error
        }
    }

    func listParts(_ call: XMLCall) throws(XMLRefusal) -> EmulatorReply {
        let address = try call.object()
        let id = call.target["uploadId"] ?? ""
        guard let upload = multipartUpload(id, at: address, call.dialect) else { throw .noSuchUpload(id) }
        let maximum = try pageSize(call, "max-parts")
        let marker = call.target["part-number-marker"] ?? "0"
        guard let after = Int(marker) else { throw .argument("part-number-marker is no number") }
        let rest = upload.parts.drop { $0.number <= after }
        let page = rest.prefix(maximum)
        var children = [
            XMLElement("Bucket", call.target.bucketName), XMLElement("Key", address.xmlKey),
            XMLElement("UploadId", id), XMLElement("StorageClass", "STANDARD"),
            XMLElement("PartNumberMarker", marker), XMLElement("MaxParts", "\(maximum)"),
            XMLElement("IsTruncated", "\(page.count < rest.count)"),
        ]
        if page.count < rest.count, let last = page.last {
            children.append(XMLElement("NextPartNumberMarker", "\(last.number)"))
        }
        let plan = upload.plan
        children += Self.checksumElements(of: plan)
        children += page.map { part in
            // COS does not list checksums.
            let checksum =
                plan.dialect == .s3
                ? answered(StoredChecksum(plan.checksum, .fullObject, part.checksum), call) : nil
            return XMLElement(
                "Part",
                [
                    XMLElement("PartNumber", "\(part.number)"),
                    XMLElement("LastModified", HTTPDate.timestamp(part.modifiedAt)),
                    XMLElement("ETag", part.etag), XMLElement("Size", "\(part.size)"),
                ] + (checksum.map { [XMLElement($0.kind.element, $0.text)] } ?? []))
        }
        return .xml(XMLElement("ListPartsResult", children), requestID: call.requestID)
    }

    func listUploads(_ call: XMLCall) throws(XMLRefusal) -> EmulatorReply {
        let target = call.target
        let prefix = ByteString("/" + (target["prefix"] ?? "")).bytes
        let maximum = try pageSize(call, "max-uploads")
        let isEncoded = try encodes(call)
        let keyMarker = target["key-marker"] ?? ""
        let idMarker = target["upload-id-marker"] ?? ""
        let after = UploadPlace(key: ByteString("/" + keyMarker), id: idMarker)
        let found = catalogue.withLock { Array($0.multipartUploads.values) }
            .filter { upload in
                let address = upload.plan.address
                return address.appID == target.appID && address.bucket == target.bucket
                    && upload.plan.dialect == call.dialect && address.key.bytes.starts(with: prefix)
            }
            .map { (place: UploadPlace(key: $0.plan.address.key, id: $0.id), upload: $0) }
            .filter { keyMarker.isEmpty || (idMarker.isEmpty ? $0.place.key > after.key : $0.place > after) }
            .sorted { $0.place < $1.place }
        let page = found.prefix(maximum)
        func key(_ text: String) -> String { isEncoded ? PathEncoding.encodedComponent(text.utf8) : text }
        var children = [
            XMLElement("Bucket", target.bucketName), XMLElement("KeyMarker", key(keyMarker)),
            XMLElement("UploadIdMarker", idMarker), XMLElement("MaxUploads", "\(maximum)"),
            XMLElement("Prefix", key(target["prefix"] ?? "")),
            XMLElement("IsTruncated", "\(page.count < found.count)"),
        ]
        if isEncoded { children.append(XMLElement("EncodingType", "url")) }
        if page.count < found.count, let last = page.last {
            children += [
                XMLElement("NextKeyMarker", key(last.upload.plan.address.xmlKey)),
                XMLElement("NextUploadIdMarker", last.upload.id),
            ]
        }
        children += page.map { _, upload in
            XMLElement(
                "Upload",
                [
                    XMLElement("Key", key(upload.plan.address.xmlKey)), XMLElement("UploadId", upload.id),
                    XMLElement("StorageClass", "STANDARD"),
                    XMLElement("Initiated", HTTPDate.timestamp(upload.plan.initiatedAt)),
                ] + Self.checksumElements(of: upload.plan))
        }
        return .xml(XMLElement("ListMultipartUploadsResult", children), requestID: call.requestID)
    }

    /// The elements of an upload's checksum in listings of S3.
    private static func checksumElements(of plan: MultipartPlan) -> [XMLElement] {
        guard plan.dialect == .s3 else { return [] }
        return [
            XMLElement("ChecksumAlgorithm", plan.checksum.algorithm),
            XMLElement("ChecksumType", plan.checksumType.rawValue),
        ]
    }

    func abort(_ call: XMLCall) throws(XMLRefusal) -> EmulatorReply {
        let id = call.target["uploadId"] ?? ""
        guard let upload = multipartUpload(id, at: try call.object(), call.dialect) else {
            throw .noSuchUpload(id)
        }
        forget(upload)
        return EmulatorReply(status: 204, contentType: nil, body: [], requestID: call.requestID)
    }

    /// Deletes an unfinished upload and its parts.
    func forget(_ upload: MultipartUpload) {
        catalogue.withLock { $0.remove(upload) }
        upload.close()
        try? store?.endUpload(upload.id)  // What is left behind is removed at the next start.
    }

    /// The number of entries per page.
    private func pageSize(_ call: XMLCall, _ name: String) throws(XMLRefusal) -> Int {
        let text = call.target[name] ?? "1000"
        guard let asked = Int(text), (1...1_000).contains(asked) else {
            throw .argument("\(name) '\(text.escapedForDisplay(limit: 40))' is not from 1 to 1000")
        }
        if case .pageSize(let entries)? = call.fault { return min(asked, entries) }
        return asked
    }

    private func encodes(_ call: XMLCall) throws(XMLRefusal) -> Bool {
        switch call.target["encoding-type"] {
        case nil: false
        case "url": true
        case .some: throw .argument("encoding-type is not url")
        }
    }
}

/// The position of an upload in a listing: by key, then by id.
private struct UploadPlace: Comparable {
    let key: ByteString
    let id: String

    static func < (left: UploadPlace, right: UploadPlace) -> Bool {
        left.key == right.key
            ? left.id.utf8.lexicographicallyPrecedes(right.id.utf8) : left.key < right.key
    }
}
