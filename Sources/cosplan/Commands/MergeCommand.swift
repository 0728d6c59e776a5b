import ArgumentParser
import PlanCore
import PlanFiles
import PlanManifest

/// `cosplan merge`: combines the shards that several machines planned into one plan.
struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        _superCommandName: CommandNames.root,
        abstract: "Make one plan of the shards that several machines wrote, if none is missing.",
        usage: "cosplan merge [<options>] <shard> ...",
        discussion: """
            Checks that every shard of one list is there exactly once and whole, and writes the plan \
            that one machine would have written, byte for byte:

              cosplan merge shard-*.yaml -o plan.yaml

            Ends with 0 if the plan was written, 1 if shards are missing, twice there, edited or of \
            another list, 65 if one is no manifest, 66 if one is missing.
            """)

    @Argument(help: ArgumentHelp("Manifests with a shard each.", valueName: "shard"), completion: .file())
    var shards: [String]

    @Option(help: ArgumentHelp("What the plan is written as.", valueName: "form"))
    var format = ManifestFormat.yaml

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Write the plan there, whole or not at all.", valueName: "file"),
        completion: .file())
    var output: String?

    @Flag(help: "Accept paths that leave the root.")
    var allowOutside = false

    @OptionGroup var console: OutputOptions

    func validate() throws {
        try ManifestInput.checkStandardInput(in: shards)
    }

    func run() throws {
        let style = console.apply()
        let start = ContinuousClock.now
        let reading = ReadingProgress(style, of: shards)
        defer { reading.stop() }
        // The shards share the room that one manifest may keep in memory.
        let room = ShardMerge.usualRoom / shards.count
        var nodes: [FileNode?] = []
        let given = try shards.map { name in
            let source = try withFileFailures { try ManifestInput.source(name) }
            nodes.append(source.node)
            // Keys are compared across shards only once the shards are known to be distinct.
            var keys = KeyRegistry()
            return try CheckedInput.manifest(
                reading.watch(source), name: name, allowOutside: allowOutside, keys: &keys, keeping: room)
        }
        let merge = try ShardMerge(given)
        try withFileFailures {
            try merge.check()
            let destination = try PlanDestination(path: output)
            for (name, node) in zip(shards, nodes) {
                try destination.replacement?.require(isNot: node, "the shard '\(name.escapedForDisplay)'")
            }
            try destination.write { output in try merge.write(as: format, to: output) }
        }
        reading.stop()
        let bytes = given.reduce(Int64(0)) { $0.addingClamped($1.totalBytes) }
        Console.standardError.summary(
            WorkSummary(
                "merged", files: given.reduce(0) { $0 + $1.fileCount }, bytes: bytes, in: .now - start))
    }
}

extension MergeCommand: NamesCommand {
    var names: [String] {
        get { shards }
        set { shards = newValue }
    }
}
