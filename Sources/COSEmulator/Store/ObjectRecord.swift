import COSProtocol
import PlanCore
import ServiceCore

/// What the emulator knows of an object.
struct ObjectRecord: Hashable, Sendable {
    let address: ObjectAddress
    /// **Unit**: bytes.
    let fileSize: Int64
    /// The SHA-1 of its bytes, computed here; nil where nobody asked for it yet.
    var sha: Digest?
    /// Unix seconds.
    let createdAt: Int64
    let bizAttr: String
    /// The ETag that the XML API made, without quotes; nil for an object of the JSON API.
    var etag: String?
    /// The CRC-64 of its bytes, computed here; nil where nobody asked for it yet.
    var crc64: UInt64?
    /// Whether its file lies in `aside/`, because its key is no path, or another object is in the path's way.
    var isAside = false
    /// The file's time of change when it was put in place, in nanoseconds; 0 where nothing is kept.
    var fileModified: Int64 = 0

    /// What instant upload compares.
    struct Content: Hashable, Sendable {
        let fileSize: Int64
        let sha: Digest
    }

    var content: Content? { sha.map { Content(fileSize: fileSize, sha: $0) } }

    /// `ETag`: an object of the JSON API has its SHA-1 there.
    var etagText: String { "\"\(etag ?? sha?.hex ?? "")\"" }

    /// What it takes of memory, as far as clients decide it. **Unit**: bytes.
    var heldBytes: Int { address.heldBytes + bizAttr.utf8.count }

    /// The name of its record below the root: a key may be longer than a file's name.
    var recordName: String { asideName + ".json" }

    /// The name of its file in `aside/`.
    var asideName: String { SHA1Stream.digest(of: Array(address.resourcePath.utf8)).hex }

    /// The record as it is kept.
    var encoded: [UInt8] {
        var members =
            address.members + [
                (WireName.fileSize, .integer(fileSize)), (WireName.createdAt, .integer(createdAt)),
                (WireName.bizAttr, .string(bizAttr)), ("file_modified", .integer(fileModified)),
            ]
        if let sha { members.append((WireName.sha, .string(sha.hex))) }
        if let etag { members.append(("etag", .string(etag))) }
        if let crc64 { members.append(("crc64ecma", .string("\(crc64)"))) }
        if isAside { members.append(("aside", .bool(true))) }
        return SealedText.sealed(JSONValue.object(members).encoded)
    }
}

extension ObjectRecord {
    /// Reads a record back; nil for anything that was not written by ``encoded``.
    ///
    /// A record of one line has no seal: an earlier version kept it so.
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
        crc64 = value.text("crc64ecma").flatMap { UInt64($0) }
        isAside = value["aside"] == .bool(true)
        guard isAside || address.isPath else { return nil }
    }
}

extension ObjectAddress {
    /// Reads `appid`, `bucket` and `key` of a record.
    init?(_ value: JSONValue) {
        guard let number = value.integer("appid"), let appID = try? AppID(number),
            let name = value.text("bucket"), let bucket = try? Bucket(name),
            let key = value.text("key"), key.utf8.first == UInt8(ascii: "/")
        else { return nil }  // A record that was edited is no record.
        self.init(appID: appID, bucket: bucket, key: ByteString(key))
    }
}
