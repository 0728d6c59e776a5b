/// What the parser generates for shells, with the words that `cosplan help` takes: the parser knows none.
enum CompletionScript {
    /// Whether a command line asks for one.
    static func isAskedFor(by arguments: [String]) -> Bool {
        arguments.contains { $0.hasPrefix("--generate-completion-script") }
    }

    /// `script` with those words.
    static func withTopics(_ script: String) -> String {
        let words = (CommandNames.known + HelpTopic.allCases.map(\.rawValue)).joined(separator: " ")
        // bash: the function for `help` offers no words.
        let bash = script.firstRange(of: "_cosplan_help() {").flatMap { start in
            script[start.upperBound...].firstRange(of: "\n}")
        }
        if script.hasPrefix("#!/bin/bash"), let end = bash {
            return script.replacingCharacters(
                in: end,
                with: "\n    __cosplan_add_completions -W '\(words.replacing(" ", with: "'$'\\n''"))'\n}")
        }
        // zsh: the argument of `help` has no values.
        if script.contains("'*:subcommands:'") {
            return script.replacing("'*:subcommands:'", with: "'*:topic:(\(words))'")
        }
        // fish: a line for each thing that can be completed.
        return script + "\ncomplete -c 'cosplan' -n '__fish_seen_subcommand_from help' -fa '\(words)'"
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
        String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
    }
}
