/// A command line with long runs of names taken out.
///
/// The parser's running time is quadratic in the number of arguments. In a run of words that do not begin
/// with `-`, only the first can be an option's value, the second (at the very beginning) a command's
/// argument, and the third appears in error messages. All others can only be names, so the parser need not
/// see them.
struct LongArguments {
    /// The arguments for the parser.
    ///
    /// Each run's rest is replaced by one word with a NUL in it, which no real argument can contain.
    let shortened: [String]
    private var asides: [String: [String]] = [:]

    /// Whether any names were taken out.
    var isShortened: Bool { !asides.isEmpty }

    /// Takes out the rest of runs of more than `longest` names.
    init(_ arguments: [String], longest: Int = 64) {
        var shortened: [String] = []
        var next = arguments.startIndex
        var isAfterDashes = false
        while next < arguments.endIndex {
            let run = arguments[next...].prefix { isAfterDashes || !$0.utf8.starts(with: "-".utf8) }
            if run.count > longest {
                let token = "\u{0}\(asides.count)"
                shortened += run.prefix(3)
                shortened.append(token)
                asides[token] = Array(run.dropFirst(3))
            } else {
                shortened += run
            }
            next = run.endIndex
            guard next < arguments.endIndex else { break }
            isAfterDashes = arguments[next] == "--"
            shortened.append(arguments[next])
            next += 1
        }
        self.shortened = shortened
    }

    /// The original names.
    func restore(_ names: [String]) -> [String] {
        isShortened ? names.flatMap { asides[$0] ?? [$0] } : names
    }

    /// A parser message about the shortened arguments, with the number of names that were taken out.
    func explain(_ message: String) -> String {
        asides.reduce(message) { text, aside in
            text.replacing("'\(aside.key)'", with: "and \(aside.value.count) more")
        }
    }
}

/// A parser error about shortened arguments.
struct LongArgumentsError: Error {
    let error: any Error
    let arguments: LongArguments
}

/// A command that takes any number of names.
protocol NamesCommand {
    /// The names that its argument received.
    var names: [String] { get set }
}
