import PlanCore
import ServiceCore

extension XMLUpload {
    mutating func acceptSuccess(
        _ success: XMLReply.Success, to step: XMLUploadStep, content: ContentDigests?
    ) throws(XMLReplyProblem) {
        switch step.action {
        case .versioning: acceptVersioning(success.document.map(Versioning.init) ?? .unknown)
        case .head: acceptHead(success.fields)
        case .listUploads(let marker): try acceptUploads(success, after: marker)
        case .listParts(let id, let marker): try acceptParts(success, of: id, after: marker)
        case .begin:
            guard let id = success.document?.text("UploadId"), !id.isEmpty else {
                throw XMLReplyProblem(operation: .begin, field: "UploadId")
            }
            send(uploadID: id, listed: [], isAdopted: false)
        case .part(_, let number, let range, _):
            guard let content else { return }
            guard let etag = success.fields.etag else {
                throw XMLReplyProblem(operation: .part, field: HeaderName.etag)
            }
            guard check(success.fields, part: number, content) else { return }
            complete(number, range, etag: etag, content)
            partsSent += 1
        case .put:
            guard let content else { return }
            digests[0] = content
            partsSent += 1
            bytesArrived = plan.fileSize
            acceptObject(success.fields, isAdopted: false)
        case .finish:
            unfinishedUpload = nil
            var fields = success.fields
            if let document = success.document { fields = fields.adding(checksumsOf: document) }
            acceptObject(fields, isAdopted: search.adopted != nil)
        case .digest: break
        }
    }

    mutating func acceptVersioning(_ found: Versioning) {
        versioning = found
        if found != .never { warn(.overwriteNotRefused(found)) }
        look()
    }

    /// Starts to send parts to the upload `id`.
    mutating func send(uploadID id: String, listed: [ListedPart], isAdopted: Bool) {
        uploadID = id
        unfinishedUpload = id
        completed = [:]
        partsFound = 0
        bytesArrived = 0
        digests = [:]
        phase = .sending(
            Sending(
                uploadID: id, isAdopted: isAdopted,
                listed: Dictionary(listed.map { ($0.number, $0) }) { first, _ in first }))
    }

    mutating func complete(_ number: Int, _ range: ByteRange, etag: String, _ content: ContentDigests) {
        completed[number] = CompletedPart(number: number, etag: etag, checksum: content.checksumText(dialect))
        digests[number - 1] = content
        bytesArrived += range.length
    }

    /// Compares the reply to a part with the bytes sent; ends the upload if they differ.
    private mutating func check(_ fields: ReplyFields, part number: Int, _ content: ContentDigests) -> Bool {
        if let difference = difference(of: fields, part: number, from: content) {
            end(.refused(difference))
            return false
        }
        return true
    }

    private mutating func difference(
        of fields: ReplyFields, part number: Int, from content: ContentDigests
    ) -> XMLUploadRefusal? {
        switch dialect {
        case .cos:
            if let answered = fields.crc64ecma {
                guard answered != content.crc64 else { return nil }
                let sent = content.crc64.map { String($0) } ?? "none"
                return .checksumDiffers(part: number, sent: sent, answered: String(answered))
            }
            isPartProvedByETag = true
            return etagDifference(of: fields, part: number, from: content)
        case .s3(.crc64nvme):
            guard let answered = fields.crc64nvme else { return .noChecksum(.crc64nvme) }
            guard answered != content.crc64 else { return nil }
            return .checksumDiffers(
                part: number, sent: content.checksumText(dialect) ?? "none",
                answered: Base64.encoded(answered.bigEndianBytes))
        case .s3(.sha1):
            guard let answered = fields.sha1 else { return .noChecksum(.sha1) }
            let sent = content.checksumText(dialect)
            return answered == sent
                ? nil : .checksumDiffers(part: number, sent: sent ?? "none", answered: answered)
        case .s3(.md5):
            isPartProvedByETag = true
            return etagDifference(of: fields, part: number, from: content)
        }
    }

    /// The service has checked `Content-MD5`; an ETag that is not an MD5 (service-side encryption) proves
    /// nothing more.
    private func etagDifference(
        of fields: ReplyFields, part number: Int, from content: ContentDigests
    ) -> XMLUploadRefusal? {
        guard let answered = fields.md5, let sent = content.md5, answered != sent else { return nil }
        return .checksumDiffers(part: number, sent: sent.hexText, answered: answered.hexText)
    }

    /// Handles the created object: its checksum is in the reply, or HEAD is asked for it.
    private mutating func acceptObject(_ fields: ReplyFields, isAdopted: Bool) {
        switch proof(of: fields) {
        case .agrees(let proof): end(.uploaded(proof))
        case .differs(let refusal): end(.refused(refusal))
        case .absent: ask(.prove(isAdopted: isAdopted))
        }
    }

    private mutating func acceptHead(_ fields: ReplyFields) {
        guard case .prove(let isAdopted) = purpose else {
            found = fields
            settle(compare(with: fields))
            return
        }
        guard fields.contentLength == nil || fields.contentLength == plan.fileSize else {
            end(
                .refused(.otherObject(planned: plan.fileSize, found: fields.contentLength, digest: nil))
            )
            return
        }
        switch proof(of: fields) {
        case .agrees(let proof): end(.uploaded(proof))
        case .differs(let refusal): end(.refused(refusal))
        case .absent: acceptUnproved(isAdopted: isAdopted)
        }
    }

    /// Handles an object for which the service returns no checksum of the whole.
    mutating func acceptUnproved(isAdopted: Bool) {
        switch dialect {
        case .cos: end(.uploaded(UploadProof(isPartProvedByETag ? .md5OfParts : .crc64ecmaOfParts)))
        case .s3(.md5): end(.uploaded(UploadProof(.md5OfParts)))
        case .s3(let checksum):
            // An upload that was started elsewhere may have no checksum; a new one has.
            if isAdopted, beginningsLeft > 0 {
                beginAgain(adopting: false)
            } else {
                end(.refused(.noChecksum(checksum)))
            }
        }
    }

    /// Starts again, once no request is in flight.
    mutating func beginAgain(adopting: Bool = true) {
        beginningsLeft -= 1
        bytesArrived = 0
        uploadID = nil
        unfinishedUpload = nil
        layout = sizing.layout
        digests = [:]
        search = Search()
        if sizing.isPut {
            phase = .ready(.put(plannedCRC: plannedCRC))
        } else {
            phase = .ready(adopting ? .listUploads(nil) : .begin)
        }
    }
}

extension ReplyFields {
    /// The fields with the checksums in finish's document added.
    fileprivate func adding(checksumsOf document: XMLElement) -> ReplyFields {
        var headers: [String: String] = [:]
        headers[HeaderName.etag] = document.text("ETag") ?? etag
        headers[HeaderName.cosCRC64] = crc64ecma.map { String($0) }
        headers[HeaderName.checksumCRC64NVME] =
            document.text("ChecksumCRC64NVME") ?? crc64nvme.map { Base64.encoded($0.bigEndianBytes) }
        headers[HeaderName.checksumSHA1] = document.text("ChecksumSHA1") ?? sha1
        headers[HeaderName.amzEncryption] = isKeyEncrypted ? "aws:kms" : nil
        return ReplyFields(headers)
    }
}
