import ArgumentParser
import PlanCore

/// Checks command names before the parser runs: the parser reports an unknown name as a stray argument, and
/// ignores one after `help`.
enum CommandNames {
    /// The program's own.
    ///
    /// Commands name it as what stands above them: the parser then does not look for the flag of completion scripts among
    /// their options, which would take as long as a quarter of the options.
    static let root = "cosplan"

    /// All of them but `help`.
    static var known: [String] {
        Cosplan.configuration.subcommands.compactMap { $0.configuration.commandName }
    }

    /// Whether there is a command `name`; makes no more of their texts than it must.
    private static func isKnown(_ name: String) -> Bool {
        Cosplan.configuration.subcommands.contains { $0.configuration.commandName == name }
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
        guard let name = words.first, !name.hasPrefix("-"), name != "help", !isKnown(name) else {
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
