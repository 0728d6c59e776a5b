import ArgumentParser

/// Progress and verbosity of a command.
struct OutputOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Show progress as a bar, as lines, by what standard error is (auto), for a program (json: all of "
                + "standard error is one JSON object a line), or not at all.",
            valueName: "mode"))
    var progress = ProgressMeter.Style.auto

    @OptionGroup var verbosity: VerbosityOptions

    /// Applies the options to the console; returns the progress style.
    func apply() -> ProgressMeter.Style {
        verbosity.apply(asJSON: progress == .json)
        return verbosity.quiet ? .none : progress
    }
}

extension ProgressMeter.Style: ChoiceArgument {}

/// The verbosity on standard error.
struct VerbosityOptions: ParsableArguments {
    @Flag(
        name: .shortAndLong,
        help: "No progress, notes or summary; results still go to standard output.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Say more about what is done, with times.")
    var verbose = false

    func validate() throws {
        guard !(quiet && verbose) else { throw ValidationError("--quiet and --verbose exclude each other.") }
    }

    /// Applies the options to the console.
    func apply(asJSON isJSON: Bool = false) {
        Console.standardError.set(quiet ? .quiet : verbose ? .verbose : .normal, asJSON: isJSON)
    }
}

/// What a command's result is written as.
struct ResultOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("How the result is written: text, or one JSON object.", valueName: "form"))
    var format = ResultFormat.text
}
