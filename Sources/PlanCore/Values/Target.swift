/// Where an object goes: region, account and bucket.
public struct Target: Hashable, Sendable {
    /// Names the host, `<region>.file.myqcloud.com`.
    public let region: Region
    /// The account's number.
    public let appID: AppID
    /// The bucket's bare name.
    public let bucket: Bucket

    /// A complete target.
    public init(region: Region, appID: AppID, bucket: Bucket) {
        self.region = region
        self.appID = appID
        self.bucket = bucket
    }
}

/// A target of which any field may still be missing: a manifest's `target`, or a command's flags.
public struct PartialTarget: Hashable, Sendable {
    /// The region, where it is known.
    public var region: Region?
    /// The account's number, where it is known.
    public var appID: AppID?
    /// The bucket, where it is known.
    public var bucket: Bucket?

    /// The fields as given; none by default.
    public init(region: Region? = nil, appID: AppID? = nil, bucket: Bucket? = nil) {
        self.region = region
        self.appID = appID
        self.bucket = bucket
    }

    /// This target with every field that `override` has taken from there.
    public func replaced(by override: PartialTarget) -> PartialTarget {
        PartialTarget(
            region: override.region ?? region, appID: override.appID ?? appID,
            bucket: override.bucket ?? bucket)
    }

    /// The complete target, if no field is missing.
    public var complete: Target? {
        guard let region, let appID, let bucket else { return nil }
        return Target(region: region, appID: appID, bucket: bucket)
    }

    /// Whether no field is there.
    public var isEmpty: Bool { region == nil && appID == nil && bucket == nil }

    /// The wire names of the fields that are missing, in the order region, appid, bucket.
    public var missingFields: [String] {
        [region == nil ? "region" : nil, appID == nil ? "appid" : nil, bucket == nil ? "bucket" : nil]
            .compactMap { $0 }
    }
}
