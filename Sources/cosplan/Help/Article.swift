/// An article of the documentation: as much of Markdown as its pages use.
struct Article {
    /// A piece of an article.
    enum Block: Equatable {
        /// A heading below the title.
        case heading(String)
        case paragraph(String)
        /// Entries with the marks they begin with, `*` or a number.
        case list([Entry])
        /// Lines to be shown as they are.
        case code([String])
        case table(headers: [String], rows: [[String]])
    }

    /// An entry of a list.
    struct Entry: Equatable {
        var mark: String
        var text: String
    }

    let title: String
    let blocks: [Block]

    init(markdown: String) {
        var lines = markdown.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)[...]
        title = Self.plain(String(lines.popFirst()?.drop { $0 == "#" || $0 == " " } ?? ""))
        var blocks: [Block] = []
        while let line = lines.first {
            if line.isEmpty {
                lines.removeFirst()
            } else if line.hasPrefix("```") {
                blocks.append(Self.code(&lines))
            } else if line.hasPrefix("#") {
                lines.removeFirst()
                let text = Self.plain(String(line.drop { $0 == "#" || $0 == " " }))
                // DocC wants one of that name; it says nothing.
                if text != "Overview" { blocks.append(.heading(text)) }
            } else if line.hasPrefix("|") {
                blocks.append(Self.table(&lines))
            } else if Self.mark(of: line) != nil {
                blocks.append(Self.list(&lines))
            } else {
                blocks.append(.paragraph(Self.paragraph(&lines)))
            }
        }
        self.blocks = blocks
    }

    private static func code(_ lines: inout ArraySlice<String>) -> Block {
        lines.removeFirst()
        let code = lines.prefix { !$0.hasPrefix("```") }
        lines = lines.dropFirst(code.count + 1)
        return .code(Array(code))
    }

    private static func table(_ lines: inout ArraySlice<String>) -> Block {
        let table = lines.prefix { $0.hasPrefix("|") }
        lines = lines.dropFirst(table.count)
        let cells = table.map(cells)
        return .table(headers: cells.first ?? [], rows: Array(cells.dropFirst(2)))
    }

    /// The cells of a line of a table.
    private static func cells(_ line: String) -> [String] {
        var cells = [""]
        var isEscaped = false
        for character in line.dropFirst() {
            if character == "|", !isEscaped {
                cells.append("")
            } else {
                cells[cells.count - 1].append(character)
            }
            isEscaped = character == "\\"
        }
        return cells.dropLast().map { plain(trimmed($0)) }
    }

    private static func list(_ lines: inout ArraySlice<String>) -> Block {
        var entries: [Entry] = []
        while let line = lines.first, let mark = mark(of: line) {
            lines.removeFirst()
            var text = trimmed(String(line.dropFirst(mark.count)))
            while let next = lines.first, next.hasPrefix(" ") {
                text += " " + trimmed(next)
                lines.removeFirst()
            }
            entries.append(Entry(mark: mark == "-" ? "*" : mark, text: plain(text)))
        }
        return .list(entries)
    }

    /// The mark of a line that begins an entry.
    private static func mark(of line: String) -> String? {
        let mark = String(line.prefix { $0 != " " })
        guard line.count > mark.count else { return nil }
        let isNumber = mark.last == "." && mark.count > 1 && mark.dropLast().allSatisfy(\.isNumber)
        return mark == "*" || mark == "-" || isNumber ? mark : nil
    }

    private static func paragraph(_ lines: inout ArraySlice<String>) -> String {
        let text = lines.prefix {
            !$0.isEmpty && !$0.hasPrefix("```") && !$0.hasPrefix("|") && !$0.hasPrefix("#")
                && mark(of: $0) == nil
        }
        lines = lines.dropFirst(text.count)
        return plain(text.joined(separator: " "))
    }

    private static func trimmed(_ text: String) -> String {
        var rest = text[...]
        while rest.first == " " { rest.removeFirst() }
        while rest.last == " " { rest.removeLast() }
        return String(rest)
    }

    /// Text without marks: backquotes, escapes and links; of a link its text, of one to another page how to read that.
    private static func plain(_ text: String) -> String {
        text.replacing(#/<doc:(\w+)>/#) { link in
            HelpTopic.showing(page: String(link.output.1)).map { "cosplan help \($0.rawValue)" }
                ?? "the page \(link.output.1)"
        }
        .replacing(#/\[([^\]]+)\]\([^)]+\)/#) { String($0.output.1) }
        .replacing("`", with: "")
        .replacing(#/\\([_*|\\<>\[\]])/#) { String($0.output.1) }
    }
}
