import ArgumentParser

/// Progress and verbosity of a command.
struct OutputOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Show progress as a bar, as lines, by what standard error is (auto), or not at all.",
            valueName: "mode"))
    var progress = ProgressMeter.Style.auto

    @OptionGroup var verbosity: VerbosityOptions

    /// Applies the options to the console; returns the progress style.
    func apply() -> ProgressMeter.Style {
        verbosity.apply()
        return verbosity.quiet ? .none : progress
    }
}

extension ProgressMeter.Style: ExpressibleByArgument {}

/// The verbosity on standard error.
struct VerbosityOptions: ParsableArguments {
    @Flag(
        name: .shortAndLong,
        help: "No progress and no notes; results still go to standard output.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Say more about what is done.")
    var verbose = false

    func validate() throws {
        guard !(quiet && verbose) else { throw ValidationError("--quiet and --verbose exclude each other.") }
    }

    /// Applies the options to the console.
    func apply() {
        Console.standardError.set(quiet ? .quiet : verbose ? .verbose : .normal)
    }
}
