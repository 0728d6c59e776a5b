import COSProtocol
import PlanCore
import ServiceCore

/// The metadata of an object.
struct ObjectRecord: Hashable, Sendable {
    let address: ObjectAddress
    /// **Unit**: bytes.
    let fileSize: Int64
    /// The SHA-1 of its bytes, computed by the emulator; nil until it is needed.
    var sha: Digest?
    /// Unix seconds.
    let createdAt: Int64
    let bizAttr: String
    /// The ETag from the XML API, without quotes; nil for an object of the JSON API.
    var etag: String?
    /// The checksums of its bytes, computed by the emulator when they are needed.
    ///
    /// At most COS's and one of S3's.
    var checksums: [StoredChecksum] = []
    /// Whether its file lies in `aside/`, because its key is not a path or conflicts with another object's.
    var isAside = false
    /// The file's modification time when it was published, in nanoseconds; 0 if nothing is stored.
    var fileModified: Int64 = 0

    /// What instant upload compares.
    struct Content: Hashable, Sendable {
        let fileSize: Int64
        let sha: Digest
    }

    var content: Content? { sha.map { Content(fileSize: fileSize, sha: $0) } }

    /// `ETag`; the SHA-1 for an object of the JSON API.
    var etagText: String { "\"\(etag ?? sha?.hex ?? "")\"" }

    /// The checksum that a dialect answers; nil if it was not computed yet.
    func checksum(_ dialect: EmulatedDialect) -> StoredChecksum? {
        checksums.first { ($0.kind == .crc64ecma) == (dialect == .cos) }
    }

    /// The memory it uses for data that clients control.
    ///
    /// **Unit**: bytes.
    var heldBytes: Int { address.heldBytes + bizAttr.utf8.count }

    /// The file name of its record.
    ///
    /// A digest, because a key may be longer than a file name.
    var recordName: String { asideName + ".json" }

    /// The name of its file in `aside/`.
    var asideName: String { SHA1Stream.digest(of: Array(address.resourcePath.utf8)).hex }

    /// The record as stored.
    var encoded: [UInt8] {
        var members =
            address.members + [
                (WireName.fileSize, .integer(fileSize)), (WireName.createdAt, .integer(createdAt)),
                (WireName.bizAttr, .string(bizAttr)), ("file_modified", .integer(fileModified)),
            ]
        if let sha { members.append((WireName.sha, .string(sha.hex))) }
        if let etag { members.append(("etag", .string(etag))) }
        for checksum in checksums {
            members.append((checksum.kind.rawValue, .string(checksum.text)))
            if checksum.type == .composite { members.append(("composite", .bool(true))) }
        }
        if isAside { members.append(("aside", .bool(true))) }
        return SealedText.sealed(JSONValue.object(members).encoded)
    }
}

extension ObjectRecord {
    /// Parses a stored record; nil for anything that ``encoded`` did not write.
    ///
    /// A record of a single line has no seal; it is accepted for compatibility with older roots.
    init?(encoded: [UInt8]) {
        let text = encoded.contains(UInt8(ascii: "\n")) ? SealedText.opened(encoded) : encoded
        guard let text, let value = JSONValue(json: text), let address = ObjectAddress(value),
            let fileSize = value.integer(WireName.fileSize), fileSize >= 0,
            let createdAt = value.integer(WireName.createdAt), let bizAttr = value.text(WireName.bizAttr),
            let fileModified = value.integer("file_modified")
        else { return nil }
        self.init(
            address: address, fileSize: fileSize, sha: value.text(WireName.sha).flatMap { Digest(hex: $0) },
            createdAt: createdAt, bizAttr: bizAttr)
        self.fileModified = fileModified
        etag = value.text("etag")
        let type = value["composite"] == .bool(true) ? ChecksumType.composite : .fullObject
        checksums = StoreChecksum.allCases.compactMap { kind in
            value.text(kind.rawValue).map {
                StoredChecksum(kind, kind == .crc64ecma ? .fullObject : type, $0)
            }
        }
        isAside = value["aside"] == .bool(true)
        guard isAside || address.isPath else { return nil }
    }
}

extension ObjectAddress {
    /// Parses `appid`, `bucket` and `key` of a record.
    init?(_ value: JSONValue) {
        // Names that no request can have: the record was edited by hand, and is refused.
        guard let name = value.text("bucket"), let bucket = try? Bucket(name),
            let key = value.text("key"), key.utf8.first == UInt8(ascii: "/")
        else { return nil }
        var appID: AppID?
        if let number = value.integer("appid") {
            guard let account = try? AppID(number) else { return nil }
            appID = account
        }
        self.init(appID: appID, bucket: bucket, key: ByteString(key))
    }
}
