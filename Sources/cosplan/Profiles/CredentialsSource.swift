import Foundation
import PlanCore
import ServiceCore

/// Where the secret id and key come from: a file that was named, else the environment, else a private
/// profile.
///
/// Both halves from one place.
struct CredentialsSource {
    /// The help text about credentials.
    static let help = """
        The secret id and key come from COSPLAN_SECRET_ID and COSPLAN_SECRET_KEY, else from a profile \
        in ~/.config/cosplan/credentials.yaml, mode 0600. See cosplan help environment; cosplan \
        config check says what would be used.
        """

    /// The environment of the process.
    var environment = ProcessInfo.processInfo.environment

    /// The APIs that the credentials are for; empty if unknown.
    var apis: Set<ServiceAPI> = []

    /// Which profile's pair counts.
    var profile: ProfileName?

    /// The file that `--credentials` names.
    var file: String?

    /// Where a pair was found, in words that hold nothing of it.
    struct Found {
        var credentials: Credentials
        var place: String
        /// Whether it is the pair of a profile.
        var isOfProfile = false
    }

    /// The variable names of one source.
    private struct Names {
        let id: String
        let key: String
        let token: String
    }

    /// In order of precedence.
    ///
    /// An S3 store never receives another vendor's credentials.
    private var sources: [Names] {
        let own = Names(id: "COSPLAN_SECRET_ID", key: "COSPLAN_SECRET_KEY", token: "COSPLAN_SESSION_TOKEN")
        if apis == [.s3] {
            return [
                own,
                Names(id: "AWS_ACCESS_KEY_ID", key: "AWS_SECRET_ACCESS_KEY", token: "AWS_SESSION_TOKEN"),
            ]
        }
        guard !apis.contains(.s3) else { return [own] }
        return [
            own,
            Names(id: "TENCENTCLOUD_SECRET_ID", key: "TENCENTCLOUD_SECRET_KEY", token: "TENCENTCLOUD_TOKEN"),
        ]
    }

    /// The credentials.
    ///
    /// - Throws: ``CommandFailure``: 77 where there is none, half of one, or a file that others can use; 78 where a file is
    ///   not a credentials file. It never holds a secret.
    func required() throws -> Credentials { try requiredWithPlace().credentials }

    /// Whether there is a pair, right or wrong.
    var isPresent: Bool {
        do {
            return try found() != nil
        } catch {
            return true
        }
    }

    /// The pair, and where it is from.
    func requiredWithPlace() throws -> Found {
        if let found = try found() {
            guard found.credentials.sessionToken == nil || !apis.contains(.json) else {
                throw CommandFailure(
                    .configuration,
                    "credentials: they have a session token, and the JSON API takes none; use --api xml, or a "
                        + "permanent pair without a token")
            }
            return found
        }
        let aws = apis == [.s3] ? ", or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" : ""
        throw CommandFailure(
            .credentials,
            "credentials: none found\(missingProfile); set COSPLAN_SECRET_ID and COSPLAN_SECRET_KEY\(aws), or write them to "
                + "~/.config/cosplan/credentials.yaml (mode 0600)")
    }

    /// The message for a chosen profile without credentials.
    private var missingProfile: String {
        guard let profile, profile.origin != .usual else { return "" }
        return " for the profile \(profile.name.escapedForDisplay)"
    }

    /// A file named for this command comes first, then a profile named for it; a profile that nobody named comes last.
    private func found() throws -> Found? {
        let name = profile ?? ProfileName(flag: nil, environment: environment)
        if let file {
            let shown = file.escapedForDisplay
            guard let pair = try CredentialsFile.named(file).pair(of: name.name) else {
                throw CommandFailure(
                    .credentials, "--credentials \(shown): it has no pair for the profile \(name.name)")
            }
            return Found(credentials: pair, place: "--credentials \(shown)")
        }
        if name.origin == .flag, let found = try fromProfile(name.name) { return found }
        if let found = try fromVariables() ?? fromAWSFile() { return found }
        return try fromProfile(name.name)
    }

    /// The credentials in AWS's shared file, if S3 is the only API.
    private func fromAWSFile() throws -> Found? {
        guard apis == [.s3], let file = AWSCredentialsFile(environment: value) else { return nil }
        return try file.credentials().map { Found(credentials: $0, place: "AWS's shared credentials file") }
    }

    private func fromProfile(_ name: String) throws -> Found? {
        guard let pair = try CredentialsFile.ofUser(environment)?.pair(of: name) else { return nil }
        return Found(
            credentials: pair, place: "~/.config/cosplan/credentials.yaml, profile \(name)", isOfProfile: true
        )
    }

    /// The credentials in the environment, if any.
    func fromEnvironment() throws -> Credentials? { try fromVariables()?.credentials }

    private func fromVariables() throws -> Found? {
        for names in sources {
            let (id, key) = (names.id, names.key)
            switch (value(id), value(key)) {
            case (nil, nil): continue
            case (let secretID?, let secretKey?):
                do throws(CredentialsError) {
                    let pair = try Credentials(
                        secretID: secretID, secretKey: secretKey, sessionToken: value(names.token))
                    return Found(credentials: pair, place: "\(id) and \(key)")
                } catch {
                    throw CommandFailure(.credentials, "\(id) and \(key): \(error.description)")
                }
            case (nil, _): throw Self.half(missing: id, present: key)
            case (_, nil): throw Self.half(missing: key, present: id)
            }
        }
        return nil
    }

    /// The value of a variable; an empty one counts as not set.
    private func value(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func half(missing: String, present: String) -> CommandFailure {
        CommandFailure(.credentials, "\(missing): it is not set, but \(present) is; set both or neither")
    }
}
