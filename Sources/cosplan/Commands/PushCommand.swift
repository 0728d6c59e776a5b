import ArgumentParser
import COSProtocol
import COSUpload
import Foundation
import PlanCore
import PlanFiles
import PlanManifest
import ServiceCore

/// `cosplan push`: a manifest as the real upload.
struct PushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push",
        abstract: "Upload what a manifest plans; the same command again resumes.",
        discussion: """
            Verifies the manifest first and sends nothing if it has an error. Every byte is checked \
            against the plan in the buffer about to be sent. Nothing remote is ever deleted.

              cosplan push plan.yaml --receipt receipt.jsonl
              cosplan push --dry-run plan.yaml
              cosplan push --rehearse plan.yaml

            The secret id and key come from COSPLAN_SECRET_ID and COSPLAN_SECRET_KEY (or \
            TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY), else \
            from ~/.config/cosplan/credentials.yaml, mode 0600.
            """)

    @Argument(
        help: ArgumentHelp("Manifests; - is standard input.", valueName: "manifest"),
        completion: .file())
    var manifests: [String]

    @OptionGroup var root: RootOptions
    @OptionGroup(title: "Target") var target: TargetOptions

    @Option(help: ArgumentHelp("Slices in flight, over all files.", valueName: "n"))
    var slices = 4

    @Option(help: ArgumentHelp("How often a request is made again.", valueName: "n"))
    var retries = 8

    @Option(
        help: ArgumentHelp("At most so many bytes a second (K, M, G allowed).", valueName: "size"),
        transform: ByteCountArgument.read)
    var limitRate: ByteCountArgument?

    @OptionGroup var connection: ConnectionOptions

    @Option(
        help: ArgumentHelp(
            "Append a JSON line a file; files with a good line are skipped.", valueName: "file"),
        completion: .file())
    var receipt: String?

    @Flag(help: "Check every byte of a file before its upload begins, not its first part only.")
    var checkFirst = false

    @Flag(help: "Say what would be sent; send nothing.")
    var dryRun = false

    @Flag(help: "Upload to the emulator inside this process; nothing is kept, no credentials are needed.")
    var rehearse = false

    @OptionGroup var console: OutputOptions

    func validate() throws {
        guard manifests.filter({ $0 == "-" }).count <= 1 else {
            throw ValidationError("Standard input (-) can be read once.")
        }
        guard (1...64).contains(slices) else {
            throw ValidationError("--slices \(slices) is not from 1 to 64.")
        }
        guard (0...1000).contains(retries) else {
            throw ValidationError("--retries \(retries) is not from 0 to 1000.")
        }
        guard (limitRate?.bytes ?? 1) > 0 else { throw ValidationError("--limit-rate 0 would send nothing.") }
        guard !(dryRun && rehearse) else {
            throw ValidationError("--dry-run and --rehearse exclude each other.")
        }
        guard !rehearse || (target.endpoint == nil && receipt == nil) else {
            throw ValidationError(
                "--rehearse goes with neither --endpoint nor --receipt: nothing leaves the process.")
        }
    }

    func run() async throws {
        let style = console.apply()
        if !dryRun { try Self.checkProc() }
        let manifests = try checkedManifests()
        let run = PushRun(
            manifests: manifests, root: try withFileFailures { try Root(path: ByteString(root.root)) },
            allowOutside: root.allowOutside, style: style, isVerbose: console.verbosity.verbose,
            output: try StandardOutput())
        if !rehearse { warnOfPlainHTTP(manifests) }
        if dryRun { return try run.describe(receipt: receipt) }
        if rehearse {
            let placeholders = Set(manifests.flatMap(\.targets.placeholders)).sorted()
            if !placeholders.isEmpty {
                Console.standardError.note(
                    "rehearsing with a placeholder for the target's \(placeholders.joined(separator: ", "))")
            }
            return try await run.rehearse(try configuration(credentials: .published, for: manifests))
        }
        let credentials = try CredentialsSource().required()
        try await run.upload(try configuration(credentials: credentials, for: manifests), receipt: receipt)
    }

    /// Foundation looks the executable up there before its first session, and traps where it finds none.
    private static func checkProc() throws(CommandFailure) {
        guard access("/proc/self/exe", F_OK) != 0 else { return }
        throw CommandFailure(
            .configuration,
            "/proc: it is not mounted, and the HTTP client needs it; mount it (mount -t proc proc /proc)")
    }

    /// Every manifest, checked, before anything is sent.
    private func checkedManifests() throws -> [PushRun.Manifest] {
        var keys = KeyRegistry(override: target.partialTarget)
        return try manifests.map { name in
            let file = try withFileFailures { try ManifestInput.source(name) }
            let source = HashingSource(file)
            let checked = try CheckedInput.manifest(
                source, name: name, allowOutside: root.allowOutside, keys: &keys)
            return PushRun.Manifest(
                checked: checked, node: file.node, sha256: try withFileFailures { try source.hexDigest() },
                targets: try ResolvedTargets(checked, flags: target.partialTarget, isRehearsal: rehearse))
        }
    }

    private func configuration(
        credentials: Credentials, for manifests: [PushRun.Manifest]
    ) throws -> UploadConfiguration {
        var configuration = UploadConfiguration(credentials: credentials)
        configuration.slices = requestsAtOnce
        configuration.retry = RetryPolicy(retries: retries)
        configuration.bytesPerSecond = limitRate?.bytes
        configuration.checksWholeFilesFirst = checkFirst
        configuration.kernel = try EngineOptions.kernel()
        configuration.userAgent = Version.userAgent
        let endpoints = Self.endpoints(of: manifests)
        try connection.apply(
            to: &configuration, isEncrypted: !rehearse && endpoints.contains(where: \.isEncrypted))
        if rehearse || endpoints.contains(where: \.isLoopback) { LoopbackProxy.turnOff() }
        return configuration
    }

    /// `--slices`, or as many as the limit of open files has room for.
    private var requestsAtOnce: Int {
        let possible = ProcessLimits.requests(
            wanted: slices, each: descriptorsOfRequest, base: needs.descriptors - descriptorsOfRequest)
        if possible < slices {
            Console.standardError.note(
                "\(possible) of --slices \(slices) at a time: the limit of open files (ulimit -n) has no room for more"
            )
        }
        return possible
    }

    private func warnOfPlainHTTP(_ manifests: [PushRun.Manifest]) {
        for endpoint in Self.endpoints(of: manifests) where !endpoint.isEncrypted && !endpoint.isLoopback {
            Console.standardError.warning(
                "\(endpoint): plain http; whoever listens on the way can read the data and replay the signatures"
            )
        }
    }

    /// Where the manifests' requests go, each endpoint once.
    private static func endpoints(of manifests: [PushRun.Manifest]) -> [Endpoint] {
        var seen: Set<Endpoint> = []
        return manifests.flatMap { $0.targets.targets.map(\.endpoint) }.filter { seen.insert($0).inserted }
    }
}

extension PushCommand: LimitedCommand {
    /// Every request under way has a file and a connection, in a rehearsal both ends of it.
    private var descriptorsOfRequest: Int { rehearse ? 3 : 2 }

    var needs: ProcessNeeds {
        let slicesInMemory = slices + 4
        return ProcessNeeds(
            threads: (rehearse ? 14 : 10) + ProcessInfo.processInfo.activeProcessorCount,
            // A slice of 3 MiB, Foundation's copy of it, and what libcurl sends it through.
            memory: (48 + 9 * slicesInMemory) << 20, descriptors: (rehearse ? 36 : 14) + descriptorsOfRequest)
    }
}

extension PushCommand: NamesCommand {
    var names: [String] {
        get { manifests }
        set { manifests = newValue }
    }
}
