import ArgumentParser
import PlanCore

/// Where objects go; each flag fills or replaces a field of the manifest's `target`.
struct TargetOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The region, as in <region>.file.myqcloud.com.", valueName: "name"))
    var region: String?

    @Option(help: ArgumentHelp("The account's APPID.", valueName: "number"))
    var appid: String?

    @Option(help: ArgumentHelp("The bucket's bare name.", valueName: "name"))
    var bucket: String?

    func validate() throws {
        do {
            _ = try parse()
        } catch {
            throw ValidationError("--\(error.description).")
        }
    }

    /// The fields that were given.
    var partialTarget: PartialTarget {
        // validate() has said what is wrong, if anything was.
        (try? parse()) ?? PartialTarget()
    }

    private func parse() throws(TargetFieldError) -> PartialTarget {
        var target = PartialTarget()
        if let region { target.region = try Region(region) }
        if let appid { target.appID = try AppID(text: appid) }
        if let bucket { target.bucket = try Bucket(bucket) }
        return target
    }
}
