import ArgumentParser
import COSUpload
import Foundation
import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest

/// `cosplan verify`: checks manifests against the documented rules, and files against manifests.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        _superCommandName: CommandNames.root,
        abstract: "Check manifests: the rules; with --bytes the files; with --remote what is at the keys.",
        usage: "cosplan verify [<options>] <manifest> ...",
        discussion: """
            Needs neither network nor files; lists every problem as FILE:LINE:COLUMN. With --bytes it \
            also reads the files, on all cores, and tells changed data from a damaged manifest line:

              cosplan verify plan.yaml
              cosplan hash big.bin | cosplan verify -
              cosplan verify --bytes --root /data plan.yaml

            With --remote it asks the store what is at each key, and says of each file: same, differs, \
            missing, or that nobody can tell and what would. Nothing is sent or downloaded, and the \
            files need not be here. A receipt of push stands for its good lines:

              cosplan verify --remote plan.yaml
              cosplan verify --remote receipt.jsonl

            \(CredentialsSource.help)

            Several machines check a shard each of the parts of all files, and --merge combines their \
            results:

              cosplan verify --bytes --shard 3/16 --format json plan.yaml > result-3.json
              cosplan verify --merge result-*.json

            Ends with 0 if all is well, 1 if not, 65 if a text is no manifest, 66 if an input is \
            missing.
            """)

    @Argument(
        help: ArgumentHelp(
            "Manifests; with --remote receipts, too; with --merge results. - is standard input.",
            valueName: "manifest"),
        completion: .file())
    var manifests: [String] = []

    @OptionGroup(title: "Checks") var checks: CheckOptions
    @OptionGroup(title: "Files, for --bytes") var root: RootOptions
    @OptionGroup(title: "Files, for --bytes") var patterns: FilterOptions
    @OptionGroup(title: "Files, for --bytes") var jobs: JobsOptions
    @OptionGroup(title: "Target") var target: TargetOptions
    @OptionGroup(title: "With --remote") var connection: ConnectionOptions
    @OptionGroup(title: "Output") var result: ResultOptions
    @OptionGroup(title: "Output") var console: OutputOptions

    func validate() throws {
        guard checks.rules || !manifests.isEmpty else {
            throw ValidationError("No manifest given; name one, or - for standard input.")
        }
        guard !checks.rules || manifests.isEmpty else {
            throw ValidationError("--rules takes no manifest.")
        }
        guard !checks.rules || !checks.remote else { throw ValidationError("--rules asks no store.") }
        guard !checks.merge || !checks.rules else { throw ValidationError("--rules combines no results.") }
        guard (checks.readsFiles && !checks.remote) || patterns.isEmpty else {
            throw ValidationError(
                "--include and --exclude choose the files of --bytes; without it, and with --remote, all of the "
                    + "manifest counts.")
        }
        try ManifestInput.checkStandardInput(in: manifests)
    }

    func run() throws {
        let style = console.apply()
        let output = try StandardOutput()
        if checks.rules {
            try RuleTable.write(as: result.format, to: output)
            return try output.finish()
        }
        if checks.merge { return try combine(output) }
        let scope = try checks.scope()
        let files = try files()
        // Without --remote the result depends on no profile.
        var run = try newRun(
            output, at: Destination(flags: target.partialTarget, profile: nil),
            lookingAt: files != nil ? .files : .nothingElse)
        let reading = ReadingProgress(style, of: manifests)
        defer { reading.stop() }
        do {
            for manifest in manifests { try run.check(manifest, reading) }
            reading.stop()
            run.checkShards()
            if let files {
                try run.checkBytes(scope, below: files.root, engine: files.engine, style: style)
            }
        } catch {
            // Results found before the failure are written. If that fails, its error takes precedence.
            try output.finish()
            throw error
        }
        try end(run, output)
    }

    /// Combines the results of all shards.
    private func combine(_ output: StandardOutput) throws {
        let merge = try VerifyMerge(manifests)
        let report = merge.report
        switch result.format {
        case .text: try merge.write(report, to: output)
        case .json: try output.write(try report.json)
        }
        try output.finish()
        guard report.status == .done else { throw CommandFailure(report.status, nil) }
    }

    /// The root and the engine with `--bytes`; checks everything that can fail before any input is read.
    private func files() throws -> (root: Root, engine: DigestEngine)? {
        guard checks.readsFiles else { return nil }
        let engine = DigestEngine(jobs: jobs.count, kernel: try EngineOptions.kernel())
        return (try withFileFailures { try Root(path: ByteString(root.root)) }, engine)
    }

    private func newRun(
        _ output: StandardOutput, at destination: Destination, lookingAt subject: VerifyRun.Subject
    ) throws -> VerifyRun {
        VerifyRun(
            strict: checks.strict, allowOutside: root.allowOutside, destination: destination,
            lookingAt: subject, showsNotes: !console.verbosity.quiet, choice: try FileChoice(patterns),
            keeping: checks.room,
            output: result.format == .text ? output : nil)
    }

    private func end(_ run: VerifyRun, _ output: StandardOutput) throws {
        let report = try run.report()
        if result.format == .json { try output.write(try report.json) }
        try output.finish()
        guard report.status != .done else { return }
        throw CommandFailure(report.status, nil)
    }
}

extension VerifyCommand: ConcurrentCommand {
    func runConcurrently() async throws {
        let style = console.apply()
        let output = try StandardOutput()
        let options = VerifyRun.RemoteOptions(
            connection: connection,
            keysAtOnce: ProcessLimits.possible(
                checks.keysAtOnce, of: "keys-at-once", each: 1, base: needs.descriptors - 1),
            files: try files(), style: style, isVerbose: console.verbosity.verbose)
        var run = try newRun(output, at: try connection.destination(target), lookingAt: .objects)
        let reading = ReadingProgress(style, of: manifests)
        defer { reading.stop() }
        do {
            for manifest in manifests { try run.check(manifest, reading) }
            reading.stop()
            try await run.askRemote(options)
        } catch {
            // As above.
            try output.finish()
            throw error
        }
        try end(run, output)
    }

    func applyConsole() { _ = console.apply() }

    var needs: ProcessNeeds {
        let hashing = ProcessNeeds.hashing
        guard checks.remote, !checks.rules else {
            // Descriptors: a manifest, the output, and those of libdispatch.
            return checks.readsFiles
                ? hashing : ProcessNeeds(threads: 0, memory: 16 << 20, descriptors: 7, isConcurrent: false)
        }
        let asking = ProcessNeeds(
            threads: 10 + ProcessInfo.processInfo.activeProcessorCount,
            memory: (48 << 20) + checks.keysAtOnce << 18, descriptors: 15, isConcurrent: true)
        guard checks.bytes else { return asking }
        return ProcessNeeds(
            threads: asking.threads + hashing.threads, memory: asking.memory + hashing.memory,
            descriptors: asking.descriptors + hashing.descriptors, isConcurrent: true)
    }
}

/// What `verify` checks.
struct CheckOptions: ParsableArguments {
    @Flag(
        help: ArgumentHelp(
            "Check the files' bytes against the manifest too. With --remote: read those whose digest the manifest "
                + "lacks."))
    var bytes = false

    @OptionGroup var shard: ShardOptions

    @Option(
        help: ArgumentHelp(
            "Check the bytes of some parts only, such as 5%: drawn by --seed, spread over all files.",
            valueName: "percent"),
        transform: SampleFraction.read)
    var sample: SampleFraction?

    @Option(
        help: ArgumentHelp(
            "What --sample draws by (default: a random number, which is reported).", valueName: "number"))
    var seed: UInt64?

    @Flag(help: "Combine the JSON results of all shards of verify --bytes --shard.")
    var merge = false

    @Flag(help: "Ask the store what is at each key.")
    var remote = false

    @Option(help: ArgumentHelp("With --remote: how many keys are asked for at once.", valueName: "n"))
    var keysAtOnce = 64

    @Flag(help: "Count warnings as errors.")
    var strict = false

    @Flag(help: "List every rule: id, severity, wording, where it is documented.")
    var rules = false

    func validate() throws {
        guard (1...256).contains(keysAtOnce) else {
            throw ValidationError("--keys-at-once \(keysAtOnce) is not from 1 to 256.")
        }
        guard shard.shard == nil || bytes else { throw ValidationError("--shard goes with --bytes.") }
        guard shard.shard == nil || sample == nil else {
            throw ValidationError("--shard and --sample exclude each other.")
        }
        guard !remote || (shard.shard == nil && sample == nil) else {
            throw ValidationError("--remote goes with neither --shard nor --sample.")
        }
        guard seed == nil || sample != nil else { throw ValidationError("--seed goes with --sample.") }
        guard !merge || !(bytes || remote || sample != nil || strict) else {
            throw ValidationError(
                "--merge reads results; it goes with none of --bytes, --remote, --sample and --strict.")
        }
    }

    /// Whether the files' bytes are read.
    var readsFiles: Bool { bytes || sample != nil }

    /// Which of the files' bytes are checked.
    ///
    /// - Throws: ``CommandFailure`` (64) if the scheduler's variables do not tell the shard.
    func scope() throws(CommandFailure) -> BytesScope {
        if let sample {
            // A short seed is easily typed again.
            return .sample(sample, seed: seed ?? UInt64(UInt32.random(in: 0...UInt32.max)))
        }
        return try shard.number().map { .shard($0) } ?? .all
    }

    /// How much of a manifest is kept in memory, in parts: it is read several times where parts are selected.
    var room: Int {
        shard.shard == nil && sample == nil ? ManifestCheck.usualRoom : ShardMerge.usualRoom
    }
}

extension VerifyCommand: NamesCommand {
    var names: [String] {
        get { manifests }
        set { manifests = newValue }
    }
}
