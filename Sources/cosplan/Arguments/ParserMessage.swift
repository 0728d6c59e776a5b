import PlanCore

/// Messages of the argument parser, which repeats arguments unescaped.
enum ParserMessage {
    /// `message` with every argument in it escaped for display.
    ///
    /// `arguments` are those of the process.
    static func shown(_ message: String, of arguments: [[UInt8]]) -> String {
        var text = message
        for (raw, shown) in replacements(arguments) { text = text.replacing(raw, with: shown) }
        return text
    }

    /// `message`, with the options that begin like an unknown one.
    ///
    /// Without such ones the parser's own suggestion stays: options that differ in few letters. `help` is the
    /// command's, which lists all.
    static func completed(_ message: String, help: () -> String) -> String {
        let form = /(Unknown option '(--[a-z][-a-z]*)')(\. Did you mean '[^']*'\?)?(?=\n|$)/
        guard let match = message.prefixMatch(of: form) else { return message }
        let options = help().split(separator: "\n").filter { $0.hasPrefix("  -") }
            .flatMap { $0.matches(of: /--[a-z0-9]+(-[a-z0-9]+)*/).map { String($0.output.0) } }
        let meant = Set(options).filter { $0.hasPrefix(match.output.2) }.sorted()
        guard !meant.isEmpty else { return message }
        let names = meant.map { "'\($0)'" }.joined(separator: " or ")
        return "\(match.output.1). Did you mean \(names)?" + message[match.range.upperBound...]
    }

    /// Arguments, and the values in `--option=value`, that need escaping.
    ///
    /// The longest come first, since one may be part of another.
    private static func replacements(_ arguments: [[UInt8]]) -> [(raw: String, shown: String)] {
        arguments.flatMap { bytes -> [String] in
            let word = String(decoding: bytes, as: UTF8.self)
            guard let equals = word.firstIndex(of: "=") else { return [word] }
            return [word, String(word[word.index(after: equals)...])]
        }
        .map { (raw: $0, shown: $0.escapedForDisplay) }
        .filter { !$0.raw.utf8.elementsEqual($0.shown.utf8) }
        .sorted { $0.raw.utf8.count > $1.raw.utf8.count }
    }
}
