import ArgumentParser
import Foundation
import PlanCore
import PlanFiles
import PlanManifest
import ServiceCore

/// Which profile is used.
struct ProfileOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The profile of ~/.config/cosplan to use (default: COSPLAN_PROFILE, else default).",
            valueName: "name"))
    var profile: String?

    func validate() throws {
        guard profile.map({ SettingsText.isName(ByteString($0)) }) ?? true else {
            throw ValidationError(
                "--profile '\(profile?.escapedForDisplay ?? "")' has other characters than letters, digits and . _ -"
            )
        }
    }
}

/// Where the secret id and key are.
struct CredentialsOptions: ParsableArguments {
    @OptionGroup var profile: ProfileOptions

    @Option(
        help: ArgumentHelp(
            "Read the secret id and key from this file alone, such as one that a container mounts; not for "
                + "everybody to read.", valueName: "file"),
        completion: .file())
    var credentials: String?

    func validate() throws {
        guard credentials?.isEmpty != true else {
            throw ValidationError("--credentials is empty; name a file.")
        }
    }

    /// Where the pair for requests to `targets` comes from.
    func source(for targets: [Target], of destination: Destination) -> CredentialsSource {
        CredentialsSource(
            apis: Set(targets.map(\.api)), profile: destination.profile?.name, file: credentials)
    }

    /// The pair for requests to `targets`; warns where it is another vendor's.
    ///
    /// - Throws: ``CommandFailure``: 77 or 78 if there is none that can be used.
    func pair(for targets: [Target], of destination: Destination) throws -> Credentials {
        let found = try source(for: targets, of: destination).requiredWithPlace()
        if let warning = destination.warning(of: found, for: targets) {
            Console.standardError.warning(warning)
        }
        return found.credentials
    }
}

/// The name of the profile that a command uses.
struct ProfileName {
    /// Where a name comes from.
    enum Origin {
        case flag, variable
        /// Nobody chose one.
        case usual
    }

    static let usual = "default"
    private static let variable = "COSPLAN_PROFILE"

    let name: String
    let origin: Origin

    init(flag: String?, environment: [String: String] = ProcessInfo.processInfo.environment) {
        if let flag {
            (name, origin) = (flag, .flag)
        } else if let named = environment[Self.variable], !named.isEmpty {
            (name, origin) = (named, .variable)
        } else {
            (name, origin) = (Self.usual, .usual)
        }
    }

    /// What chose it, for a message.
    var chosenBy: String {
        switch origin {
        case .flag: "--profile"
        case .variable: Self.variable
        case .usual: "nobody chose another"
        }
    }
}

/// What a profile says beside its secrets: where objects go, and which certificates are trusted.
struct Profile {
    let name: ProfileName
    /// The fields that it has.
    let target: PartialTarget
    let caFile: String?
    /// Where it stands; nil where `config.yaml` has no such profile.
    let file: String?

    private static let keys = ["api", "endpoint", "addressing", "region", "appid", "bucket", "ca_file"]

    /// The folder of cosplan's own files; nil without a home.
    static func folder(_ environment: [String: String]) -> String? {
        guard let home = environment["HOME"], !home.isEmpty else { return nil }
        return home + "/.config/cosplan"
    }

    /// The profile that `flag` or the environment choose; an empty one where nobody chose and there is none.
    ///
    /// With `hasCredentials` secrets come from elsewhere, so that `credentials.yaml` need not have the profile.
    ///
    /// - Throws: ``CommandFailure`` (78) for a file that is no such file or others may write, and where a profile that
    ///   was chosen is in neither file.
    init(
        flag: String?, hasCredentials: Bool = false,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        name = ProfileName(flag: flag, environment: environment)
        let path = Self.folder(environment).map { $0 + "/config.yaml" }
        let sections = try path.flatMap(Self.sections)
        if let path, let mapping = Self.mapping(of: name.name, in: sections) {
            (target, caFile) = try Self.read(
                mapping, "\(path.escapedForDisplay): profile \(name.name)", home: environment["HOME"] ?? "")
            file = path
            return
        }
        (target, caFile, file) = (PartialTarget(), nil, nil)
        guard name.origin != .usual, !hasCredentials else { return }
        let secrets = try CredentialsFile.ofUser(environment)
        guard secrets?.names.contains(name.name) != true else { return }
        let known = Set((sections?.names ?? []) + (secrets?.names ?? [])).sorted()
        throw CommandFailure(
            .configuration,
            "profile '\(name.name.escapedForDisplay)' (\(name.chosenBy)): it is in neither config.yaml nor "
                + "credentials.yaml of ~/.config/cosplan; "
                + (known.isEmpty
                    ? "there are no profiles" : "the profiles are: \(known.joined(separator: ", "))"))
    }

    /// What `config.yaml` holds; nil where there is none.
    private static func sections(_ path: String) throws -> SettingsText.Sections? {
        let shown = path.escapedForDisplay
        do {
            let bytes = try PrivateFile.read(ByteString(path), others: .reading)
            return try SettingsText.sections(MemoryByteSource(bytes), keys: keys)
        } catch let error as SettingsError {
            throw CommandFailure(.configuration, "\(shown): \(error.description); correct it")
        } catch let error as FileError {
            switch error {
            case .noSuchFile: return nil
            case .notPrivate(_, let mode):
                throw CommandFailure(
                    .configuration,
                    "\(shown): mode 0\(String(mode, radix: 8)) lets others write it; run: chmod go-w '\(shown)'"
                )
            default: throw CommandFailure(.configuration, error.description)
            }
        }
    }

    private static func mapping(
        of name: String, in sections: SettingsText.Sections?
    ) -> SettingsText.Mapping? {
        sections?.named[ByteString(name)] ?? (name == ProfileName.usual ? sections?.unnamed : nil)
    }

    /// The fields of a profile, which `place` names.
    private static func read(
        _ mapping: SettingsText.Mapping, _ place: String, home: String
    ) throws -> (PartialTarget, String?) {
        func value(_ key: String) -> String? { mapping.fields[ByteString(key)] }
        var target = PartialTarget()
        do {
            if let text = value("api") {
                guard let api = ServiceAPI(rawValue: text) else {
                    throw Wrong("api is none of json, xml, s3")
                }
                target.api = api
            }
            if let text = value("addressing") {
                guard let addressing = Addressing(rawValue: text) else {
                    throw Wrong("addressing is neither host nor path")
                }
                target.addressing = addressing
            }
            target.endpoint = try value("endpoint").map { text throws(EndpointError) in try Endpoint(text) }
            target.region = try value("region").map { text throws(TargetFieldError) in
                try Region(ofAnyAPI: text)
            }
            target.appID = try value("appid").map { text throws(TargetFieldError) in try AppID(text: text) }
            target.bucket = try value("bucket").map { text throws(TargetFieldError) in try Bucket(text) }
            try target.check()
            guard let file = value("ca_file") else { return (target, nil) }
            if file.hasPrefix("~/") { return (target, home + file.dropFirst()) }
            guard file.hasPrefix("/") else {
                throw Wrong("ca_file is no absolute path, nor one that begins with ~/")
            }
            return (target, file)
        } catch let error as Wrong {
            throw CommandFailure(.configuration, "\(place): \(error.finding); correct it")
        } catch {
            throw CommandFailure(.configuration, "\(place): \(error); correct it")
        }
    }

    /// A value of another form.
    private struct Wrong: Error {
        let finding: String
        init(_ finding: String) { self.finding = finding }
    }
}

extension SettingsText.Sections {
    /// The names of its profiles.
    var names: [String] { (unnamed == nil ? [] : [ProfileName.usual]) + named.keys.map(\.text).sorted() }
}
