import Foundation
import PlanCore
import PlanFiles
import Testing

@Suite("The article about finding and reading")
struct ArticleTests {
    /// The article's example.
    private func heads(_ folder: ByteString) throws -> [String: [UInt8]] {
        var heads: [String: [UInt8]] = [:]
        let root = try Root(path: folder)
        var options = FileWalk.Options()
        options.recursive = true
        options.filter = FileFilter(excludes: [try Glob("*.tmp")])
        for found in try FileWalk.files([Array(".".utf8)], below: root, options: options).files {
            let file = try root.open(found.path)
            let head = try file.bytes(ByteRange(offset: 0, length: min(4, file.identity.size)))
            try file.checkUnchanged()
            heads[found.path.text] = head
        }
        return heads
    }

    @Test("its example does what it says")
    func example() throws {
        let folder = try TemporaryFolder()
        try folder.write("a", "content")
        try folder.write("sub/b", "xy")
        try folder.write("sub/c.tmp", "left out")
        #expect(try heads(ByteString(folder.path)) == ["a": Array("cont".utf8), "sub/b": Array("xy".utf8)])
    }

    @Test("its example is the one that is run here")
    func sameText() throws {
        let here = URL(filePath: #filePath)
        let article = here.deletingLastPathComponent()
            .appending(path: "../../Sources/PlanFiles/PlanFiles.docc/FindingAndReading.md").standardized
        let blocks = try String(contentsOf: article, encoding: .utf8).components(separatedBy: "```swift\n")
            .dropFirst()
        let source = try String(contentsOf: here, encoding: .utf8)
        #expect(blocks.count == 1)
        for block in blocks {
            let code = try #require(block.components(separatedBy: "```").first)
            let lines = code.split(separator: "\n").map { "        " + $0 }.joined(separator: "\n")
            #expect(source.contains(lines))
        }
    }
}
