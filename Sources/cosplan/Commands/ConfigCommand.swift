import ArgumentParser
import Foundation
import PlanCore
import PlanManifest
import ServiceCore

/// `cosplan config`: what the configuration comes to.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Check the configuration: profiles, and where secrets would come from.",
        subcommands: [ConfigCheckCommand.self])

    func run() throws {
        throw CommandFailure(
            .usage, "config: no command given; the one there is is check: cosplan config check")
    }
}

/// `cosplan config check`: what a push would use, and where each of it is from.
struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say what push would use and where it is from; no secret is shown.",
        usage: "cosplan config check [<options>] [<manifest>]",
        discussion: """
            A flag counts before the plan, and the plan before the profile. Profiles stand in \
            ~/.config/cosplan/config.yaml by their names, their secrets in credentials.yaml beside it:

              cosplan config check
              cosplan config check --profile backup plan.yaml

            Ends with 0 if a push could sign, 64 if the manifest's target is incomplete or the profile \
            is for another API, 77 if credentials are missing or refused, 78 if a file is wrong. \
            Without a manifest an incomplete target is no error: the plan may complete it.
            """)

    @Argument(
        help: ArgumentHelp(
            "Also look at this manifest's target; - is standard input.", valueName: "manifest"),
        completion: .file())
    var manifest: String?

    @OptionGroup(title: "Target") var target: TargetOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup(title: "Output") var result: ResultOptions
    @OptionGroup(title: "Output") var console: VerbosityOptions

    func run() throws {
        console.apply()
        let output = try StandardOutput()
        let profile = try connection.profile()
        let destination = Destination(flags: target.partialTarget, profile: profile)
        var report = ConfigReport(profile)
        let documents = try documents(destination)
        var failures: [CommandFailure] = []
        var (apis, targets): (Set<ServiceAPI>, [Target]) = ([], [])
        var warnings: [String] = []
        for document in documents {
            let origin = TargetOrigin(document: document, flags: target.partialTarget, profile: profile)
            apis.insert(origin.target.api ?? .json)
            do throws(CommandFailure) {
                let warning = try destination.checkProfile(for: document, in: manifest ?? "")
                if let warning, !warnings.contains(warning) { warnings.append(warning) }
            } catch {
                failures.append(error)
            }
            do throws(TargetFieldError) {
                let complete = try origin.target.complete()
                if let complete { targets.append(complete) }
                report.add(origin, complete: complete)
            } catch {
                throw CommandFailure(.configuration, "the target: \(error); see --\(error.field)")
            }
            let missing = origin.target.missingFields
            if manifest != nil, !missing.isEmpty {
                failures.append(
                    CommandFailure(
                        .usage,
                        "the target lacks \(missing.joined(separator: ", ")); give "
                            + missing.map { "--\($0)" }.joined(separator: " ")))
            }
        }
        do {
            let certificates = connection.certificates(profile)
            if let certificates {
                _ = try ConnectionOptions.checked(certificates.path, from: certificates.place)
            }
            report.add("certificates", certificates?.path ?? "the system's", from: certificates?.place)
        } catch let failure as CommandFailure {
            failures.append(failure)
        }
        let source = CredentialsSource(
            apis: apis, profile: profile.name, file: connection.credentials.credentials)
        do {
            let found = try source.requiredWithPlace()
            report.add(found)
            if let warning = destination.warning(of: found, for: targets) { warnings.append(warning) }
        } catch let failure as CommandFailure {
            report.add("credentials", source.isPresent ? "refused, see below" : nil, from: nil)
            failures.append(failure)
        }
        report.exit = (failures.first?.status ?? .done).rawValue
        try report.write(as: result.format, to: output)
        for warning in warnings { Console.standardError.warning(warning) }
        for failure in failures.dropFirst() { Console.standardError.error(failure.message ?? "") }
        if let failure = failures.first { throw failure }
    }

    /// What the manifest's documents say of where objects go; without a manifest, of one that says nothing.
    private func documents(_ destination: Destination) throws -> [PartialTarget] {
        guard let manifest else { return [PartialTarget()] }
        let source = try withFileFailures { try ManifestInput.source(manifest) }
        var keys = destination.keys
        let checked = try CheckedInput.manifest(source, name: manifest, allowOutside: true, keys: &keys)
        return checked.documents.map(\.target)
    }
}

/// A target, and where each of its fields is from.
struct TargetOrigin {
    let document: PartialTarget
    let flags: PartialTarget
    let profile: Profile
    /// What comes of them.
    let target: PartialTarget

    init(document: PartialTarget, flags: PartialTarget, profile: Profile) {
        self.document = document
        self.flags = flags
        self.profile = profile
        target = document.replaced(by: flags, fillingFrom: profile.target)
    }

    /// What gave `field`, called `name`; nil where nothing did.
    func origin<Value: Equatable>(of field: KeyPath<PartialTarget, Value?>, _ name: String) -> String? {
        guard let value = target[keyPath: field] else { return nil }
        if flags[keyPath: field] != nil { return "--\(name)" }
        if document[keyPath: field] == value { return "the plan" }
        if profile.target[keyPath: field] == value { return profile.place }
        // The same place in the names of another API.
        return document[keyPath: field] != nil
            ? "the plan, in the API's names" : "\(profile.place), in the API's names"
    }

    /// What gave the API.
    var originOfAPI: String? {
        if flags.api != nil { return "--api" }
        if document.api != nil { return "the plan" }
        guard document.isEmpty, profile.target.api != nil else { return nil }
        return profile.place
    }
}

extension Profile {
    /// Where it stands, for a message.
    var place: String { "~/.config/cosplan/config.yaml, profile \(name.name)" }
}

/// What `config check` found, as `--format json` writes it.
///
/// It never holds a secret.
///
/// **Shape**: described in the article <doc:ConfigResult>; fields are only ever added.
struct ConfigReport: Encodable {
    /// Something that a push would use.
    struct Setting: Encodable {
        var name: String
        /// Nil where nothing gives it.
        var value: String?
        /// What gives it; nil for what holds without anybody's doing.
        var from: String?
    }

    /// The version of this shape.
    var version = 1
    /// The process's exit status.
    var exit: Int32 = 0
    var settings: [Setting] = []

    init(_ profile: Profile) {
        add("profile", profile.name.name, from: profile.name.origin == .usual ? nil : profile.name.chosenBy)
    }

    mutating func add(_ name: String, _ value: String?, from: String?) {
        settings.append(Setting(name: name, value: value, from: from))
    }

    mutating func add(_ origin: TargetOrigin, complete: Target?) {
        let target = origin.target
        add("api", (target.api ?? .json).rawValue, from: origin.originOfAPI)
        let endpoint: Endpoint? =
            switch complete {
            case .json(let target): target.endpoint
            case .xml(let target): target.endpoint
            case .s3(let target): target.endpoint
            case nil: target.endpoint
            }
        add(
            "endpoint", endpoint?.description,
            from: origin.origin(of: \.endpoint, "endpoint") ?? (endpoint == nil ? nil : "the region"))
        // Without an endpoint nothing says which variable counts.
        if let complete {
            let proxy = ProxyVariables().proxy(for: complete.requestEndpoint)
            add("proxy", proxy?.name ?? "none", from: proxy?.variable)
        }
        if let addressing = target.addressing {
            add("addressing", addressing.rawValue, from: origin.origin(of: \.addressing, "addressing"))
        }
        let usual = target.api == .s3 && target.region == nil ? Region.usualOfS3.name : nil
        add(
            "region", target.region?.name ?? usual,
            from: usual == nil ? origin.origin(of: \.region, "region") : "default")
        if target.api != .s3 {
            add("appid", target.appID.map { "\($0.number)" }, from: origin.origin(of: \.appID, "appid"))
        }
        add("bucket", target.bucket?.name, from: origin.origin(of: \.bucket, "bucket"))
    }

    mutating func add(_ found: CredentialsSource.Found) {
        let hasToken = found.credentials.sessionToken != nil
        add(
            "credentials", "secret id and key" + (hasToken ? " with a session token" : ""), from: found.place)
    }

    func write(as format: ResultFormat, to output: StandardOutput) throws {
        switch format {
        case .json: try output.write(try ResultJSON.encode(self))
        case .text:
            for setting in settings {
                let name = setting.name + String(repeating: " ", count: max(0, 14 - setting.name.count))
                let value = setting.value?.escapedForDisplay ?? "not set"
                try output.line(name + value + (setting.from.map { "  (\($0))" } ?? ""))
            }
        }
        try output.finish()
    }
}
