import ArgumentParser
import COSProtocol
import COSUpload
import Foundation
import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest
import ServiceCore
import XMLProtocol

/// `cosplan push`: uploads what a manifest plans.
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

            \(CredentialsSource.help)
            """)

    @Argument(
        help: ArgumentHelp("Manifests; - is standard input.", valueName: "manifest"),
        completion: .file())
    var manifests: [String]

    @OptionGroup var root: RootOptions
    @OptionGroup(title: "Target") var target: TargetOptions

    @Option(help: ArgumentHelp("Slices in flight, over all files of several slices.", valueName: "n"))
    var slices = 4

    @Option(
        help: ArgumentHelp("Files on their way at once, of those that go up in one slice.", valueName: "n"))
    var filesAtOnce = 32

    @Option(
        help: ArgumentHelp(
            "Send files up to so many bytes in one request, the simple upload, in place of init, slice, finish "
                + "(20M at most).", valueName: "size"),
        transform: ByteCountArgument.read)
    var simpleUpTo = ByteCountArgument(bytes: 0)

    @OptionGroup var parts: PartOptions

    @Option(
        help: ArgumentHelp("At most so many bytes a second (K = 1024, M, G allowed).", valueName: "size"),
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
        guard (1...256).contains(filesAtOnce) else {
            throw ValidationError("--files-at-once \(filesAtOnce) is not from 1 to 256.")
        }
        guard (0...SimpleUploadOperation.maximumFileSize).contains(simpleUpTo.bytes) else {
            throw ValidationError(
                "--simple-up-to \(simpleUpTo.bytes): the simple upload takes \(SimpleUploadOperation.maximumFileSize) "
                    + "bytes at most.")
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
        let kernel = try EngineOptions.kernel()
        let manifests = try checkedManifests()
        let run = PushRun(
            manifests: manifests, root: try withFileFailures { try Root(path: ByteString(root.root)) },
            allowOutside: root.allowOutside, style: style, isVerbose: console.verbosity.verbose,
            output: try StandardOutput())
        let targets = manifests.flatMap(\.targets.targets)
        if !rehearse { ConnectionOptions.warnOfPlainHTTP(to: targets) }
        if dryRun {
            return try run.describe(parts, simpleUpTo: simpleUpTo.bytes, receipt: receipt)
        }
        if rehearse {
            let placeholders = Set(manifests.flatMap(\.targets.placeholders)).sorted()
            if !placeholders.isEmpty {
                Console.standardError.note(
                    "rehearsing with a placeholder for the target's \(placeholders.joined(separator: ", "))")
            }
            LoopbackProxy.turnOff()
            return try await run.rehearse(
                chosen(try connection.configuration(credentials: .published, isEncrypted: false), kernel))
        }
        try await run.upload(chosen(try connection.configuration(for: targets), kernel), receipt: receipt)
    }

    /// Reads and checks all manifests before anything is sent.
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

    /// Adds the upload options to the configuration.
    private func chosen(_ connection: UploadConfiguration, _ kernel: Kernel) -> UploadConfiguration {
        var configuration = connection
        (configuration.slices, configuration.filesAtOnce) = requestsAtOnce
        configuration.simpleUpTo = simpleUpTo.bytes
        configuration.partSize = parts.uploadPartSize.bytes
        configuration.s3Checksum = parts.s3Checksum
        configuration.bytesPerSecond = limitRate?.bytes
        configuration.checksWholeFilesFirst = checkFirst
        configuration.kernel = kernel
        return configuration
    }

    /// `--slices` and `--files-at-once`, reduced if the limit on open files leaves less room.
    private var requestsAtOnce: (slices: Int, files: Int) {
        let (each, base) = (descriptorsOfRequest, needs.descriptors - descriptorsOfRequest)
        let possibleSlices = ProcessLimits.possible(slices, of: "slices", each: each, base: base)
        // The base already includes one file at a time.
        let possibleFiles = ProcessLimits.possible(
            filesAtOnce, of: "files-at-once", each: each, base: base + (possibleSlices - 1) * each)
        return (possibleSlices, possibleFiles)
    }
}

extension PushCommand: LimitedCommand {
    /// Every request in flight has a file and a connection; in a rehearsal both ends of the connection.
    private var descriptorsOfRequest: Int { rehearse ? 3 : 2 }

    var needs: ProcessNeeds {
        let slicesInMemory = slices + 4
        return ProcessNeeds(
            threads: (rehearse ? 14 : 10) + ProcessInfo.processInfo.activeProcessorCount,
            // Per slice: up to 3 MiB, Foundation's copy of it, and libcurl's buffers.
            memory: (48 + 9 * slicesInMemory + 2 * filesAtOnce) << 20,
            descriptors: (rehearse ? 36 : 14) + descriptorsOfRequest, isConcurrent: true,
            memoryOptions: "--slices or --files-at-once")
    }
}

extension PushCommand: NamesCommand {
    var names: [String] {
        get { manifests }
        set { manifests = newValue }
    }
}
