import PlanCore
import ServiceCore

/// The address of an object: appid, bucket and key.
struct ObjectAddress: Hashable, Sendable {
    /// Nil for a bucket of S3 alone.
    let appID: AppID?
    let bucket: Bucket
    /// With a leading `/`.
    ///
    /// For the JSON API an ``ObjectKey``, for the XML API any key.
    let key: ByteString

    /// The address of a key that the JSON API accepts.
    init(appID: AppID?, bucket: Bucket, key: ObjectKey) {
        self.init(appID: appID, bucket: bucket, key: key.bytes)
    }

    /// The address of any key.
    init(appID: AppID?, bucket: Bucket, key: ByteString) {
        self.appID = appID
        self.bucket = bucket
        self.key = key
    }

    /// The account in paths; `s3` if there is none.
    var accountName: String { appID.map { "\($0)" } ?? "s3" }

    /// `/appid/bucket/key`, not encoded.
    var resourcePath: String { "/\(accountName)/\(bucket)\(key.text)" }

    /// The segments of the key: its folders and its own name.
    var segments: [String] {
        key.bytes.dropFirst().split(separator: UInt8(ascii: "/"))
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// The folders that contain it, outermost first, without the bucket itself.
    var folders: [FolderAddress] {
        let bytes = key.bytes
        return bytes.indices.dropFirst().compactMap { index in
            bytes[index] == UInt8(ascii: "/")
                ? FolderAddress(appID: appID, bucket: bucket, path: Array(bytes[..<index])) : nil
        }
    }

    /// The memory used by the key and its folders.
    ///
    /// **Unit**: bytes.
    var heldBytes: Int {
        let bytes = key.bytes
        // Each slash after the first ends a folder's path, which is as long as the slash's index.
        return bytes.indices.dropFirst().reduce(bytes.count) { sum, index in
            bytes[index] == UInt8(ascii: "/") ? sum + index : sum
        }
    }

    /// Whether the key can be a path below the bucket's folder: every segment is a legal file name.
    var isPath: Bool {
        key.bytes.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .allSatisfy { name in
                (1...RequestTarget.longestSegment).contains(name.count) && !name.contains(0)
                    && !name.elementsEqual(".".utf8) && !name.elementsEqual("..".utf8)
            }
    }

    /// Appid, bucket and key as members of a record.
    var members: [(String, JSONValue)] {
        (appID.map { [("appid", .integer($0.number))] } ?? []) + [
            ("bucket", .string(bucket.name)), ("key", .string(key.text)),
        ]
    }

    /// The folder of the same name.
    var asFolder: FolderAddress { FolderAddress(appID: appID, bucket: bucket, path: key.bytes) }
}

/// A folder of a bucket.
///
/// It exists as long as an object lies below it.
struct FolderAddress: Hashable, Sendable {
    let appID: AppID?
    let bucket: Bucket
    /// With a leading `/`, without a trailing one.
    let path: [UInt8]

    /// The object of the same name; nil if no object can have it.
    var asObject: ObjectAddress? {
        ByteString(validating: path).map { ObjectAddress(appID: appID, bucket: bucket, key: $0) }
    }
}
