import Foundation
import PlanCore
import PlanFiles
import PlanManifest
import ServiceCore

/// A file with secret ids and keys: one pair, or pairs by the names of profiles.
struct CredentialsFile {
    /// What errors call it.
    private let shown: String
    private let sections: SettingsText.Sections
    /// Whether its single pair applies to every profile: true for a file that `--credentials` names.
    private let isForAll: Bool

    private static let keys = ["secret_id", "secret_key", "session_token"]

    /// `~/.config/cosplan/credentials.yaml`, which must be the user's alone; nil where there is none.
    ///
    /// - Throws: ``CommandFailure``: 77 if it cannot be read or others may use it, 78 if its content is not valid.
    static func ofUser(_ environment: [String: String]) throws -> CredentialsFile? {
        guard let folder = Profile.folder(environment) else { return nil }
        let path = folder + "/credentials.yaml"
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try PrivateFile.read(ByteString(path))
        } catch {
            if case .noSuchFile = error { return nil }
            throw CommandFailure(.credentials, error.description)
        }
        return try CredentialsFile(bytes, path: path, isForAll: false)
    }

    /// The file that `--credentials` names.
    ///
    /// A link is followed and a group may read it, as where Kubernetes mounts it.
    ///
    /// - Throws: ``CommandFailure``: 77 if it cannot be read or everybody may read it, 78 if its content is not valid.
    static func named(_ path: String) throws -> CredentialsFile {
        let bytes: [UInt8]
        do throws(FileError) {
            bytes = try PrivateFile.read(ByteString(path), others: .groupUse)
        } catch {
            guard case .notPrivate(_, let mode) = error else {
                throw CommandFailure(.credentials, "--credentials: \(error.description)")
            }
            throw CommandFailure(
                .credentials,
                "--credentials \(path.escapedForDisplay): mode 0\(String(mode, radix: 8)) lets every user of the machine "
                    + "use it; run chmod o= on it, or give a volume of Kubernetes defaultMode: 0440")
        }
        return try CredentialsFile(bytes, path: path, isForAll: true)
    }

    private init(_ bytes: [UInt8], path: String, isForAll: Bool) throws(CommandFailure) {
        shown = path.escapedForDisplay
        self.isForAll = isForAll
        do {
            sections = try SettingsText.sections(MemoryByteSource(bytes), keys: Self.keys)
        } catch {
            throw CommandFailure(.configuration, "\(path.escapedForDisplay): \(error); correct it")
        }
    }

    /// The profiles that it has a pair for.
    var names: [String] { sections.names }

    /// The pair of a profile; nil where it has none.
    ///
    /// - Throws: ``CommandFailure`` (77) for half a pair, or one that is none.
    func pair(of profile: String) throws(CommandFailure) -> Credentials? {
        let unnamed = isForAll || profile == ProfileName.usual ? sections.unnamed : nil
        guard let fields = (sections.named[ByteString(profile)] ?? unnamed)?.fields else { return nil }
        let place = sections.unnamed == nil ? "\(shown): profile \(profile)" : shown
        guard let id = fields["secret_id"], let key = fields["secret_key"] else {
            let missing = fields["secret_id"] == nil ? "secret_id" : "secret_key"
            throw CommandFailure(
                .credentials, "\(place): \(missing) is missing; write both halves of the pair")
        }
        do throws(CredentialsError) {
            return try Credentials(secretID: id, secretKey: key, sessionToken: fields["session_token"])
        } catch {
            throw CommandFailure(.credentials, "\(place): \(error.description)")
        }
    }
}
