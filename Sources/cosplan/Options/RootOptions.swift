import ArgumentParser

/// The folder that every `path` of a manifest is relative to.
struct RootOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The folder that paths are relative to.", valueName: "dir"),
        completion: .directory)
    var root = "."

    @Flag(help: "Accept absolute paths, '..' and links that leave the root.")
    var allowOutside = false

    func validate() throws {
        guard !root.isEmpty else { throw ValidationError("--root is empty; '.' names the current folder.") }
    }
}
