import ArgumentParser
import PlanCore

/// The commands' names, asked for before the parser is: it takes a name it does not know for a stray argument, and
/// after `help` for none.
enum CommandNames {
    private static var known: [String] {
        Cosplan.configuration.subcommands.compactMap { $0.configuration.commandName }
    }

    /// All of them, for a message.
    static var list: String { known.joined(separator: ", ") }

    /// Refuses a command that is none.
    ///
    /// - Parameter arguments: those of the process, without its own name.
    static func check(_ arguments: [String]) throws(CommandFailure) {
        var words = arguments[...]
        if words.first == "help" { words = words.dropFirst() }
        guard let name = words.first, !name.hasPrefix("-"), name != "help", !known.contains(name) else {
            return
        }
        throw CommandFailure(
            .usage, "no such command '\(name.escapedForDisplay(limit: 60))'; commands: \(list)")
    }
}
