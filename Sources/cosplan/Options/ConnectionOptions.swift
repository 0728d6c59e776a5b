import ArgumentParser
import COSUpload
import Foundation
import PlanCore

/// How push connects to the service.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How long a reply may take once its request is sent.", valueName: "seconds"))
    var timeout = 300

    @Option(
        help: ArgumentHelp(
            "Trust these PEM certificates in place of the system's (default: CURL_CA_BUNDLE, else SSL_CERT_FILE).",
            valueName: "file"),
        completion: .file())
    var caFile: String?

    func validate() throws {
        guard (1...86_400).contains(timeout) else {
            throw ValidationError("--timeout \(timeout) is not from 1 to 86400 seconds.")
        }
    }

    /// Sets the options in `configuration`.
    ///
    /// `isEncrypted` says whether any connection uses TLS.
    ///
    /// - Throws: ``CommandFailure`` (78) if the certificates cannot be used.
    func apply(
        to configuration: inout UploadConfiguration, isEncrypted: Bool,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        configuration.replySeconds = timeout
        configuration.isGuarded = environment["COSPLAN_CURL_HOOK"] != "0"
        if let caFile {
            configuration.certificateAuthorities = try Self.checked(caFile, from: "--ca-file")
        } else if isEncrypted {
            for name in ["CURL_CA_BUNDLE", "SSL_CERT_FILE"] {
                guard let path = environment[name], !path.isEmpty else { continue }
                configuration.certificateAuthorities = try Self.checked(path, from: name)
                return
            }
        }
    }

    /// The maximum size of a certificate file; typical ones have about 200 KB.
    ///
    /// **Unit**: bytes.
    private static let sizeLimit = 64 << 20

    /// Returns `path` if it is a regular file that contains a certificate.
    private static func checked(_ path: String, from source: String) throws -> String {
        let name = "\(source) '\(path.escapedForDisplay)'"
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw unusable(name, "it cannot be read (\(String(cString: strerror(errno))))")
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= sizeLimit else {
            throw unusable(name, "it is not a regular file of at most 64 MiB")
        }
        let content: Data
        do {
            content = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw unusable(name, "it cannot be read")
        }
        guard content.range(of: Data("-----BEGIN ".utf8)) != nil else {
            throw unusable(name, "it holds no PEM certificate")
        }
        return path
    }

    private static func unusable(_ name: String, _ finding: String) -> CommandFailure {
        CommandFailure(.configuration, "\(name): \(finding); name a file of PEM certificates")
    }
}
