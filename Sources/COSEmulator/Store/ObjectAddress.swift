import PlanCore

/// Which object a request is about: account, bucket and key.
struct ObjectAddress: Hashable, Sendable {
    let appID: AppID
    let bucket: Bucket
    let key: ObjectKey

    /// `/appid/bucket/key`, not encoded.
    var resourcePath: String { "/\(appID)/\(bucket)\(key.text)" }

    /// The key's folders and its own name.
    var segments: [String] {
        key.bytes.bytes.dropFirst().split(separator: UInt8(ascii: "/"))
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// The addresses of the folders it lies in, outermost first, without the bucket itself.
    var folders: [FolderAddress] {
        let bytes = key.bytes.bytes
        return bytes.indices.dropFirst().compactMap { index in
            bytes[index] == UInt8(ascii: "/")
                ? FolderAddress(appID: appID, bucket: bucket, path: Array(bytes[..<index])) : nil
        }
    }

    /// What the key and the folders it lies in take of memory. **Unit**: bytes.
    var heldBytes: Int {
        let bytes = key.bytes.bytes
        // A slash after the first ends the name of a folder, which is as long as what stands before it.
        return bytes.indices.dropFirst().reduce(bytes.count) { sum, index in
            bytes[index] == UInt8(ascii: "/") ? sum + index : sum
        }
    }

    /// The folder that would have the same name.
    var asFolder: FolderAddress { FolderAddress(appID: appID, bucket: bucket, path: key.bytes.bytes) }
}

/// A folder of a bucket, there as long as an object lies below it.
struct FolderAddress: Hashable, Sendable {
    let appID: AppID
    let bucket: Bucket
    /// With the leading `/`, without one at the end.
    let path: [UInt8]

    /// The object that would have the same name; nil where no object could.
    var asObject: ObjectAddress? {
        guard let bytes = ByteString(validating: path), let key = try? ObjectKey(bytes) else {
            return nil  // A folder is a prefix of a legal key, so this does not happen.
        }
        return ObjectAddress(appID: appID, bucket: bucket, key: key)
    }
}
