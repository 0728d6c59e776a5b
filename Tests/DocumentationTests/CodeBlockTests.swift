import Foundation
import Testing

@Suite("Code blocks of the documentation")
struct CodeBlockTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The files below a folder whose names end so.
    private static func files(_ folder: String, _ suffix: String) -> [URL] {
        let found = FileManager.default.enumerator(
            at: root.appending(path: folder), includingPropertiesForKeys: nil)
        return (found?.allObjects as? [URL] ?? []).filter { $0.lastPathComponent.hasSuffix(suffix) }
    }

    /// The lines of each Swift block of a text.
    private static func blocks(in text: String) -> [[Substring]] {
        var blocks: [[Substring]] = []
        var block: [Substring]?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line == "```swift" {
                block = []
            } else if line == "```" {
                if let block { blocks.append(block) }
                block = nil
            } else {
                block?.append(line)
            }
        }
        return blocks
    }

    /// The doc comments of a source, without what stands before them.
    private static func comments(of source: String) -> String {
        source.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let text = line.drop { $0 == " " }
            return text.hasPrefix("/// ") ? String(text.dropFirst(4)) : text == "///" ? "" : "//"
        }.joined(separator: "\n")
    }

    /// Every file that has documentation, with its text.
    private static func documents() throws -> [(name: String, text: String)] {
        let catalogues = try files("Sources", ".md").map {
            (name: $0.lastPathComponent, text: try String(contentsOf: $0, encoding: .utf8))
        }
        let sources = try files("Sources", ".swift").map {
            (name: $0.lastPathComponent, text: comments(of: try String(contentsOf: $0, encoding: .utf8)))
        }
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        return catalogues + sources + [("README.md", readme)]
    }

    @Test("every block of Swift is compiled: it stands in Tests/DocumentationTests/Examples, whole")
    func areCompiled() throws {
        let sources = try Self.files("Tests/DocumentationTests/Examples", ".swift").map {
            "\n" + (try String(contentsOf: $0, encoding: .utf8))
        }
        var count = 0
        for document in try Self.documents() {
            for block in Self.blocks(in: document.text) {
                count += 1
                let isCompiled = [4, 8, 12].contains { indent in
                    let margin = String(repeating: " ", count: indent)
                    let text = block.map { $0.isEmpty ? "" : margin + $0 }.joined(separator: "\n")
                    return sources.contains { $0.contains("\n\(text)\n") }
                }
                #expect(isCompiled, "\(document.name): \(block.joined(separator: "\n"))")
            }
        }
        #expect(count > 15)
    }

    @Test("every product has a catalogue with a landing page and an article")
    func catalogues() throws {
        let package = try String(contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8)
        let products = package.matches(of: /\.(?:library|executable)\(name: "(\w+)"/).map {
            String($0.output.1)
        }
        #expect(products.count == 11)
        for product in products {
            let folder = "Sources/\(product)/\(product).docc"
            let pages = Self.files(folder, ".md")
            let landing = Self.root.appending(path: "\(folder)/\(product).md")
            #expect(
                try String(contentsOf: landing, encoding: .utf8).hasPrefix("# ``\(product)``\n"), "\(product)"
            )
            #expect(pages.count >= 2, "\(product)")
        }
    }
}
