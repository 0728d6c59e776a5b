import PlanCore
import ServiceCore

/// A bucket as requests reach it: the host they go to, and what stands before the key in their path.
package struct BucketAddress: Hashable, Sendable {
    /// Which interface the store speaks.
    package let dialect: Dialect
    /// Scheme, host and port that requests go to; with the bucket in the host where it is addressed so.
    package let endpoint: Endpoint
    /// Stands in the scope of S3's signature.
    package let region: String
    /// What stands before the key: empty, or `/<bucket>`.
    let pathPrefix: String

    /// The bucket `bucketName` (`<bucket>-<appid>` at COS) at `endpoint`, which does not name it.
    ///
    /// - Throws: ``EndpointError`` where the bucket and the host together are no host's name.
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

    /// The bucket of a target of the XML API or S3; nil for one of the JSON API.
    ///
    /// - Parameters:
    ///   - checksum: by what an S3 store proves bytes.
    ///   - endpoint: where requests go in place of the target's own, with the bucket in the path.
    /// - Throws: ``EndpointError`` where the bucket and the host together are no host's name.
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

    /// The value of `Host`: the port stands in it where it is not the scheme's own.
    package var host: String { endpoint.host + (endpoint.port.map { ":\($0)" } ?? "") }

    /// The encoded path of an object: what is sent and, for S3, what is signed.
    package func path(of key: ObjectKey) -> String { pathPrefix + PathEncoding.encoded(key) }

    /// The encoded path of the bucket itself.
    package var bucketPath: String { pathPrefix.isEmpty ? "/" : pathPrefix }
}

extension ObjectKey {
    /// The key as these interfaces name it: without the slash that begins the URL's path.
    package var wireName: String { String(bytes.text.utf8.dropFirst()) ?? bytes.text }
}
