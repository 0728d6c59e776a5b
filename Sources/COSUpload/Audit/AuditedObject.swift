import COSProtocol
import PlanCore
import ServiceCore
import XMLProtocol

/// An object to query, with its expected content.
package struct AuditedObject: Hashable, Sendable {
    /// The local path, relative to the root.
    package let path: LocalPath
    /// The key.
    package let key: ObjectKey
    /// The bucket.
    package let target: Target
    /// The expected size.
    ///
    /// **Unit**: bytes.
    package let fileSize: Int64
    /// The expected SHA-1.
    package let sha: Digest
    /// All recorded digests, including the SHA-1.
    package let digests: [ObjectDigest]

    /// The object that `plan` creates at `target`.
    package init(_ plan: PlannedFile, at target: Target) {
        path = plan.path
        key = plan.key
        self.target = target
        fileSize = plan.fileSize
        sha = plan.sha
        digests = [ObjectDigest(sha: plan.sha)] + plan.checksums.all.map { ObjectDigest($0) }
    }

    /// The object that a receipt's line describes; nil if its fields are invalid.
    init?(_ receipt: Receipt, at target: Target) {
        // The caller reports the whole line as damaged.
        guard let path = try? LocalPath(receipt.path, allowOutside: true),
            let key = try? ObjectKey(receipt.identity.key),
            let sha = Digest(hex: receipt.identity.sha), receipt.identity.fileSize >= 0
        else { return nil }
        self.path = path
        self.key = key
        self.target = target
        fileSize = receipt.identity.fileSize
        self.sha = sha
        let proof = receipt.proof.flatMap { UploadProof($0) }.flatMap { ObjectDigest($0) }
        digests = [ObjectDigest(sha: sha)] + [proof].compactMap(\.self).filter { $0.kind != .sha1 }
    }

    /// The recorded digest of a kind.
    subscript(kind: ObjectDigest.Kind) -> ObjectDigest? { digests.first { $0.kind == kind } }

    /// Adds `checksums` computed from bytes whose SHA-1 is ``sha``.
    func adding(_ checksums: Checksums) -> AuditedObject {
        AuditedObject(
            self, digests: digests + checksums.all.map { ObjectDigest($0) }.filter { self[$0.kind] == nil })
    }

    private init(_ other: AuditedObject, digests: [ObjectDigest]) {
        path = other.path
        key = other.key
        target = other.target
        fileSize = other.fileSize
        sha = other.sha
        self.digests = digests
    }
}

/// An object as the store describes it.
package struct StoredObject: Hashable, Sendable {
    /// The object's size; nil if the store reports none, or two different ones.
    ///
    /// **Unit**: bytes.
    package let length: Int64?
    /// The digests, the most reliable first.
    package let digests: [ObjectDigest]

    /// The object in a stat reply.
    init(_ stat: StatOperation.Reply) {
        length = stat.length
        digests = [stat.sha.flatMap { ObjectDigest(statSHA: $0) }].compactMap(\.self)
    }

    /// The object in a HEAD reply.
    init(_ fields: ReplyFields) {
        length = fields.contentLength
        let etag = fields.isKeyEncrypted ? nil : fields.etag
        digests = [
            fields.crc64ecma.map { ObjectDigest(Checksum(.crc64ecma, crc: $0)) },
            fields.crc64nvme.map { ObjectDigest(Checksum(.crc64nvme, crc: $0)) },
            fields.sha256.flatMap { ObjectDigest(sha256: $0) },
            fields.sha1.flatMap { ObjectDigest(sha1: $0) },
            etag.flatMap { ObjectDigest(etag: $0) },
        ].compactMap(\.self)
    }
}
