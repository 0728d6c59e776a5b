import ArgumentParser
import PlanCore

/// Checks command names before the parser runs: the parser reports an unknown name as a stray argument, and
/// ignores one after `help`.
enum CommandNames {
    /// All of them but `help`.
    static var known: [String] {
        Cosplan.configuration.subcommands.compactMap { $0.configuration.commandName }
    }

    /// All command names, for a message.
    static var list: String { known.joined(separator: ", ") }

    /// Refuses an unknown command.
    ///
    /// `arguments` are those of the process, without its own name.
    ///
    /// - Throws: ``CommandFailure`` (64).
    static func check(_ arguments: [String]) throws(CommandFailure) {
        var words = arguments[...]
        if words.first == "help" { words = words.dropFirst() }
        guard let name = words.first, !name.hasPrefix("-"), name != "help", !known.contains(name) else {
            return
        }
        let asksForHelp = arguments.first == "help"
        guard !asksForHelp || HelpTopic(rawValue: name) == nil else { return }
        let topics = asksForHelp ? "; topics: \(HelpTopic.list)" : ""
        throw CommandFailure(
            .usage,
            "no such command\(asksForHelp ? " or topic" : "") '\(name.escapedForDisplay(limit: 60))'; commands: "
                + list + topics)
    }
}
