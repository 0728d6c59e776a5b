import ArgumentParser
import COSProtocol
import PlanCore
import XMLProtocol

/// The target of uploads; each flag fills in or replaces a field of the manifest's `target`.
struct TargetOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The API: json (COS v4, the default), xml (COS v5) or s3.", valueName: "name"))
    var api: ServiceAPI?

    @Option(
        help: ArgumentHelp(
            "Where requests go, without the bucket (default: the service's host of the region).",
            valueName: "url"),
        transform: { text in Result { () throws(EndpointError) in try Endpoint(text) } })
    var endpoint: Result<Endpoint, EndpointError>?

    @Option(
        help: ArgumentHelp(
            "xml and s3: the bucket stands in the host or in the path (default: what the endpoint takes).",
            valueName: "host|path"))
    var addressing: Addressing?

    @Option(
        help: ArgumentHelp("The region, as in <region>.file.myqcloud.com.", valueName: "name"),
        transform: { text in Result { () throws(TargetFieldError) in try Region(ofAnyAPI: text) } })
    var region: Result<Region, TargetFieldError>?

    @Option(
        help: ArgumentHelp("The account's APPID.", valueName: "number"),
        transform: { text in Result { () throws(TargetFieldError) in try AppID(text: text) } })
    var appid: Result<AppID, TargetFieldError>?

    @Option(
        help: ArgumentHelp("The bucket's bare name.", valueName: "name"),
        transform: { text in Result { () throws(TargetFieldError) in try Bucket(text) } })
    var bucket: Result<Bucket, TargetFieldError>?

    /// Reports invalid values here: the parser would repeat a value refused by a transform unescaped.
    func validate() throws {
        if case .failure(let error)? = endpoint { throw ValidationError("--endpoint: \(error.description)") }
        do throws(TargetFieldError) {
            _ = try region?.get()
            _ = try appid?.get()
            _ = try bucket?.get()
        } catch {
            throw ValidationError("--\(error.description).")
        }
        // Without `--api`, the fields are checked together with the manifest's target.
        if api != nil { try check() }
    }

    /// Checks the flags against the forms of their API; without `--api` that is JSON.
    func check() throws(ValidationError) {
        do throws(TargetFieldError) {
            try partialTarget.check()
        } catch {
            throw ValidationError("--\(error.description).")
        }
    }

    /// The given fields; validate() has already refused invalid ones.
    var partialTarget: PartialTarget {
        PartialTarget(
            api: api, endpoint: endpoint?.success, addressing: addressing, region: region?.success,
            appID: appid?.success, bucket: bucket?.success)
    }
}

extension Result {
    fileprivate var success: Success? {
        switch self {
        case .success(let value): value
        case .failure: nil
        }
    }
}

extension Target {
    /// The URL of requests about `key`.
    ///
    /// - Throws: `EndpointError` if the bucket and the host do not form a valid host name.
    func url(of key: ObjectKey) throws(EndpointError) -> String {
        // The checksum is not part of the URL.
        if let address = try BucketAddress(self, checksum: .crc64nvme) {
            return "\(address.endpoint)\(address.path(of: key))"
        }
        guard case .json(let target) = self else { return "\(endpoint)" }
        return "\(target.endpoint)\(RequestHead.path(target: target, key: key))"
    }
}

extension Region {
    /// S3's form accepts every value that other APIs accept.
    init(ofAnyAPI text: String) throws(TargetFieldError) {
        do throws(TargetFieldError) {
            try self.init(text, for: .s3)
        } catch {
            try self.init(text)
        }
    }
}

extension ServiceAPI: ChoiceArgument {}
extension Addressing: ChoiceArgument {}
