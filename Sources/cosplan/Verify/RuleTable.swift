import PlanCore

/// The table of rules for `verify --rules`.
enum RuleTable {
    private struct Row: Encodable {
        var id: String
        var severity: String
        var wording: String
        var source: String
    }

    private static var rows: [Row] {
        Rule.allCases.map {
            Row(id: $0.rawValue, severity: $0.severity.rawValue, wording: $0.wording, source: $0.source)
        }
            + BytesRule.allCases.map {
                Row(id: $0.rawValue, severity: "error", wording: $0.wording, source: "verify --bytes")
            }
    }

    /// Writes every rule, one per line or as JSON.
    static func write(as format: ResultFormat, to output: StandardOutput) throws {
        switch format {
        case .text:
            for row in rows {
                let severity = row.severity + String(repeating: " ", count: 7 - row.severity.count)
                try output.line("\(row.id)  \(severity)  \(row.wording)  [\(row.source)]")
            }
        case .json:
            try output.write(try ResultJSON.encode(["rules": rows]))
        }
    }
}
