import ArgumentParser

/// What a command's result is written as.
struct ResultOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("How the result is written: text, or one JSON object.", valueName: "form"))
    var format = ResultFormat.text
}
