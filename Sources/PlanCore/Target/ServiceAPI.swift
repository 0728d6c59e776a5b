/// An upload API of a store.
public enum ServiceAPI: String, Hashable, Sendable, CaseIterable, Codable {
    /// The JSON API (v4) of COS; the default of a manifest without `api`.
    case json
    /// The XML API (v5) of COS: the same buckets, objects and keys at another host.
    case xml
    /// The S3 API of AWS and of most other stores.
    case s3

    /// The maximum object size documented for the JSON API: 64 GiB.
    ///
    /// **Unit**: bytes.
    ///
    /// **Source**: the vendor's limits page.
    package static let largestJSONObject: Int64 = 64 << 30

    /// The limits of multipart uploads; nil for the JSON API, which sends slices in a session.
    package var multipart: MultipartLimits? {
        switch self {
        case .json: nil
        case .xml: .xml
        case .s3: .s3
        }
    }
}

/// The limits of multipart uploads in the XML API and S3.
///
/// **Source**: the vendor's limits page (436) and AWS's "Amazon S3 multipart upload limits".
package struct MultipartLimits: Hashable, Sendable {
    /// The minimum size of a part other than the last.
    ///
    /// **Unit**: bytes.
    package let smallestPart: Int64
    /// The maximum length of a key, without the leading `/`.
    ///
    /// **Unit**: bytes of UTF-8.
    package let keyBytes: Int
    /// The maximum size of a part.
    ///
    /// **Unit**: bytes.
    package let largestPart: Int64 = 5 << 30
    /// The maximum number of parts; they are numbered from 1.
    package let partCount: Int64 = 10_000
    /// The maximum size of an object: 48.8 TiB.
    ///
    /// **Unit**: bytes.
    package var largestObject: Int64 { partCount * largestPart }
    /// The limits of COS's XML API.
    package static let xml = MultipartLimits(smallestPart: 1 << 20, keyBytes: 850)
    /// The limits of S3.
    package static let s3 = MultipartLimits(smallestPart: 5 << 20, keyBytes: 1_024)
    /// The default part size.
    ///
    /// **Unit**: bytes.
    package static let usualPart: Int64 = 8 << 20
}

/// Where a request names the bucket.
public enum Addressing: String, Hashable, Sendable, CaseIterable, Codable {
    /// In the host: `https://<bucket>.<host>/<key>`.
    case host
    /// In the path: `https://<host>/<bucket>/<key>`.
    case path
}
