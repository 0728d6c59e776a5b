import Foundation

/// The page for `man cosplan`, from what the parser knows of the commands and from the articles.
struct ManualPage {
    /// What the parser dumps of itself, as far as the page needs it.
    private struct Tool: Decodable {
        var command: Command
    }

    private struct Command: Decodable {
        var commandName: String
        var abstract: String?
        var discussion: String?
        var arguments: [Argument]?
        var subcommands: [Command]?
    }

    private struct Argument: Decodable {
        struct Name: Decodable {
            var kind: String
            var name: String
        }

        var kind: String
        var abstract: String?
        var sectionTitle: String?
        var valueName: String?
        var defaultValue: String?
        var allValues: [String]?
        var isRepeating: Bool
        var isOptional: Bool
        var shouldDisplay: Bool
        var names: [Name]?
    }

    /// Whether a command line asks for the page.
    static func isAskedFor(by arguments: [String]) -> Bool { arguments == ["--generate-manual"] }

    private var lines: [String] = []

    /// The page of the commands that `dump` describes, in the parser's JSON.
    init(dump: String) throws {
        let root = try JSONDecoder().decode(Tool.self, from: Data(dump.utf8)).command
        // Of a command with commands of its own, those.
        let commands = (root.subcommands ?? []).filter { $0.commandName != "help" }.flatMap { command in
            guard let inner = command.subcommands, !inner.isEmpty else { return [command] }
            return inner.map { inner in
                var inner = inner
                inner.commandName = "\(command.commandName) \(inner.commandName)"
                return inner
            }
        }
        lines = [
            ".TH COSPLAN 1 \"\" \"cosplan \(Version.number)\" \"User Commands\"",
            // A line is broken between words only, and its end is left ragged.
            ".nh", ".ad l",
        ]
        section("NAME")
        lines.append("cosplan \\- " + Self.escaped(Self.lowerCased(root.abstract ?? "")))
        section("SYNOPSIS")
        for command in commands { synopsis(of: command) }
        section("DESCRIPTION")
        add(discussion: root.discussion ?? "")
        section("COMMANDS")
        for command in commands { add(command) }
        add(.exitCodes, as: "EXIT STATUS")
        add(.environment, as: "ENVIRONMENT")
        add(.examples, as: "EXAMPLES")
        section("SEE ALSO")
        add("cosplan help TOPIC explains the rest; topics: \(HelpTopic.list).")
    }

    /// The page, in roff.
    var text: String { lines.joined(separator: "\n") + "\n" }

    /// Writes the page to standard output.
    static func write() throws {
        let page = try ManualPage(dump: Cosplan._dumpHelp())
        let output = try StandardOutput()
        try output.write(Array(page.text.utf8))
        try output.finish()
    }

    private mutating func section(_ title: String) { lines.append(".SH \"\(title)\"") }

    private mutating func synopsis(of command: Command) {
        let arguments = (command.arguments ?? []).filter { $0.kind == "positional" && $0.shouldDisplay }
        let names = arguments.map { argument in
            let name =
                "\\fI\(Self.escaped(argument.valueName ?? ""))\\fR" + (argument.isRepeating ? " ..." : "")
            return argument.isOptional ? "[\(name)]" : name
        }
        lines.append(
            "\\fBcosplan \(command.commandName)\\fR [\\fIoptions\\fR] " + names.joined(separator: " "))
        lines.append(".br")
    }

    private mutating func add(_ command: Command) {
        lines.append(".SS \"cosplan \(command.commandName)\"")
        add(command.abstract ?? "")
        add(discussion: command.discussion ?? "")
        var title: String?
        for argument in command.arguments ?? [] where argument.shouldDisplay {
            if argument.names?.contains(where: { ["help", "version"].contains($0.name) }) == true {
                continue
            }
            if let own = argument.sectionTitle, own != title { add("\(own):") }
            title = argument.sectionTitle
            add(argument)
        }
    }

    private mutating func add(_ argument: Argument) {
        let value = argument.kind == "flag" ? "" : "\\fI\(Self.escaped(argument.valueName ?? ""))\\fR"
        let names = (argument.names ?? []).map { name in
            "\\fB" + Self.escaped((name.kind == "long" ? "--" : "-") + name.name) + "\\fR"
        }
        let term =
            argument.kind == "positional"
            ? value : names.joined(separator: ", ") + (value.isEmpty ? "" : " " + value)
        var text = argument.abstract ?? ""
        var notes: [String] = []
        if let values = argument.allValues, !values.isEmpty {
            notes.append("values: \(values.joined(separator: ", "))")
        }
        if let initial = argument.defaultValue, !initial.isEmpty { notes.append("default: \(initial)") }
        if !notes.isEmpty { text += " (\(notes.joined(separator: "; ")))" }
        entry(term, text)
    }

    private mutating func add(_ topic: HelpTopic, as title: String) {
        section(title)
        // What else a topic has is too much for the page.
        for block in topic.articles.first?.blocks ?? [] { add(block) }
    }

    private mutating func add(_ block: Article.Block) {
        switch block {
        // The files that the environment's article lists are a section of their own, as in other pages.
        case .heading(let text): section(text.uppercased())
        case .paragraph(let text): add(text)
        case .list(let entries):
            for item in entries { entry(Self.escaped(item.mark), item.text) }
        case .code(let code): example(code)
        case .table(let headers, let rows):
            for row in rows {
                let others = zip(headers, row).dropFirst(2).filter { !$0.1.isEmpty }.map {
                    "\($0.0): \($0.1)"
                }
                let text = ([row.dropFirst().first ?? ""] + others).joined(separator: "; ")
                entry("\\fB\(Self.escaped(row.first ?? ""))\\fR", text)
            }
        }
    }

    /// Paragraphs; those that are indented are examples.
    private mutating func add(discussion: String) {
        for paragraph in discussion.split(separator: "\n\n") {
            let text = paragraph.split(separator: "\n").map(String.init)
            if text.allSatisfy({ $0.hasPrefix("  ") }) {
                example(text.map { String($0.dropFirst(2)) })
            } else {
                add(text.joined(separator: " "))
            }
        }
    }

    private mutating func add(_ paragraph: String) {
        guard !paragraph.isEmpty else { return }
        lines += [".PP", Self.line(paragraph)]
    }

    private mutating func entry(_ term: String, _ text: String) {
        lines += [".TP", term]
        if !text.isEmpty { lines.append(Self.line(text)) }
    }

    private mutating func example(_ code: [String]) {
        lines += [".PP", ".nf", ".RS 4"] + code.map(Self.line) + [".RE", ".fi"]
    }

    /// A line of text; one that begins like a request is none.
    private static func line(_ text: String) -> String {
        let escaped = escaped(text)
        return escaped.hasPrefix(".") || escaped.hasPrefix("'") ? "\\&" + escaped : escaped
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("'", with: "\\(aq")
            .replacing("`", with: "\\(ga").replacing("^", with: "\\(ha").replacing("~", with: "\\(ti")
            .replacing("…", with: "...").replacing("×", with: "x")
    }

    private static func lowerCased(_ text: String) -> String {
        let rest = text.hasSuffix(".") ? text.dropLast() : text[...]
        return rest.prefix(1).lowercased() + rest.dropFirst()
    }
}
