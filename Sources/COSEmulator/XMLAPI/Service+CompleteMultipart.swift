import ByteDigests
import PlanCore
import ServiceCore
import XMLProtocol

/// Completes a multipart upload: the listed parts must match the parts that arrived.
extension Service {
    func finish(_ call: XMLCall, _ text: [UInt8]) throws(XMLRefusal) -> EmulatorReply {
        let address = try call.object()
        let id = call.target["uploadId"] ?? ""
        guard let upload = multipartUpload(id, at: address, call.dialect) else { throw .noSuchUpload(id) }
        let listed = try Self.listedParts(text)
        try upload.beginFinish()
        let record: ObjectRecord
        do throws(XMLRefusal) {
            let parts = try Self.parts(listed, of: upload)
            record = try assemble(upload, parts, call)
        } catch {
            upload.reopen()
            throw error
        }
        upload.close()
        try? store?.endUpload(upload.id)  // What is left behind is removed at the next start.
        statistics.withLock { $0.objectsUploaded += 1 }
        let host = call.headers.first(name: "host") ?? ""
        let checksum = answered(record.checksum(call.dialect), call)
        return .xml(
            XMLElement(
                "CompleteMultipartUploadResult",
                [
                    XMLElement("Location", "\(host)\(PathEncoding.encoded(address.key.bytes))"),
                    XMLElement("Bucket", call.target.bucketName), XMLElement("Key", address.xmlKey),
                    XMLElement("ETag", record.etagText),
                ] + (call.dialect == .s3 ? Self.elements(checksum) : [])),
            headers: call.dialect == .cos ? Self.headers(checksum) : [], requestID: call.requestID)
    }

    /// The parts in the list, checked against those that arrived.
    private static func parts(
        _ listed: [ClaimedPart], of upload: MultipartUpload
    ) throws(XMLRefusal) -> [UploadedPart] {
        let plan = upload.plan
        let byNumber = Dictionary(
            upload.parts.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        var parts: [UploadedPart] = []
        for (index, entry) in listed.enumerated() {
            if let before = parts.last, entry.number <= before.number {
                throw XMLRefusal(
                    400, "InvalidPartOrder", "part \(entry.number) is listed after part \(before.number)")
            }
            guard entry.number == index + 1 else {
                throw .part("part \(index + 1) is not listed; the list goes on with \(entry.number)")
            }
            guard let part = byNumber[entry.number] else {
                throw .part("part \(entry.number) has not arrived")
            }
            guard entry.md5.utf8.elementsEqual(part.md5.utf8) else {
                throw .part(
                    "part \(entry.number) has the ETag \(part.etag), listed is "
                        + "'\(entry.md5.escapedForDisplay(limit: 80))'")
            }
            let checksum = entry.checksums[plan.checksum]
            guard checksum != nil || plan.checksumType == .fullObject else {
                throw XMLRefusal(
                    400, "InvalidRequest",
                    "part \(entry.number) is listed without its \(plan.checksum.element)")
            }
            guard checksum == nil || checksum == part.checksum else {
                throw .part(
                    "part \(entry.number) has the \(plan.checksum.element) \(part.checksum), listed is another"
                )
            }
            parts.append(part)
        }
        let smallest = plan.dialect.smallestPart
        for part in parts.dropLast() where part.size < smallest {
            throw XMLRefusal(
                400, "EntityTooSmall",
                "part \(part.number) has \(part.size) bytes; all but the last need \(smallest)")
        }
        return parts
    }

    private func assemble(
        _ upload: MultipartUpload, _ parts: [UploadedPart], _ call: XMLCall
    ) throws(XMLRefusal) -> ObjectRecord {
        let address = upload.plan.address
        let checksum = StoredChecksum(upload.plan.checksum, upload.plan.checksumType, of: parts)
        if call.dialect == .s3, let sent = try SentDigests.checksum(call.headers),
            checksum.type == .fullObject, sent.kind != checksum.kind || sent.text != checksum.text
        {
            throw XMLRefusal(
                400, "BadDigest", "\(sent.kind.header) is not that of the object, \(checksum.text)")
        }
        do throws(StoreError) { try upload.files?.assemble(parts) } catch { throw .failed("\(error)") }
        let md5 = MessageDigest.md5(parts.flatMap { Self.bytes(ofHex: $0.md5) })
        var record = ObjectRecord(
            address: address, fileSize: parts.reduce(0) { $0 + $1.size }, sha: nil, createdAt: call.now,
            bizAttr: "")
        record.etag = "\(md5.hexText)-\(parts.count)"
        record.checksums = [checksum]
        return try catalogue.withLock { catalogue throws(XMLRefusal) in
            guard catalogue.multipartUploads[upload.id] != nil else { throw .noSuchUpload(upload.id) }
            // Another upload to this key may have finished since begin.
            try checkOverwrite(call, address, catalogue)
            if let store, let files = upload.files {
                record = try asXML { () throws(DiskStore.PublishProblem) in
                    try store.publish(files, as: record, over: catalogue.objects[address])
                }
            }
            catalogue.add(record)
            catalogue.remove(upload)
            return record
        }
    }

    private static func bytes(ofHex text: String) -> [UInt8] {
        let digits = text.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue.map { UInt8($0) } }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    /// A part in finish's list.
    private struct ClaimedPart {
        let number: Int
        /// `ETag` without its quotes.
        let md5: String
        /// The checksums listed by clients of S3.
        let checksums: [StoreChecksum: String]
    }

    private static func listedParts(_ text: [UInt8]) throws(XMLRefusal) -> [ClaimedPart] {
        let document: XMLElement
        do throws(XMLError) { document = try XMLElement(document: text) } catch {
            throw .malformedXML("\(error)")
        }
        guard document.name == "CompleteMultipartUpload", !document.children.isEmpty else {
            throw .malformedXML("the document is no CompleteMultipartUpload with parts")
        }
        var parts: [ClaimedPart] = []
        for element in document.children {
            guard element.name == "Part", let number = element.text("PartNumber").flatMap({ Int($0) }),
                (1...UploadedPart.maximumNumber).contains(number), let etag = element.text("ETag")
            else { throw .malformedXML("entry \(parts.count) is no Part with PartNumber and ETag") }
            let isQuoted = etag.utf8.count >= 2 && etag.hasPrefix("\"") && etag.hasSuffix("\"")
            let checksums = StoreChecksum.s3.compactMap { kind in
                element.text(kind.element).map { (kind, $0) }
            }
            parts.append(
                ClaimedPart(
                    number: number, md5: isQuoted ? String(etag.dropFirst().dropLast()) : etag,
                    checksums: Dictionary(checksums) { first, _ in first }))
        }
        return parts
    }
}
