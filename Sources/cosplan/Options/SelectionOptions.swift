import ArgumentParser
import PlanCore
import PlanFiles

/// Selects the files to plan.
struct SelectionOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Files to plan, relative to --root; folders with --recursive.", valueName: "path"),
        completion: .file())
    var paths: [String] = []

    @Flag(
        name: .shortAndLong,
        help: "Plan every file below the folders given that passes --include and --exclude.")
    var recursive = false

    @OptionGroup var patterns: FilterOptions

    @Option(
        help: ArgumentHelp(
            "Read more paths from a file, one a line; - is standard input.", valueName: "file"),
        completion: .file())
    var filesFrom: String?

    @Flag(
        name: [.customShort("0"), .customLong("null")],
        help: "Paths of --files-from end in NUL, not in a line end.")
    var null = false

    @Option(
        help: ArgumentHelp(
            "What a symbolic link is: an error, the file it names, or nothing.", valueName: "what"))
    var symlinks = LinkPolicy.error

    func validate() throws {
        guard !paths.isEmpty || filesFrom != nil else {
            throw ValidationError("No files given; name them, or use --files-from.")
        }
        guard !null || filesFrom != nil else { throw ValidationError("-0 goes with --files-from.") }
        guard !paths.contains("-") else {
            throw ValidationError(
                "-: hash cannot read standard input, it needs a file; name one (./- for a file of that name), or "
                    + "give a list of files with --files-from -.")
        }
    }
}

extension LinkPolicy: ChoiceArgument {}
