import ArgumentParser
import PlanCore
import PlanFiles
import PlanManifest

/// `cosplan diff`: what changed from one manifest to another.
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        _superCommandName: CommandNames.root,
        abstract: "Compare two manifests: files added, removed and changed, with byte ranges.",
        usage: "cosplan diff [<options>] <old> <new>",
        discussion: """
            Reads the manifests only, never the files. Parts' digests tell which bytes of a file \
            changed; where they cannot tell, it says so:

              cosplan diff old.yaml new.yaml
              cosplan hash big.bin | cosplan diff plan.yaml -

            Ends with 0 if the manifests plan the same, 1 if not, 65 if one is no legal manifest, \
            66 if one is missing.
            """)

    @Argument(
        help: ArgumentHelp("The manifest to begin from; - is standard input.", valueName: "old"),
        completion: .file())
    var old: String

    @Argument(
        help: ArgumentHelp("The manifest to compare with it; - is standard input.", valueName: "new"),
        completion: .file())
    var new: String

    @Option(
        help: ArgumentHelp("How the result is written: text, or one JSON object.", valueName: "form"))
    var format = ResultFormat.text

    @OptionGroup var patterns: FilterOptions

    @Flag(help: "Accept paths that leave the root.")
    var allowOutside = false

    @OptionGroup var console: OutputOptions

    func validate() throws {
        try ManifestInput.checkStandardInput(in: [old, new])
    }

    func run() throws {
        let style = console.apply()
        let output = try StandardOutput()
        let choice = try FileChoice(patterns)
        let reading = ReadingProgress(style, of: [old, new])
        defer { reading.stop() }
        let (before, after) = (try manifest(old, reading), try manifest(new, reading))
        if choice.isRestricted { try checkChoice(choice, in: [before, after]) }
        let comparison = ManifestComparison(from: before, to: after, selecting: choice.includes)
        let totals =
            switch format {
            case .text: try writeText(comparison, to: output)
            case .json: try writeJSON(comparison, to: output)
            }
        try output.finish()
        guard totals.areSame else { throw CommandFailure(.answerIsNo, nil) }
    }

    /// Reads a manifest, which must not break a rule.
    ///
    /// Each has its own key registry, since both plan the same objects.
    private func manifest(_ name: String, _ reading: ReadingProgress) throws -> CheckedManifest {
        let source = try withFileFailures { try ManifestInput.source(name) }
        var keys = KeyRegistry()
        return try CheckedInput.manifest(
            reading.watch(source), name: name, allowOutside: allowOutside, keys: &keys,
            keeping: ManifestComparison.usualRoom,
            brokenIs: .malformed)
    }

    /// Refuses patterns that leave nothing of both.
    private func checkChoice(_ choice: FileChoice, in manifests: [CheckedManifest]) throws {
        let chosen = try withFileFailures { try manifests.map { try choice.count(in: $0).files } }
        try choice.check(
            chosen: chosen.reduce(0, +), of: manifests.map(\.fileCount).reduce(0, +))
    }

    private func writeText(
        _ comparison: ManifestComparison, to output: StandardOutput
    ) throws -> ManifestComparison.Totals {
        var settings = SettingsTally()
        let totals = try withFileFailures {
            try comparison.forEachChange { change in
                settings.add(change)
                for line in DiffText.lines(of: change) { try output.line(line) }
            }
        }
        for line in settings.lines { try output.line(line) }
        try output.line(
            "\(counted(totals.changed, "file")) changed, \(totals.added) added, \(totals.removed) removed, "
                + "\(totals.same) the same")
        return totals
    }

    private func writeJSON(
        _ comparison: ManifestComparison, to output: StandardOutput
    ) throws -> ManifestComparison.Totals {
        var stream = try ResultStream(output, list: "files")
        let totals = try withFileFailures {
            try comparison.forEachChange { change in try stream.item(DiffReport.File(change)) }
        }
        try stream.end(DiffReport(totals, old: old, new: new))
        return totals
    }
}
