import Foundation
import PlanCore
import Testing

@Suite("Article of the rules")
struct RulesArticleTests {
    static let article = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/PlanManifest/PlanManifest.docc/Rules.md").standardized

    static var text: String {
        let rows = Rule.allCases.map { rule in
            "| \(rule.rawValue) | \(rule.severity.rawValue) | \(escaped(rule.wording)) | \(escaped(rule.source)) |"
        }
        return """
            # Rules

            What `cosplan verify` checks in a manifest. Made from the table in PlanCore.

            | id | severity | rule | documented in |
            |---|---|---|---|
            \(rows.joined(separator: "\n"))

            """
    }

    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { $0 += "\\|<>*_[]`".contains($1) ? "\\\($1)" : "\($1)" }
    }

    @Test("the article says what the table says (COSPLAN_REWRITE_GOLDEN=1 writes it)")
    func agrees() throws {
        if ProcessInfo.processInfo.environment["COSPLAN_REWRITE_GOLDEN"] == "1" {
            try Self.text.write(to: Self.article, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: Self.article, encoding: .utf8) == Self.text)
    }
}
