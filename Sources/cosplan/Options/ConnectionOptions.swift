import ArgumentParser
import COSProtocol
import COSUpload
import Foundation
import PlanCore
import ServiceCore

/// How a command connects to the service.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How often a request is made again; at most once while the endpoint refuses connections or is not found "
                + "and has not answered in this run.", valueName: "n"))
    var retries = 8

    @Option(
        help: ArgumentHelp(
            "How long a reply may take once its request is sent. A request is made again where nothing of it moves for "
                + "60 seconds.", valueName: "seconds"))
    var timeout = 300

    @Option(
        help: ArgumentHelp(
            "Trust these PEM certificates in place of the system's (default: the profile's, CURL_CA_BUNDLE, "
                + "SSL_CERT_FILE).",
            valueName: "file"),
        completion: .file())
    var caFile: String?

    @OptionGroup var credentials: CredentialsOptions

    func validate() throws {
        guard (0...1000).contains(retries) else {
            throw ValidationError("--retries \(retries) is not from 0 to 1000.")
        }
        guard (1...86_400).contains(timeout) else {
            throw ValidationError("--timeout \(timeout) is not from 1 to 86400 seconds.")
        }
    }

    /// The profile to use; with a file of credentials it may have none of its own.
    func profile(needsCredentials: Bool = true) throws -> Profile {
        try Profile(
            flag: credentials.profile.profile,
            hasCredentials: credentials.credentials != nil || !needsCredentials)
    }

    /// Where objects go with `flags` and the profile to use.
    func destination(_ flags: TargetOptions, needsCredentials: Bool = true) throws -> Destination {
        Destination(
            flags: flags.partialTarget, profile: try profile(needsCredentials: needsCredentials))
    }

    /// The configuration for requests to `targets`, with credentials.
    ///
    /// - Throws: ``CommandFailure``: 77 or 78 if the credentials or the certificates cannot be used.
    func configuration(for targets: [Target], of destination: Destination) throws -> UploadConfiguration {
        let source = credentials.source(for: targets, of: destination)
        var configuration = try configuration(
            credentials: try credentials.pair(for: targets, of: destination), profile: destination.profile,
            isEncrypted: targets.contains { $0.endpoint.isEncrypted })
        // Credentials that cannot be reloaded are treated as expired.
        configuration.renewedCredentials = { try? source.required() }
        if targets.contains(where: { $0.endpoint.isLoopback }) { LoopbackProxy.turnOff() }
        return configuration
    }

    /// The configuration for requests to `targets`, with tickets in place of credentials, which are not looked for.
    ///
    /// - Throws: ``CommandFailure`` (78) if the certificates cannot be used.
    func configuration(
        tickets: Tickets, for targets: [Target], of destination: Destination
    ) throws -> UploadConfiguration {
        var configuration = try configuration(
            credentials: .published, profile: destination.profile,
            isEncrypted: targets.contains { $0.endpoint.isEncrypted })
        configuration.tickets = tickets
        if targets.contains(where: { $0.endpoint.isLoopback }) { LoopbackProxy.turnOff() }
        return configuration
    }

    /// A configuration with what was chosen.
    ///
    /// `isEncrypted` says whether any connection uses TLS.
    ///
    /// - Throws: ``CommandFailure`` (78) if libcurl is missing or the certificates cannot be used.
    func configuration(
        credentials: Credentials, profile: Profile? = nil, isEncrypted: Bool,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws -> UploadConfiguration {
        if let reason = TransferGuard.missingLibcurl {
            throw CommandFailure(
                .configuration,
                "libcurl: it cannot be loaded (\(reason.escapedForDisplay)), and requests need it; install it, on "
                    + "Debian with the package libcurl4")
        }
        var configuration = UploadConfiguration(credentials: credentials)
        configuration.retry = RetryPolicy(retries: retries)
        configuration.replySeconds = timeout
        configuration.isGuarded = environment["COSPLAN_CURL_HOOK"] != "0"
        configuration.userAgent = Version.userAgent
        if caFile != nil || isEncrypted, let found = certificates(profile, environment) {
            configuration.certificateAuthorities = try Self.checked(found.path, from: found.place)
        }
        return configuration
    }

    /// The file of trusted certificates, and what names it; nil for the system's.
    func certificates(
        _ profile: Profile?, _ environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> (path: String, place: String)? {
        if let caFile { return (caFile, "--ca-file") }
        if let profile, let file = profile.caFile {
            return (file, "ca_file of the profile \(profile.name.name)")
        }
        for name in ["CURL_CA_BUNDLE", "SSL_CERT_FILE"] {
            if let path = environment[name], !path.isEmpty { return (path, name) }
        }
        return nil
    }

    /// Warns about plain http, once for each endpoint.
    static func warnOfPlainHTTP(to targets: [Target]) {
        var seen: Set<Endpoint> = []
        for endpoint in targets.map(\.endpoint)
        where !endpoint.isEncrypted && !endpoint.isLoopback && seen.insert(endpoint).inserted {
            Console.standardError.warning(
                "\(endpoint): plain http; whoever listens on the way can read the data and replay the signatures"
            )
        }
    }

    /// The maximum size of a certificate file; typical ones have about 200 KB.
    ///
    /// **Unit**: bytes.
    private static let sizeLimit = 64 << 20

    /// Returns `path` if it is a regular file that contains a certificate.
    static func checked(_ path: String, from source: String) throws -> String {
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
