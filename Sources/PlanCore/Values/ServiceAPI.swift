/// The interface through which objects go up.
public enum ServiceAPI: String, Hashable, Sendable, CaseIterable, Codable {
    /// The JSON API (v4) of COS; what a manifest without `api` is for.
    case json
    /// The XML API (v5) of COS: the same buckets, objects and keys under another host.
    case xml
    /// The S3 API of AWS and of most other stores.
    case s3

    /// The largest object that the JSON API documents: 64 GiB. **Unit**: bytes. **Source**: the vendor's
    /// limits page.
    package static let largestJSONObject: Int64 = 64 << 30

    /// What a multipart upload is held to; nil for the JSON API, which sends slices into a session.
    public var multipart: MultipartLimits? {
        switch self {
        case .json: nil
        case .xml: .xml
        case .s3: .s3
        }
    }
}

/// What the multipart uploads of the XML and the S3 API are held to.
///
/// **Source**: the vendor's limits page (436) and AWS's "Amazon S3 multipart upload limits".
public struct MultipartLimits: Hashable, Sendable {
    /// The shortest part, the last one excepted. **Unit**: bytes.
    public let smallestPart: Int64
    /// The longest key, without the `/` that begins it here. **Unit**: bytes of UTF-8.
    public let keyBytes: Int
    /// The longest part. **Unit**: bytes.
    public let largestPart: Int64 = 5 << 30
    /// How many parts an upload has at most; they are numbered from 1.
    public let partCount: Int64 = 10_000
    /// What the parts hold together at most: 48.8 TiB. **Unit**: bytes.
    public var largestObject: Int64 { partCount * largestPart }
    /// Those of COS's XML API.
    public static let xml = MultipartLimits(smallestPart: 1 << 20, keyBytes: 850)
    /// Those of S3.
    public static let s3 = MultipartLimits(smallestPart: 5 << 20, keyBytes: 1_024)
    /// What a part holds where nothing else is asked for. **Unit**: bytes.
    public static let usualPart: Int64 = 8 << 20
}

/// Where a request names the bucket.
public enum Addressing: String, Hashable, Sendable, CaseIterable, Codable {
    /// In the host: `https://<bucket>.<host>/<key>`.
    case host
    /// In the path: `https://<host>/<bucket>/<key>`.
    case path
}
