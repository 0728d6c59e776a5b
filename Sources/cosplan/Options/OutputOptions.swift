import ArgumentParser

/// How a command that takes its time shows it, and how much it says.
struct OutputOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Show progress as a bar, as lines, by what standard error is (auto), or not at all.",
            valueName: "mode"))
    var progress = ProgressMeter.Style.auto

    @OptionGroup var verbosity: VerbosityOptions

    /// Makes the options hold for the console; returns how progress is shown.
    func apply() -> ProgressMeter.Style {
        verbosity.apply()
        return verbosity.quiet ? .none : progress
    }
}

extension ProgressMeter.Style: ExpressibleByArgument {}
