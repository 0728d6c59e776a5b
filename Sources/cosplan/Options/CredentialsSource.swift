import Foundation
import PlanCore
import PlanFiles
import PlanManifest
import ServiceCore

/// Finds the secret id, the key and the token, all in the same source: the environment, AWS's shared file (S3), or a
/// private profile.
struct CredentialsSource {
    /// The help text about credentials.
    static let help = """
        The secret id and key come from COSPLAN_SECRET_ID and COSPLAN_SECRET_KEY (or \
        TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY), else \
        from ~/.config/cosplan/credentials.yaml, mode 0600. Temporary ones have a token beside them: \
        COSPLAN_SESSION_TOKEN, TENCENTCLOUD_TOKEN, session_token. With --api s3, AWS_ACCESS_KEY_ID, \
        AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN stand in TENCENTCLOUD_*'s place, then AWS's shared \
        credentials file with its profile (AWS_SHARED_CREDENTIALS_FILE, AWS_PROFILE).
        """

    /// The environment of the process.
    var environment = ProcessInfo.processInfo.environment

    /// The APIs that the credentials are for; empty if unknown.
    var apis: Set<ServiceAPI> = []

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
    /// - Throws: ``CommandFailure``: 77 if there are none, only half a pair, or a profile that others can
    ///   read; 78 if the profile is malformed. The error never contains a secret.
    func required() throws -> Credentials {
        if let found = try fromEnvironment() ?? fromAWSFile() ?? fromProfile() {
            guard found.sessionToken == nil || !apis.contains(.json) else {
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
            "credentials: none found; set COSPLAN_SECRET_ID and COSPLAN_SECRET_KEY\(aws), or write them to "
                + "~/.config/cosplan/credentials.yaml (mode 0600)")
    }

    /// The credentials in the environment, if any.
    func fromEnvironment() throws -> Credentials? {
        for names in sources {
            let (id, key) = (names.id, names.key)
            switch (value(id), value(key)) {
            case (nil, nil): continue
            case (let secretID?, let secretKey?):
                do throws(CredentialsError) {
                    return try Credentials(
                        secretID: secretID, secretKey: secretKey, sessionToken: value(names.token))
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

    /// The credentials in AWS's shared file, if S3 is the only API.
    private func fromAWSFile() throws -> Credentials? {
        guard apis == [.s3] else { return nil }
        return try AWSCredentialsFile(environment: value)?.credentials()
    }

    private func fromProfile() throws -> Credentials? {
        guard let home = value("HOME") else { return nil }
        let path = home + "/.config/cosplan/credentials.yaml"
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try PrivateFile.read(ByteString(path))
        } catch {
            if case .noSuchFile = error { return nil }
            throw CommandFailure(.credentials, error.description)
        }
        let shown = path.escapedForDisplay
        do {
            let fields = try SettingsText.mapping(
                MemoryByteSource(bytes), keys: ["secret_id", "secret_key", "session_token"]
            ).fields
            guard let id = fields["secret_id"], let key = fields["secret_key"] else {
                let missing = fields["secret_id"] == nil ? "secret_id" : "secret_key"
                throw CommandFailure(
                    .credentials, "\(shown): \(missing) is missing; write both halves of the pair")
            }
            return try Credentials(secretID: id, secretKey: key, sessionToken: fields["session_token"])
        } catch let error as SettingsError {
            throw CommandFailure(.configuration, "\(shown): \(error.description); correct it")
        } catch let error as CredentialsError {
            throw CommandFailure(.credentials, "\(shown): \(error.description)")
        }
    }
}
