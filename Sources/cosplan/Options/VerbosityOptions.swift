import ArgumentParser

/// How much a command says on standard error.
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

    /// Makes the options hold for the console.
    func apply() {
        Console.standardError.set(quiet ? .quiet : verbose ? .verbose : .normal)
    }
}
