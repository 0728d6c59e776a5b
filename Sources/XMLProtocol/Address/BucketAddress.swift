import PlanCore
import ServiceCore

/// The address of a bucket in requests: the host, and the prefix of every key in the path.
package struct BucketAddress: Hashable, Sendable {
    /// The API of the store.
    package let dialect: Dialect
    /// The endpoint that requests are sent to, including the bucket with host addressing.
    package let endpoint: Endpoint
    /// The region in the scope of S3's signature.
    package let region: String
    /// The path before the key: empty, or `/<bucket>`.
    let pathPrefix: String

    /// Creates the address of the bucket `bucketName` (`<bucket>-<appid>` at COS) at `endpoint`, which does
    /// not contain the bucket.
    ///
    /// - Throws: ``EndpointError`` if bucket and host do not form a valid host name.
    package init(
        dialect: Dialect, endpoint: Endpoint, addressing: Addressing, bucketName: String, region: String
    ) throws(EndpointError) {
        self.dialect = dialect
        self.region = region
        switch addressing {
        case .path:
            self.endpoint = endpoint
            pathPrefix = "/" + PathEncoding.encodedComponent(bucketName.utf8)
        case .host:
            let scheme = endpoint.isEncrypted ? "https://" : "http://"
            let port = endpoint.port.map { ":\($0)" } ?? ""
            self.endpoint = try Endpoint("\(scheme)\(bucketName).\(endpoint.host)\(port)")
            pathPrefix = ""
        }
    }

    /// Creates the address of a target's bucket; nil for a target of the JSON API.
    ///
    /// - Parameters:
    ///   - target: the target.
    ///   - checksum: the checksum of an S3 store.
    ///   - endpoint: replaces the target's endpoint; the bucket is then in the path.
    /// - Throws: ``EndpointError`` if bucket and host do not form a valid host name.
    package init?(
        _ target: Target, checksum: S3Checksum, at endpoint: Endpoint? = nil
    ) throws(EndpointError) {
        switch target {
        case .json: return nil
        case .xml(let target):
            try self.init(
                dialect: .cos, endpoint: endpoint ?? target.endpoint,
                addressing: endpoint == nil ? target.addressing : .path, bucketName: target.bucketName,
                region: target.region.name)
        case .s3(let target):
            try self.init(
                dialect: .s3(checksum), endpoint: endpoint ?? target.endpoint,
                addressing: endpoint == nil ? target.addressing : .path, bucketName: target.bucketName,
                region: target.region.name)
        }
    }

    /// The value of `Host`; includes the port unless it is the scheme's default.
    package var host: String { endpoint.host + (endpoint.port.map { ":\($0)" } ?? "") }

    /// The encoded path of an object, as sent and, for S3, as signed.
    package func path(of key: ObjectKey) -> String { pathPrefix + PathEncoding.encoded(key) }

    /// The encoded path of the bucket itself.
    package var bucketPath: String { pathPrefix.isEmpty ? "/" : pathPrefix }
}

extension ObjectKey {
    /// The key in these APIs: without the leading slash.
    package var wireName: String { String(bytes.text.utf8.dropFirst()) ?? bytes.text }
}
