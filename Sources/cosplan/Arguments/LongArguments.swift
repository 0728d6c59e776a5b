/// A command line with its long runs of names set aside.
///
/// The parser's time grows with the square of the number of names: 10,000 files take it 2.5 s, hashing them 0.1 s. Of a
/// run of words that do not begin with `-` only the first can be an option's value and, at the very beginning, the
/// second a command's argument; the third shows in errors. The rest can be nothing but names, so the parser need not
/// look at them.
struct LongArguments {
    /// What the parser gets: each run's rest stands as one word that no argument can be, since it has a NUL in it.
    let shortened: [String]
    private var asides: [String: [String]] = [:]

    /// Whether anything was set aside.
    var isShortened: Bool { !asides.isEmpty }

    /// Sets aside what is left of runs of more than `longest` names.
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

    /// The names as they were given.
    func restore(_ names: [String]) -> [String] {
        isShortened ? names.flatMap { asides[$0] ?? [$0] } : names
    }

    /// What the parser said of the shortened arguments, with the number of the names that it did not see.
    func explain(_ message: String) -> String {
        asides.reduce(message) { text, aside in
            text.replacing("'\(aside.key)'", with: "and \(aside.value.count) more")
        }
    }
}

/// What the parser said of arguments that were set aside in part.
struct LongArgumentsError: Error {
    let error: any Error
    let arguments: LongArguments
}

/// A command that takes any number of names.
protocol NamesCommand {
    /// The names its argument took.
    var names: [String] { get set }
}
