import ByteDigests
import PlanCore
import ServiceCore

extension XMLUpload {
    /// The result of comparing an object at the key with the plan.
    enum Comparison: Hashable {
        case same(UploadProof)
        /// Nil if the size differs.
        case differs(XMLUploadRefusal.Difference?)
        /// The plan has no checksum of this kind, so the file's own bytes must be read.
        case needsDigests
        /// The service's reply does not suffice.
        case cannotTell
    }

    /// The result of comparing the service's checksum of the whole object with the bytes sent.
    enum Proof: Hashable {
        case agrees(UploadProof)
        case differs(XMLUploadRefusal)
        case absent
    }

    /// The plan's own CRC of the store's kind.
    var plannedCRC: UInt64? {
        switch dialect.crc {
        case .ecma: plan.checksums[.crc64ecma]?.crc
        case .nvme: plan.checksums[.crc64nvme]?.crc
        case nil: nil
        }
    }

    /// The CRC of the whole file, combined from its pieces; nil if some are unknown.
    var combinedCRC: UInt64? {
        guard let kind = dialect.crc, digests.count == layout.count else { return nil }
        var pieces: [(value: UInt64, length: Int64)] = []
        for index in 0..<layout.count {
            guard let piece = digests[index], let value = piece.crc64 else { return nil }
            pieces.append((value, piece.length))
        }
        return CRC64.combined(kind, pieces).value
    }

    /// The concatenated digests of all pieces; nil if some are unknown.
    private func joined(_ digest: (ContentDigests) -> [UInt8]?) -> [UInt8]? {
        guard digests.count == layout.count else { return nil }
        var joined: [UInt8] = []
        for index in 0..<layout.count {
            guard let piece = digests[index].flatMap(digest) else { return nil }
            joined.append(contentsOf: piece)
        }
        return joined
    }

    /// S3's composite: base64 of the SHA-1 of all parts' SHA-1s, `-`, and the number of parts.
    private var compositeSHA1: String? {
        joined(\.sha1).map { "\(Base64.encoded(MessageDigest.sha1($0)))-\(layout.count)" }
    }

    /// The usual ETag of a multipart object: hex of the MD5 of all parts' MD5s, `-`, and the number of parts.
    private var compositeMD5: String? {
        joined(\.md5).map { "\(MessageDigest.md5($0).hexText)-\(layout.count)" }
    }

    /// Whether the plan's own checksum matches the bytes, whose digests are now known; ends the upload if
    /// not.
    mutating func checkPlannedChecksum() -> Bool {
        guard let plannedCRC, let combinedCRC, plannedCRC != combinedCRC else { return true }
        let kind: ChecksumKind = dialect == .cos ? .crc64ecma : .crc64nvme
        end(.refused(.planChecksumDiffers(kind, planned: text(plannedCRC), computed: text(combinedCRC))))
        return false
    }

    /// A CRC in the service's notation.
    private func text(_ crc: UInt64) -> String {
        dialect == .cos ? String(crc) : Base64.encoded(crc.bigEndianBytes)
    }

    /// Compares the checksum of the object just created with the bytes sent.
    func proof(of fields: ReplyFields) -> Proof {
        switch dialect {
        case .cos:
            guard let answered = fields.crc64ecma else {
                guard sizing.isPut, let md5 = fields.md5, let sent = digests[0]?.md5 else { return .absent }
                return md5 == sent
                    ? .agrees(UploadProof(.md5, md5.hexText))
                    : .differs(.checksumDiffers(part: nil, sent: sent.hexText, answered: md5.hexText))
            }
            return proof(answered, .crc64ecma)
        case .s3(.crc64nvme):
            return fields.crc64nvme.map { proof($0, .crc64nvme) } ?? .absent
        case .s3(.sha1):
            guard let answered = fields.sha1 else { return .absent }
            let isWhole = sizing.isPut
            let sent = isWhole ? digests[0]?.checksumText(dialect) : compositeSHA1
            return answered == sent
                ? .agrees(UploadProof(isWhole ? .sha1 : .sha1OfParts, answered))
                : .differs(.checksumDiffers(part: nil, sent: sent ?? "none", answered: answered))
        case .s3(.md5):
            guard sizing.isPut else { return proofByComposite(of: fields) }
            guard let md5 = fields.md5, let sent = digests[0]?.md5 else { return .absent }
            return md5 == sent
                ? .agrees(UploadProof(.md5, md5.hexText))
                : .differs(.checksumDiffers(part: nil, sent: sent.hexText, answered: md5.hexText))
        }
    }

    /// An ETag that is the usual composite of the parts' MD5s proves the object; any other proves nothing.
    private func proofByComposite(of fields: ReplyFields) -> Proof {
        guard !fields.isKeyEncrypted, let etag = fields.etag.map({ ETag.bare($0).lowercased() }),
            etag == compositeMD5
        else { return .absent }
        return .agrees(UploadProof(.md5OfParts, etag))
    }

    private func proof(_ answered: UInt64, _ kind: UploadProof.Kind) -> Proof {
        let sent = plan.fileSize == 0 ? 0 : combinedCRC
        guard answered == sent, plannedCRC == nil || plannedCRC == answered else {
            return .differs(
                .checksumDiffers(
                    part: nil, sent: (answered == sent ? plannedCRC : sent).map(text) ?? "none",
                    answered: text(answered)))
        }
        return .agrees(UploadProof(kind, text(answered)))
    }

    /// The digests of the file's pieces needed to compare them with ``found``.
    var comparisonKinds: Set<ContentDigests.Kind> {
        guard let found else { return [] }
        if found.crc64ecma != nil, dialect.crc == .ecma { return [.crc64ecma] }
        if found.crc64nvme != nil, dialect.crc == .nvme { return [.crc64nvme] }
        if found.sha1 != nil, dialect == .s3(.sha1) { return [.sha1] }
        return [.md5]
    }

    /// Compares an object at the key with the plan; without a length and a digest it never counts as the
    /// same.
    func compare(with object: ReplyFields) -> Comparison {
        guard let length = object.contentLength else { return .cannotTell }
        guard length == plan.fileSize else { return .differs(nil) }
        if length == 0 { return .same(UploadProof(.size)) }
        let areRead = digests.count == layout.count
        let crc: (UInt64, UploadProof.Kind)? =
            switch dialect.crc {
            case .ecma: object.crc64ecma.map { ($0, .crc64ecma) }
            case .nvme: object.crc64nvme.map { ($0, .crc64nvme) }
            case nil: nil
            }
        if let (answered, kind) = crc {
            guard let expected = plannedCRC ?? combinedCRC else {
                return areRead ? .cannotTell : .needsDigests
            }
            return comparison(kind, planned: text(expected), found: text(answered))
        }
        if case .s3(.sha1) = dialect, let answered = object.sha1 {
            return compare(sha1: answered, areRead: areRead)
        }
        return compare(etagOf: object, areRead: areRead)
    }

    private func comparison(_ kind: UploadProof.Kind, planned: String, found: String) -> Comparison {
        found == planned
            ? .same(UploadProof(kind, found))
            : .differs(XMLUploadRefusal.Difference(kind, planned: planned, found: found))
    }

    private func compare(sha1 answered: String, areRead: Bool) -> Comparison {
        guard let count = answered.split(separator: "-").dropFirst().first.flatMap({ Int($0) }) else {
            return comparison(.sha1, planned: Base64.encoded(plan.sha.bytes), found: answered)
        }
        // A different number of parts has a different composite for the same bytes.
        guard count == layout.count else { return .cannotTell }
        guard let expected = compositeSHA1 else { return areRead ? .cannotTell : .needsDigests }
        return answered == expected ? .same(UploadProof(.sha1OfParts, answered)) : .cannotTell
    }

    private func compare(etagOf object: ReplyFields, areRead: Bool) -> Comparison {
        if let answered = object.md5 {
            if let expected = plan.checksums[.md5]?.bytes ?? (layout.count == 1 ? digests[0]?.md5 : nil) {
                return comparison(.md5, planned: expected.hexText, found: answered.hexText)
            }
            return layout.count == 1 && !areRead ? .needsDigests : .cannotTell
        }
        guard let etag = object.etag.map(ETag.bare), !object.isKeyEncrypted,
            etag.split(separator: "-").dropFirst().first.flatMap({ Int($0) }) == layout.count
        else { return .cannotTell }
        guard let expected = compositeMD5 else { return areRead ? .cannotTell : .needsDigests }
        return etag.lowercased() == expected ? .same(UploadProof(.md5OfParts, expected)) : .cannotTell
    }

    /// Continues after a comparison.
    mutating func settle(_ comparison: Comparison) {
        switch comparison {
        case .same(let proof):
            // Finish was performed, unless the service said that another object was there first.
            if case .compare(let first) = purpose, first?.reaction != .compare { unfinishedUpload = nil }
            end(.alreadyThere(proof))
        case .needsDigests: phase = .digesting(next: 0)
        case .differs, .cannotTell:
            let isBefore = purpose == .before
            if plan.insertOnly == .overwrite, isBefore {
                found = nil
                digests = [:]
                goOn()
            } else if plan.insertOnly == .overwrite, let unanswered {
                // The object may still be the one to be replaced: finish may not have completed yet.
                end(.refused(.unanswered(unanswered)))
            } else if plan.insertOnly == .overwrite, beginningsLeft > 0 {
                found = nil
                beginAgain()
            } else {
                var digest: XMLUploadRefusal.Difference?
                if case .differs(let difference) = comparison { digest = difference }
                end(
                    .refused(
                        .otherObject(planned: plan.fileSize, found: found?.contentLength, digest: digest)))
            }
        }
    }
}
