/// A name in a target that is legal and probably not the one that was meant.
package struct TargetDoubt: Hashable, Sendable {
    /// A field that can be doubted.
    package enum Field: Hashable, Sendable {
        case region, bucket
    }

    /// The field.
    package let field: Field
    /// What was found and what is probably meant.
    package let finding: String
}

extension PartialTarget {
    /// The doubtful names: a bucket that ends with the appid, as the console shows it, and a region's name of another
    /// API where the region names the host.
    package var doubts: [TargetDoubt] {
        let api = api ?? .json
        guard api != .s3 else { return [] }
        var doubts: [TargetDoubt] = []
        if let bucket, let appID {
            let end = "-\(appID.number)"
            if bucket.name.hasSuffix(end), bucket.name != end {
                doubts.append(
                    TargetDoubt(
                        field: .bucket,
                        finding: "bucket '\(bucket)' ends with the appid; without it the name is "
                            + "'\(bucket.name.dropLast(end.count))'"))
            }
        }
        let other: ServiceAPI = api == .json ? .xml : .json
        if endpoint == nil, let region, let meant = region.name(from: other, to: api) {
            doubts.append(
                TargetDoubt(
                    field: .region,
                    finding:
                        "region '\(region)' is a name of the \(other.rawValue) API; the \(api.rawValue) API calls it "
                        + "'\(meant)'"))
        }
        return doubts
    }
}
