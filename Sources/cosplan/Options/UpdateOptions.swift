import ArgumentParser

/// An earlier plan, which makes planning faster.
struct UpdateOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Start from an earlier manifest of the files: what their bytes confirm of it is not hashed front to "
                + "back again. The result is the same. - is standard input.", valueName: "manifest"),
        completion: .file())
    var update: String?

    @Option(
        help: ArgumentHelp(
            "Keep the files' times there, beside the plan. With --update, files untouched since are not read.",
            valueName: "file"),
        completion: .file())
    var stamps: String?

    func validate() throws {
        guard stamps == nil || update != "-" else {
            throw ValidationError("--stamps goes with a manifest of --update that is a file, not -.")
        }
        guard stamps != "-" else { throw ValidationError("--stamps -: name a file.") }
    }
}
