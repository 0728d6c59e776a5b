/// An article as text for a terminal, laid out as the parser lays out help.
struct ArticleText {
    /// The text, with a line end at its end.
    let text: String

    /// Columns before the text of a table's row, at most.
    private static let widestTerm = 24

    /// Lays it out in `columns`.
    init(_ article: Article, columns: Int) {
        var lines = [article.title.uppercased()]
        for block in article.blocks {
            lines.append("")
            switch block {
            case .heading(let text): lines.append(text.uppercased())
            case .paragraph(let text): lines += Self.wrapped(text, columns: columns)
            case .list(let entries):
                for entry in entries {
                    lines += Self.entry(
                        "  " + entry.mark, entry.text, indent: 3 + entry.mark.count, columns: columns)
                }
            case .code(let code): lines += code.map { $0.isEmpty ? "" : "  " + $0 }
            case .table(let headers, let rows): lines += Self.table(headers, rows, columns: columns)
            }
        }
        text = lines.joined(separator: "\n") + "\n"
    }

    /// The first column beside the second; further ones, where they hold something, below, with their headers.
    ///
    /// Of more than three columns, which compare something, all but the first have their headers.
    private static func table(_ headers: [String], _ rows: [[String]], columns: Int) -> [String] {
        let terms = rows.map { ($0.first ?? "").count }.filter { $0 <= widestTerm }
        let indent = min(widestTerm, terms.max() ?? widestTerm) + 4
        return rows.flatMap { row in
            // Columns that are compared need their headers, the first as well.
            let named = headers.count > 3 ? 1 : 2
            let others = zip(headers, row).dropFirst(named).filter { !$0.1.isEmpty }.map {
                "\($0.0): \($0.1)"
            }
            let text = (row[..<min(named, row.count)].dropFirst() + others).filter { !$0.isEmpty }
                .joined(separator: "; ")
            return entry("  " + (row.first ?? ""), text, indent: indent, columns: columns)
        }
    }

    /// A term, and a text that begins beside it, or below where the term is too long.
    private static func entry(_ term: String, _ text: String, indent: Int, columns: Int) -> [String] {
        let wrapped = wrapped(text, columns: max(20, columns - indent))
        let margin = String(repeating: " ", count: indent)
        guard let first = wrapped.first else { return [term] }
        guard term.count < indent else {
            let lines = Self.wrapped(term, columns: columns - 4).enumerated()
            return lines.map { ($0.offset == 0 ? "  " : "    ") + $0.element } + wrapped.map { margin + $0 }
        }
        return [term + margin.dropFirst(term.count) + first] + wrapped.dropFirst().map { margin + $0 }
    }

    /// `text` in lines of at most `columns`, broken between words.
    static func wrapped(_ text: String, columns: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > columns {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [line]
    }
}
