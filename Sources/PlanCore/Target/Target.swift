/// The target of an upload: an API, and the address of a bucket in it.
public enum Target: Hashable, Sendable {
    /// A bucket through the JSON API.
    case json(JSONTarget)
    /// A bucket of COS through the XML API.
    case xml(XMLTarget)
    /// A bucket of any S3 store.
    case s3(S3Target)

    /// The API of the target.
    package var api: ServiceAPI {
        switch self {
        case .json: .json
        case .xml: .xml
        case .s3: .s3
        }
    }

    /// The bucket's name, at COS with the appid: the name under which a console lists it.
    package var bucketName: String {
        switch self {
        case .json(let target): "\(target.bucket)-\(target.appID)"
        case .xml(let target): target.bucketName
        case .s3(let target): target.bucketName
        }
    }
}

/// A bucket through the JSON API.
public struct JSONTarget: Hashable, Sendable {
    /// The region; part of the host name, `<region>.file.myqcloud.com`.
    public let region: Region
    /// The appid.
    public let appID: AppID
    /// The bucket's name without the appid.
    public let bucket: Bucket
    /// The endpoint for requests.
    package let endpoint: Endpoint

    /// Creates a target; `endpoint` defaults to the service's host.
    ///
    /// - Throws: ``TargetFieldError`` if a field is invalid for the API.
    public init(
        region: Region, appID: AppID, bucket: Bucket, endpoint: Endpoint? = nil
    ) throws(TargetFieldError) {
        guard region.isLegal(for: .json) else { throw .region(found: region.name, .json) }
        guard bucket.isLegal(for: .json) else { throw .bucket(found: bucket.name, .json) }
        self.region = region
        self.appID = appID
        self.bucket = bucket
        self.endpoint = endpoint ?? Endpoint(host: "\(region).file.myqcloud.com")
    }
}

/// A bucket of COS through the XML API.
public struct XMLTarget: Hashable, Sendable {
    /// The region; part of the host name, `cos.<region>.myqcloud.com`.
    public let region: Region
    /// The appid.
    public let appID: AppID
    /// The bucket's name without the appid.
    public let bucket: Bucket
    /// The endpoint for requests, without the bucket.
    package let endpoint: Endpoint
    /// Where a request names the bucket.
    package let addressing: Addressing

    /// Creates a target.
    ///
    /// `endpoint` defaults to the service's host, `addressing` to what that host supports.
    ///
    /// - Throws: ``TargetFieldError`` if a field is invalid for the API, or if no endpoint is given and the region has
    ///   another name in this API.
    public init(
        region: Region, appID: AppID, bucket: Bucket, endpoint: Endpoint? = nil, addressing: Addressing? = nil
    ) throws(TargetFieldError) {
        guard region.isLegal(for: .xml) else { throw .region(found: region.name, .xml) }
        guard bucket.isLegal(for: .xml) else { throw .bucket(found: bucket.name, .xml) }
        if endpoint == nil, let name = region.name(from: .json, to: .xml) {
            throw .regionOfJSON(found: region.name, name: name.name)
        }
        let endpoint = endpoint ?? Endpoint(host: "cos.\(region).myqcloud.com")
        self.region = region
        self.appID = appID
        self.bucket = bucket
        self.endpoint = endpoint
        self.addressing =
            addressing
            ?? (endpoint.isBelow("myqcloud.com") || endpoint.isBelow("tencentcos.cn") ? .host : .path)
    }

    /// The bucket's name in requests: `<bucket>-<appid>`.
    package var bucketName: String { "\(bucket)-\(appID)" }
}

/// A bucket of any S3-compatible store.
public struct S3Target: Hashable, Sendable {
    /// The region in the signature's scope; `us-east-1` by default.
    public let region: Region
    /// The bucket's name.
    public let bucket: Bucket
    /// The endpoint for requests, without the bucket.
    public let endpoint: Endpoint
    /// Where a request names the bucket.
    package let addressing: Addressing

    /// Creates a target.
    ///
    /// `endpoint` defaults to AWS's host for the region, `addressing` to what that host supports.
    ///
    /// - Throws: ``TargetFieldError`` if a field is invalid for the API, or if no endpoint is given and the
    ///   region cannot be an AWS region.
    public init(
        region: Region = .usualOfS3, bucket: Bucket, endpoint: Endpoint? = nil, addressing: Addressing? = nil
    ) throws(TargetFieldError) {
        guard region.isLegal(for: .s3) else { throw .region(found: region.name, .s3) }
        guard bucket.isLegal(for: .s3) else { throw .bucket(found: bucket.name, .s3) }
        let endpoint = if let endpoint { endpoint } else { try Self.host(of: region) }
        self.region = region
        self.bucket = bucket
        self.endpoint = endpoint
        // A wildcard certificate covers only one label.
        let isCovered = !endpoint.isEncrypted || !bucket.name.utf8.contains(UInt8(ascii: "."))
        let isAWS = endpoint.isBelow("amazonaws.com") || endpoint.isBelow("amazonaws.com.cn")
        self.addressing = addressing ?? (isAWS && isCovered ? .host : .path)
    }

    /// AWS's host for a region.
    ///
    /// **Source**: AWS's "Amazon S3 endpoints and quotas".
    private static func host(of region: Region) throws(TargetFieldError) -> Endpoint {
        guard region.isOfAWS else { throw .endpointNeeded(region: region.name) }
        let domain = region.name.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        return Endpoint(host: "s3.\(region).\(domain)")
    }

    /// The bucket's name in requests.
    package var bucketName: String { bucket.name }
}

/// A target whose fields may be missing: a manifest's `target`, or a command's flags.
public struct PartialTarget: Hashable, Sendable {
    /// The API; nil means JSON.
    package var api: ServiceAPI?
    /// The endpoint; nil if unspecified.
    package var endpoint: Endpoint?
    /// Where a request names the bucket; nil if unspecified.
    package var addressing: Addressing?
    /// The region; nil if unspecified.
    package var region: Region?
    /// The appid; nil if unspecified.
    package var appID: AppID?
    /// The bucket; nil if unspecified.
    package var bucket: Bucket?

    /// Creates a partial target.
    public init(
        api: ServiceAPI? = nil, endpoint: Endpoint? = nil, addressing: Addressing? = nil,
        region: Region? = nil,
        appID: AppID? = nil, bucket: Bucket? = nil
    ) {
        self.api = api
        self.endpoint = endpoint
        self.addressing = addressing
        self.region = region
        self.appID = appID
        self.bucket = bucket
    }

    /// This target with the fields of `override` where they are present.
    ///
    /// If that changes the API, endpoint and addressing of the old one are dropped and the region is
    /// translated. Nothing is carried over to or from S3.
    package func replaced(by override: PartialTarget) -> PartialTarget {
        let old = api ?? .json
        let new = override.api ?? old
        var kept = self
        if new != old {
            kept = PartialTarget(region: region?.name(from: old, to: new))
            if new != .s3, old != .s3 {
                kept.appID = appID
                kept.bucket = bucket
            }
        }
        return PartialTarget(
            api: new == .json ? nil : new, endpoint: override.endpoint ?? kept.endpoint,
            addressing: override.addressing ?? kept.addressing, region: override.region ?? kept.region,
            appID: override.appID ?? kept.appID, bucket: override.bucket ?? kept.bucket)
    }

    /// A document's target with the fields of `flags` replaced, and missing ones filled in from `profile`.
    ///
    /// A document that has any field but no API means the JSON API. One without any field means the profile's.
    package func replaced(by flags: PartialTarget, fillingFrom profile: PartialTarget) -> PartialTarget {
        var own = replaced(by: flags)
        let api = flags.api ?? api ?? (isEmpty ? profile.api : nil) ?? .json
        own.api = api
        return profile.replaced(by: PartialTarget(api: api)).replaced(by: own)
    }

    /// Checks every present field against the forms of the API.
    ///
    /// - Throws: ``TargetFieldError`` for the first field that is invalid for the API.
    package func check() throws(TargetFieldError) {
        let api = api ?? .json
        if let region, !region.isLegal(for: api) { throw .region(found: region.name, api) }
        if let bucket, !bucket.isLegal(for: api) { throw .bucket(found: bucket.name, api) }
        if api == .json, addressing != nil { throw .notOf(api, field: "addressing") }
        if api == .s3, appID != nil { throw .notOf(api, field: "appid") }
    }

    /// The complete target; nil if a field is missing.
    ///
    /// - Throws: ``TargetFieldError`` if a field is invalid for the API.
    public func complete() throws(TargetFieldError) -> Target? {
        try check()
        switch api ?? .json {
        case .json:
            guard let region, let appID, let bucket else { return nil }
            return .json(try JSONTarget(region: region, appID: appID, bucket: bucket, endpoint: endpoint))
        case .xml:
            guard let region, let appID, let bucket else { return nil }
            return .xml(
                try XMLTarget(
                    region: region, appID: appID, bucket: bucket, endpoint: endpoint, addressing: addressing))
        case .s3:
            guard let bucket else { return nil }
            return .s3(
                try S3Target(
                    region: region ?? .usualOfS3, bucket: bucket, endpoint: endpoint, addressing: addressing))
        }
    }

    /// Whether the endpoint is missing, and the region names no host of AWS's.
    package var needsEndpoint: Bool {
        api == .s3 && endpoint == nil && !(region ?? .usualOfS3).isOfAWS
    }

    /// Whether all fields are missing.
    package var isEmpty: Bool { self == PartialTarget() }

    /// The wire names of the missing fields, in the order region, appid, bucket.
    public var missingFields: [String] {
        let isS3 = api == .s3
        return [
            region == nil && !isS3 ? "region" : nil, appID == nil && !isS3 ? "appid" : nil,
            bucket == nil ? "bucket" : nil,
        ].compactMap { $0 }
    }
}
