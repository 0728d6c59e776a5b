import ArgumentParser

/// How much a command says on standard error.
struct OutputOptions: ParsableArguments {
    @Option(help: "Show progress as a bar, as lines, by what standard error is (auto), or not at all.")
    var progress = ProgressMeter.Style.auto

    @Flag(name: .shortAndLong, help: "Say nothing but warnings and errors.")
    var quiet = false

    @Flag(name: .shortAndLong, help: "Say more about what is done.")
    var verbose = false

    func validate() throws {
        guard !(quiet && verbose) else { throw ValidationError("--quiet and --verbose exclude each other.") }
    }

    /// Makes the options hold for the console; returns how progress is shown.
    func apply() -> ProgressMeter.Style {
        Console.standardError.set(quiet ? .quiet : verbose ? .verbose : .normal)
        return quiet ? .none : progress
    }
}

extension ProgressMeter.Style: ExpressibleByArgument {}
