import ArgumentParser
import Foundation
import PlanCore
import PlanDigest
import PlanFiles
import PlanManifest

/// `cosplan hash`: plans files and writes a manifest.
struct HashCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hash",
        _superCommandName: CommandNames.root,
        abstract: "Plan files: write their layout and digests as a manifest.",
        discussion: """
            Reads each file once and writes a manifest to standard output, or whole or not at all to \
            --output:

              cosplan hash big.bin > plan.yaml
              cosplan hash -r data --exclude '*.tmp' --prefix /backup -o plan.yaml
              find . -name '*.img' -print0 | cosplan hash --files-from - -0 > plan.yaml

            Without --keep-going the first failure stops it and nothing is written. A later run is faster \
            with --update, and skips files untouched since with --stamps:

              cosplan hash -r data --stamps plan.stamps -o plan.yaml
              cosplan hash -r data --update plan.yaml --stamps plan.stamps \\
                -o plan.yaml

            Several machines plan a shard each of the same files, and cosplan merge combines the shards \
            into one plan:

              cosplan hash -r data --shard 3/16 -o shards/shard-3.yaml
            """)

    @OptionGroup(title: "Files") var selection: SelectionOptions
    @OptionGroup(title: "Files") var root: RootOptions
    @OptionGroup(title: "Plan") var plan: PlanOptions
    @OptionGroup(title: "Target") var target: TargetOptions
    @OptionGroup(title: "Target") var keys: KeyOptions

    @Option(help: ArgumentHelp("What the manifest is written as.", valueName: "form"))
    var format = ManifestFormat.yaml

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write the manifest there, whole or not at all.", valueName: "file"),
        completion: .file())
    var output: String?

    @Flag(help: "Plan what can be planned; files that fail are named and left out.")
    var keepGoing = false

    @OptionGroup(title: "Update") var update: UpdateOptions
    @OptionGroup var shard: ShardOptions
    @OptionGroup var jobs: JobsOptions
    @OptionGroup var console: OutputOptions

    private var api: ServiceAPI { target.api ?? .json }

    func validate() throws {
        try target.check()
        try keys.check(for: api)
        guard shard.shard == nil || !keepGoing else {
            throw ValidationError(
                "--shard and --keep-going exclude each other: what one machine leaves out, the others would plan."
            )
        }
        guard shard.shard == nil || update.stamps == nil else {
            throw ValidationError("--shard and --stamps exclude each other: an index is of a whole plan.")
        }
        guard api == .json || plan.bizAttr.isEmpty else {
            throw ValidationError("--biz-attr has no place in the API \(api.rawValue); leave it out.")
        }
    }

    func run() throws {
        let style = console.apply()
        let kernel = try EngineOptions.kernel()
        let number = try shard.number()
        takeSignals()
        try withFileFailures {
            let root = try Root(path: ByteString(root.root))
            let destination = try PlanDestination(path: output)
            let settings = PlanSettings(plan)
            let entrySettings = EntrySettings(
                settings, format: format, api: api, prefix: keys.prefix, key: keys.key)
            let stamps = try update.stamps.map { try StampsWriter(path: $0, settings: entrySettings) }
            if let plan = destination.replacement, let stamps { try plan.require(isNot: stamps.replacement) }
            let found = try findFiles(below: root, besides: destination, stamps, style: style)
            if number != nil { try requireNoOutput(in: found) }
            for doubt in target.partialTarget.doubts { Console.standardError.warning(doubt.finding) }
            let (planned, unnamed) = try nameFiles(found.files, partSize: settings.partSize)
            let writer = ManifestWriter(
                format: format,
                document: DocumentHeader(
                    datashaKind: settings.datashaKind, target: target.partialTarget,
                    hasChecksums: !settings.checksums.isEmpty))
            let ownShard = number.map { HashShard($0, of: planned) }
            let files = ownShard?.files ?? planned
            let run = HashRun(
                root: root, files: files, shard: ownShard, plan: settings, writer: writer,
                update: try PlanUpdate(
                    update, settings: settings, entries: entrySettings, writer: writer, files: files,
                    allowOutside: self.root.allowOutside),
                stamps: stamps,
                engine: DigestEngine(jobs: jobs.count, kernel: kernel),
                allowOutside: self.root.allowOutside, keepGoing: keepGoing,
                failedBefore: found.failures.count + unnamed.count)
            let outcome = try run.run(style: style, to: destination)
            try end(
                done: outcome.done, failures: found.failures.map(ExitStatus.init) + unnamed + outcome.failures
            )
        }
    }

    /// Before hashing begins a signal ends the process at once: a list may be typed in, and a walk may take
    /// minutes.
    private func takeSignals() {
        let end: @Sendable (Interruption.Cause) -> Void = { cause in
            Interruption.endAtOnce(cause, HashRun.interrupted)
        }
        Interruption.shared.take(first: end, second: end)
    }

    /// The files that the arguments name; reports what was left out.
    private func findFiles(
        below root: Root, besides destination: PlanDestination, _ stamps: StampsWriter?,
        style: ProgressMeter.Style
    ) throws -> FileWalk.Outcome {
        let replacements = [destination.replacement, stamps?.replacement].compactMap { $0 }
        let finding = FindingProgress(
            style, readsTerminal: selection.filesFrom == "-" && isatty(STDIN_FILENO) == 1)
        defer { finding.stop() }
        var options = FileWalk.Options()
        options.recursive = selection.recursive
        options.links = selection.symlinks
        options.filter = try selection.patterns.filter()
        options.ownOutputs = destination.nodes.union(stamps?.nodes ?? [])
        options.outputFolders = destination.folders
        options.keepGoing = keepGoing
        options.allowOutside = self.root.allowOutside
        options.progress = finding.found
        let arguments = try arguments(besides: replacements)
        let found: FileWalk.Outcome
        do throws(FileError) {
            found = try FileWalk.files(arguments, below: root, options: options)
        } catch {
            throw CommandFailure(ExitStatus(error), words(for: error))
        }
        for replacement in replacements { try replacement.requireReplaceable(among: found.ownOutputs) }
        let console = Console.standardError
        for own in found.ownOutputs { console.warning("\(own.path): it is being written; left out") }
        if found.linksSkipped > 0 { console.note("\(counted(found.linksSkipped, "symbolic link")) left out") }
        for failure in found.failures { console.error(words(for: failure)) }
        guard found.files.isEmpty else { return found }
        if let failure = found.failures.first { throw CommandFailure(ExitStatus(failure), nil) }
        options.filter = FileFilter()
        // A second walk without the patterns tells how many files they excluded.
        options.keepGoing = true
        let all = try FileWalk.files(arguments, below: root, options: options).files.count
        throw CommandFailure(
            .inputMissing,
            all > 0
                ? "no files: \(counted(all, "file")) \(all == 1 ? "was" : "were") found, none passed "
                    + "--include and --exclude; a pattern with a / is held against the path from the root"
                : "no files: nothing was found to plan; name files, or folders with --recursive")
    }

    /// What one machine writes while another looks for files would be a file of its list.
    private func requireNoOutput(in found: FileWalk.Outcome) throws {
        guard found.ownOutputs.isEmpty, found.outputFolders.isEmpty else {
            let place =
                found.outputFolders.first.map { "the folder '\($0.escapedForDisplay)', which" }
                ?? found.ownOutputs.first.map { "'\($0.path)', which" } ?? ""
            throw CommandFailure(
                .usage,
                "--shard: the output goes to \(place) is to be planned, and the other shards would plan it; write it "
                    + "elsewhere")
        }
    }

    private func words(for error: FileError) -> String {
        guard case .isFolder(let path) = error else { return error.text }
        return "\(path.escapedForDisplay): is a folder; add -r to plan the files in it, or name them"
    }

    /// The paths that were given, also in a list, which no output may replace.
    private func arguments(besides replacements: [OutputReplacement]) throws -> [[UInt8]] {
        let paths = selection.paths.map(RawNames.bytes)
        guard let list = selection.filesFrom else { return paths }
        let node =
            list == "-"
            ? FileNode.ofRegularFile(descriptor: STDIN_FILENO) : FileNode.ofFile(at: ByteString(list))
        for replacement in replacements { try replacement.require(isNot: node, "the list of files") }
        return paths + (try PathList.paths(in: list, endInNUL: selection.null))
    }

    /// How many refused names are listed before the command ends.
    private static let refusedNamesShown = 20

    /// Assigns every file its key.
    ///
    /// Duplicate or illegal keys are an error here, before any hashing.
    ///
    /// With `--keep-going` a file without a legal key is reported and left out.
    private func nameFiles(
        _ files: [FoundFile], partSize: PartSize
    ) throws -> (files: [HashRun.File], failures: [ExitStatus]) {
        if keys.key != nil, files.count != 1 {
            throw CommandFailure(
                .usage, "--key: it names one object, but \(files.count) files are to be planned; use --prefix"
            )
        }
        var owners: [ObjectKey: LocalPath] = [:]
        var named: [HashRun.File] = []
        var refused: [CommandFailure] = []
        let names = KeyNames(keys, for: api)
        for file in files {
            do throws(CommandFailure) {
                named.append(try name(file, names.key(for: file.path), partSize: partSize, &owners))
            } catch {
                refused.append(error)
            }
        }
        // Names are known before anything is read: all that are refused are told of in one run.
        let shown = keepGoing ? refused[...] : refused.prefix(Self.refusedNamesShown)
        for failure in shown { failure.message.map { Console.standardError.error($0) } }
        if !keepGoing, let first = refused.first {
            if refused.count > shown.count {
                Console.standardError.error("\(refused.count - shown.count) more names are refused")
            }
            throw CommandFailure(first.status, nil)
        }
        guard !named.isEmpty else { throw CommandFailure(refused.first?.status ?? .usage, nil) }
        return (named, refused.map(\.status))
    }

    private func name(
        _ file: FoundFile, _ key: ObjectKey, partSize: PartSize, _ owners: inout [ObjectKey: LocalPath]
    ) throws(CommandFailure) -> HashRun.File {
        let parts = Layout(fileSize: file.size, pieceSize: partSize.bytes).count
        guard parts <= ManifestLimits.partsPerFile else {
            throw CommandFailure(
                .usage,
                "\(file.path): \(file.size) bytes are \(parts) parts of \(partSize.bytes); a manifest holds at "
                    + "most \(ManifestLimits.partsPerFile); use a larger --part-size")
        }
        if let limits = api.multipart,
            Layout(multipart: file.size, sliceSize: plan.sliceSize, limits: limits) == nil
        {
            throw CommandFailure(
                .usage,
                "\(file.path): \(file.size) bytes are more than \(limits.partCount) parts of at most "
                    + "\(limits.largestPart) bytes hold; the API \(api.rawValue) takes no larger object")
        }
        if let owner = owners.updateValue(file.path, forKey: key) {
            throw CommandFailure(
                .usage,
                "\(file.path): its key '\(key.text.escapedForDisplay)' is also that of \(owner); "
                    + "plan one of them with --key")
        }
        return HashRun.File(path: file.path, key: key, found: file.identity)
    }

    private func end(done: Int, failures: [ExitStatus]) throws {
        guard !failures.isEmpty else { return }
        throw CommandFailure(.ofBatch(done: done, failures: failures), nil)
    }
}

extension ManifestFormat: ChoiceArgument {}

extension HashCommand: NamesCommand {
    var names: [String] {
        get { selection.paths }
        set { selection.paths = newValue }
    }
}

extension HashCommand: LimitedCommand {
    func applyConsole() { _ = console.apply() }

    /// The minimum; more threads and files at once are faster but not required.
    var needs: ProcessNeeds { .hashing }
}

extension ProcessNeeds {
    /// The needs of hashing.
    ///
    /// Threads: one of the engine, one that reads ahead, those for signals and progress. Descriptors: a file,
    /// the output, a spool file, and those of libdispatch.
    static let hashing = ProcessNeeds(threads: 4, memory: 64 << 20, descriptors: 13, isConcurrent: false)
}
