import ArgumentParser

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
    var symlinks = SymlinkChoice.error

    func validate() throws {
        guard !paths.isEmpty || filesFrom != nil else {
            throw ValidationError("No files given; name them, or use --files-from.")
        }
        guard !null || filesFrom != nil else { throw ValidationError("-0 goes with --files-from.") }
        for pattern in include + exclude where pattern.isEmpty {
            throw ValidationError("An empty pattern matches nothing; leave it out.")
        }
    }
}

/// What a symbolic link is taken for.
enum SymlinkChoice: String, CaseIterable, ExpressibleByArgument, Sendable {
    case error, follow, skip
}
