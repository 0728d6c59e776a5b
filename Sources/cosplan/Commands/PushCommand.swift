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
        _superCommandName: CommandNames.root,
        abstract: "Upload what a manifest plans; the same command again resumes.",
        discussion: """
            Verifies the manifest first and sends nothing if it has an error. Every byte is checked \
            against the plan in the buffer about to be sent. Nothing remote is ever deleted.

              cosplan push plan.yaml --receipt receipt.jsonl
              cosplan push -n plan.yaml
              cosplan push --rehearse plan.yaml

            \(CredentialsSource.help)

            With --tickets no keys are needed; see cosplan help sign.
            """)

    @Argument(
        help: ArgumentHelp("Manifests; - is standard input.", valueName: "manifest"),
        completion: .file())
    var manifests: [String]

    @OptionGroup(title: "Mode") var mode: PushModeOptions
    @OptionGroup(title: "Files") var root: RootOptions
    @OptionGroup(title: "Files") var patterns: FilterOptions
    @OptionGroup(title: "Files") var shard: ShardOptions
    @OptionGroup(title: "Target") var target: TargetOptions
    @OptionGroup(title: "Transfer") var transfer: TransferOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup(title: "Output") var result: ResultOptions
    @OptionGroup(title: "Output") var console: OutputOptions

    func validate() throws {
        try ManifestInput.checkStandardInput(in: manifests)
        guard !mode.rehearse || (target.endpoint == nil && mode.receipt == nil) else {
            throw ValidationError(
                "--rehearse goes with neither --endpoint nor --receipt: nothing leaves the process.")
        }
        guard mode.tickets == nil || connection.credentials.credentials == nil else {
            throw ValidationError("--tickets and --credentials exclude each other: tickets need no keys.")
        }
    }

    func run() async throws {
        let style = console.apply()
        let kernel = try EngineOptions.kernel()
        let choice = try FileChoice(patterns)
        let number = try shard.number()
        if mode.tickets != nil, let api = target.api { try TicketSupply.check(api) }
        let destination = try connection.destination(
            target, needsCredentials: !mode.rehearse && mode.tickets == nil)
        var manifests = try checkedManifests(choice, destination, style)
        let ownShard = try withFileFailures {
            try number.map { try PushShard($0, choice, of: &manifests) }
        }
        let supply = try mode.tickets.map { try TicketSupply(path: $0, for: manifests) }
        let run = PushRun(
            manifests: manifests, choice: choice, shard: ownShard, supply: supply,
            root: try withFileFailures { try Root(path: ByteString(root.root)) },
            allowOutside: root.allowOutside, style: style, isVerbose: console.verbosity.verbose,
            format: result.format, output: try StandardOutput())
        let targets = manifests.flatMap(\.targets.targets)
        for doubt in Set(manifests.flatMap(\.targets.doubts)).sorted() {
            Console.standardError.warning(doubt)
        }
        if !mode.rehearse {
            ResolvedTargets.warn(of: manifests.map(\.targets))
            ConnectionOptions.warnOfPlainHTTP(to: targets)
        }
        if mode.dryRun {
            let dryRun = DryRun(
                push: run, simpleUpTo: transfer.simpleUpTo.bytes, parts: transfer.parts)
            return try dryRun.run(receipt: mode.receipt)
        }
        if mode.rehearse {
            let placeholders = Set(manifests.flatMap(\.targets.placeholders)).sorted()
            if !placeholders.isEmpty {
                Console.standardError.note(
                    "rehearsing with a placeholder for the target's \(placeholders.joined(separator: ", "))")
            }
            LoopbackProxy.turnOff()
            return try await run.rehearse(
                chosen(try connection.configuration(credentials: .published, isEncrypted: false), kernel))
        }
        let configuration =
            try supply.map {
                try connection.configuration(tickets: $0.tickets, for: targets, of: destination)
            }
            ?? connection.configuration(for: targets, of: destination)
        try await run.upload(chosen(configuration, kernel), receipt: mode.receipt)
    }

    /// Reads and checks all manifests before anything is sent.
    private func checkedManifests(
        _ choice: FileChoice, _ destination: Destination, _ style: ProgressMeter.Style
    ) throws -> [PushRun.Manifest] {
        let reading = ReadingProgress(style, of: manifests)
        defer { reading.stop() }
        var keys = destination.keys
        let found = try manifests.map { name in
            let file = try withFileFailures { try ManifestInput.source(name) }
            let source = HashingSource(reading.watch(file))
            let checked = try CheckedInput.manifest(
                source, name: name, allowOutside: root.allowOutside, keys: &keys)
            let chosen = try withFileFailures { try choice.count(in: checked) }
            return PushRun.Manifest(
                checked: checked, fileCount: chosen.files, totalBytes: chosen.bytes, node: file.node,
                sha256: try withFileFailures { try source.hexDigest() },
                targets: try ResolvedTargets(checked, at: destination, isRehearsal: mode.rehearse))
        }
        try choice.check(
            chosen: found.reduce(0) { $0 + $1.fileCount }, of: found.reduce(0) { $0 + $1.checked.fileCount })
        return found
    }

    /// Adds the upload options to the configuration.
    private func chosen(_ connection: UploadConfiguration, _ kernel: Kernel) -> UploadConfiguration {
        var configuration = connection
        (configuration.slices, configuration.filesAtOnce) = requestsAtOnce
        transfer.apply(to: &configuration)
        configuration.kernel = kernel
        return configuration
    }

    /// `--slices` and `--files-at-once`, reduced if the limit on open files leaves less room.
    private var requestsAtOnce: (slices: Int, files: Int) {
        let (each, base) = (descriptorsOfRequest, needs.descriptors - descriptorsOfRequest)
        let possibleSlices = ProcessLimits.possible(transfer.slices, of: "slices", each: each, base: base)
        let readAhead = UploadConfiguration.filesReadAhead(of: transfer.filesAtOnce)
        // The base already includes one file at a time.
        let possibleFiles = ProcessLimits.possible(
            transfer.filesAtOnce, of: "files-at-once", each: each,
            base: base + readAhead + (possibleSlices - 1) * each)
        return (possibleSlices, possibleFiles)
    }
}

extension PushCommand: LimitedCommand {
    /// Every request in flight has a file and a connection; in a rehearsal both ends of the connection.
    private var descriptorsOfRequest: Int { mode.rehearse ? 3 : 2 }

    func applyConsole() { _ = console.apply() }

    var needs: ProcessNeeds {
        let slicesInMemory = transfer.slices + 4
        return ProcessNeeds(
            threads: (mode.rehearse ? 14 : 10) + ProcessInfo.processInfo.activeProcessorCount,
            // Per slice: up to 3 MiB, libcurl's buffers, and a copy by Foundation where the guard is not active.
            memory: (48 + 9 * slicesInMemory + 2 * transfer.filesAtOnce) << 20,
            descriptors: (mode.rehearse ? 36 : 14) + descriptorsOfRequest, isConcurrent: true,
            memoryOptions: "--slices or --files-at-once")
    }
}

extension PushCommand: NamesCommand {
    var names: [String] {
        get { manifests }
        set { manifests = newValue }
    }
}
