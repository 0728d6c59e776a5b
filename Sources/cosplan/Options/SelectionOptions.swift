import ArgumentParser
import PlanCore
import PlanFiles

/// Which files are meant.
struct SelectionOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Files to plan; folders with --recursive.", valueName: "path"))
    var paths: [String] = []

    @Flag(name: .shortAndLong, help: "Plan every file below the folders given.")
    var recursive = false

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("With folders: only files that match. May be repeated.", valueName: "glob"))
    var include: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("With folders: leave out what matches. May be repeated.", valueName: "glob"))
    var exclude: [String] = []

    @Option(
        help: ArgumentHelp("Read more paths from a file, one a line; - is standard input.", valueName: "file")
    )
    var filesFrom: String?

    @Flag(
        name: [.customShort("0"), .customLong("null")],
        help: "Paths of --files-from end in NUL, not in a line end.")
    var null = false

    @Option(help: "What a symbolic link is: an error, the file it names, or nothing.")
    var symlinks = LinkPolicy.error

    /// The patterns, ready to match.
    func filter() throws -> FileFilter {
        try FileFilter(
            includes: include.map { try Glob(ByteString($0)) },
            excludes: exclude.map { try Glob(ByteString($0)) })
    }

    func validate() throws {
        guard !paths.isEmpty || filesFrom != nil else {
            throw ValidationError("No files given; name them, or use --files-from.")
        }
        guard !null || filesFrom != nil else { throw ValidationError("-0 goes with --files-from.") }
        do {
            _ = try filter()
        } catch let error as GlobError {
            throw ValidationError("--include or --exclude: \(error.description)")
        }
    }
}

extension LinkPolicy: ExpressibleByArgument {}
