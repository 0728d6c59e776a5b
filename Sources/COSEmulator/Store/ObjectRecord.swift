import COSProtocol
import PlanCore
import ServiceCore

/// What the emulator knows of an object.
struct ObjectRecord: Hashable, Sendable {
    let address: ObjectAddress
    /// **Unit**: bytes.
    let fileSize: Int64
    /// The SHA-1 of its bytes, computed here.
    let sha: Digest
    /// Unix seconds.
    let createdAt: Int64
    let bizAttr: String
    /// The file's time of change when it was put in place, in nanoseconds; 0 where nothing is kept.
    var fileModified: Int64 = 0

    /// What instant upload compares.
    struct Content: Hashable, Sendable {
        let fileSize: Int64
        let sha: Digest
    }

    var content: Content { Content(fileSize: fileSize, sha: sha) }

    /// What it takes of memory, as far as clients decide it. **Unit**: bytes.
    var heldBytes: Int { address.heldBytes + bizAttr.utf8.count }

    /// The name of its record below the root: a key may be longer than a file's name.
    var recordName: String { Self.recordName(of: address) }

    static func recordName(of address: ObjectAddress) -> String {
        SHA1Stream.digest(of: Array(address.resourcePath.utf8)).hex + ".json"
    }

    /// The record as it is kept.
    var encoded: [UInt8] {
        SealedText.sealed(
            JSONValue.object([
                ("appid", .integer(address.appID.number)), ("bucket", .string(address.bucket.name)),
                ("key", .string(address.key.text)), (WireName.fileSize, .integer(fileSize)),
                (WireName.sha, .string(sha.hex)), (WireName.createdAt, .integer(createdAt)),
                (WireName.bizAttr, .string(bizAttr)), ("file_modified", .integer(fileModified)),
            ]).encoded)
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
            let sha = value.text(WireName.sha).flatMap({ Digest(hex: $0) }),
            let createdAt = value.integer(WireName.createdAt), let bizAttr = value.text(WireName.bizAttr),
            let fileModified = value.integer("file_modified")
        else { return nil }
        self.init(
            address: address, fileSize: fileSize, sha: sha, createdAt: createdAt, bizAttr: bizAttr,
            fileModified: fileModified)
    }
}

extension ObjectAddress {
    /// Reads `appid`, `bucket` and `key` of a record.
    init?(_ value: JSONValue) {
        guard let number = value.integer("appid"), let appID = try? AppID(number),
            let name = value.text("bucket"), let bucket = try? Bucket(name),
            let path = value.text("key"), let key = try? ObjectKey(path)
        else { return nil }  // A record that was edited is no record.
        self.init(appID: appID, bucket: bucket, key: key)
    }
}
