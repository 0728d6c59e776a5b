import ArgumentParser
import PlanCore
import PlanFiles
import PlanManifest

/// `cosplan show`: shows what will be sent.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        _superCommandName: CommandNames.root,
        abstract: "Show what will be sent: a summary, or the wire text itself.",
        usage: "cosplan show [<options>] <manifest>",
        discussion: """
            Without options: one line a file.

              cosplan show plan.yaml
              cosplan show --format sha1sum plan.yaml | sha1sum -c
              cosplan show --uploadparts --path images/disk.img plan.yaml
              cosplan show --request init plan.yaml
            """)

    @Argument(
        help: ArgumentHelp("The manifest; - is standard input.", valueName: "manifest"),
        completion: .file())
    var manifest: String

    @Option(
        help: ArgumentHelp(
            "The summary as text, as one JSON object, or as lines that sha1sum -c checks.", valueName: "form")
    )
    var format = SummaryFormat.text

    @Flag(help: "The uploadparts JSON exactly as it is sent, one line a file.")
    var uploadparts = false

    @Option(
        help: ArgumentHelp(
            "A request as it is sent, Authorization redacted, control characters escaped, the file's bytes left out.",
            valueName: "op"))
    var request: RequestChoice?

    @OptionGroup(title: "Target, for --request") var target: TargetOptions
    @OptionGroup(title: "Target, for --request") var profile: ProfileOptions
    @OptionGroup(title: "Parts, for --request") var parts: PartOptions

    @Option(
        help: ArgumentHelp("Only the file with this path.", valueName: "path"), completion: .file())
    var path: String?

    @OptionGroup var patterns: FilterOptions

    @Flag(help: "Accept paths that leave the root.")
    var allowOutside = false

    @OptionGroup var console: OutputOptions

    func validate() throws {
        guard !uploadparts || request == nil else {
            throw ValidationError("--uploadparts and --request exclude each other.")
        }
        guard path == nil || patterns.isEmpty else {
            throw ValidationError("--path goes with neither --include nor --exclude; it names one file.")
        }
        guard format == .text || (!uploadparts && request == nil) else {
            throw ValidationError(
                "--format is that of the summary; it goes with neither --uploadparts nor --request.")
        }
    }

    func run() throws {
        let style = console.apply()
        let output = try StandardOutput()
        let choice = try FileChoice(patterns)
        let reading = ReadingProgress(style, of: [self.manifest])
        defer { reading.stop() }
        let source = try withFileFailures { try ManifestInput.source(self.manifest) }
        // Only a request says where it goes.
        let destination = Destination(
            flags: target.partialTarget,
            profile: try request.map { _ in try Profile(flag: profile.profile) })
        var keys = destination.keys
        let manifest = try CheckedInput.manifest(
            reading.watch(source), name: self.manifest, allowOutside: allowOutside, keys: &keys)
        let targets = try request.map { _ in try ResolvedTargets(manifest, at: destination) }
        ResolvedTargets.warn(of: [targets].compactMap(\.self))
        try withFileFailures {
            var stream = format == .json ? try ResultStream(output, list: "files") : nil
            var (shown, bytes) = (0, Int64(0))
            try manifest.forEachFile { entry in
                guard
                    path.map({ ByteString($0) == entry.file.path.bytes }) ?? choice.includes(entry.file.path)
                else { return }
                shown += 1
                bytes = bytes.addingClamped(entry.file.fileSize)
                if let targets, let request {
                    let target = targets.targets[entry.documentIndex]
                    switch request {
                    case .`init`:
                        try output.write(RequestText.first(entry.file, target: target, parts: parts))
                    case .upload:
                        try output.write(RequestText.only(entry.file, target: target, parts: parts))
                    }
                } else if uploadparts {
                    try output.write(UploadParts(entry.file.parts).json + [UInt8(ascii: "\n")])
                } else {
                    switch format {
                    case .text: try output.line(Self.summary(of: entry))
                    case .json: try stream?.item(ShownFile(entry, replacing: target.partialTarget))
                    case .sha1sum: try output.write(SumLine.bytes(of: entry.file))
                    }
                }
            }
            if let path, shown == 0 {
                throw CommandFailure(
                    .usage, "--path: no file of the manifest has the path '\(path.escapedForDisplay)'")
            }
            try choice.check(chosen: shown, of: manifest.fileCount)
            try stream?.end(ShownManifest(manifest, shown: shown))
            if format == .text, !uploadparts, request == nil, path == nil {
                try output.line(Self.total(shown, bytes, of: manifest))
            }
        }
        try output.finish()
    }

    /// For example `/key  1.00 GiB  1024 slices of 1 MiB  sha …  <- path`.
    private static func summary(of entry: ManifestFile) -> String {
        let file = entry.file
        let slices = Layout(fileSize: file.fileSize, pieceSize: file.sliceSize.bytes).count
        let way =
            file.fileSize == 0
            ? "simple upload"
            : "\(counted(slices, "slice")) of \(ByteCountArgument(bytes: file.sliceSize.bytes).defaultValueDescription)"
        let mode = file.insertOnly == .overwrite ? ", overwrite" : ""
        return
            "\(file.key.text.escapedForDisplay)  \(ByteText.size(file.fileSize)) (\(file.fileSize))  \(way)\(mode)  "
            + "sha \(file.sha)  from \(file.path)"
    }

    private static func total(_ files: Int, _ bytes: Int64, of manifest: CheckedManifest) -> String {
        let shown = files < manifest.fileCount ? "\(files) of " : ""
        return "\(shown)\(counted(manifest.fileCount, "file")), \(ByteText.size(bytes)) (\(bytes)) "
            + "in \(counted(manifest.documents.count, "document"))"
    }
}

/// A request that can be shown.
enum RequestChoice: String, ChoiceArgument, Sendable {
    /// The request that starts an upload in slices or parts.
    case `init`
    /// The single request of a small file; for json the one that `push --simple-up-to` sends.
    case upload
}

/// The format of a summary.
enum SummaryFormat: String, ChoiceArgument, Sendable {
    case text, json, sha1sum
}
