import PlanCore
import ServiceCore

/// Which object a request is about: account, bucket and key.
struct ObjectAddress: Hashable, Sendable {
    let appID: AppID
    let bucket: Bucket
    /// With a leading `/`; for the JSON API an ``ObjectKey``, for others whatever a path can hold.
    let key: ByteString

    /// The address of a key that the JSON API takes.
    init(appID: AppID, bucket: Bucket, key: ObjectKey) {
        self.init(appID: appID, bucket: bucket, key: key.bytes)
    }

    /// The address of any key.
    init(appID: AppID, bucket: Bucket, key: ByteString) {
        self.appID = appID
        self.bucket = bucket
        self.key = key
    }

    /// `/appid/bucket/key`, not encoded.
    var resourcePath: String { "/\(appID)/\(bucket)\(key.text)" }

    /// The key's folders and its own name.
    var segments: [String] {
        key.bytes.dropFirst().split(separator: UInt8(ascii: "/"))
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// The addresses of the folders it lies in, outermost first, without the bucket itself.
    var folders: [FolderAddress] {
        let bytes = key.bytes
        return bytes.indices.dropFirst().compactMap { index in
            bytes[index] == UInt8(ascii: "/")
                ? FolderAddress(appID: appID, bucket: bucket, path: Array(bytes[..<index])) : nil
        }
    }

    /// What the key and the folders it lies in take of memory. **Unit**: bytes.
    var heldBytes: Int {
        let bytes = key.bytes
        // A slash after the first ends the name of a folder, which is as long as what stands before it.
        return bytes.indices.dropFirst().reduce(bytes.count) { sum, index in
            bytes[index] == UInt8(ascii: "/") ? sum + index : sum
        }
    }

    /// Whether the key can be a path below the bucket's folder: every name in it one that a file can have.
    var isPath: Bool {
        key.bytes.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .allSatisfy { name in
                (1...RequestTarget.longestSegment).contains(name.count) && !name.contains(0)
                    && !name.elementsEqual(".".utf8) && !name.elementsEqual("..".utf8)
            }
    }

    /// Account, bucket and key as records have them.
    var members: [(String, JSONValue)] {
        [
            ("appid", .integer(appID.number)), ("bucket", .string(bucket.name)), ("key", .string(key.text)),
        ]
    }

    /// The folder that would have the same name.
    var asFolder: FolderAddress { FolderAddress(appID: appID, bucket: bucket, path: key.bytes) }
}

/// A folder of a bucket, there as long as an object lies below it.
struct FolderAddress: Hashable, Sendable {
    let appID: AppID
    let bucket: Bucket
    /// With the leading `/`, without one at the end.
    let path: [UInt8]

    /// The object that would have the same name; nil where no object could.
    var asObject: ObjectAddress? {
        ByteString(validating: path).map { ObjectAddress(appID: appID, bucket: bucket, key: $0) }
    }
}
