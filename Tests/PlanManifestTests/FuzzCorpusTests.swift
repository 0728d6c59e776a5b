import Foundation
import PlanCore
import PlanManifest
import Testing

/// Texts that libFuzzer derived from the repository's manifests; `Tests/Fuzz/README.md` describes their
/// selection.
@Suite("Texts that fuzzing found")
struct FuzzCorpusTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fuzz/corpus").standardized

    static func texts() throws -> [(name: String, bytes: [UInt8])] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { !$0.hasPrefix(".") }
            .sorted()
            .map { ($0, [UInt8](try Data(contentsOf: folder.appending(path: $0)))) }
    }

    @Test("are all there")
    func allThere() throws {
        #expect(try Self.texts().count >= 150)
    }

    @Test(
        "end in problems with places inside the text, or in none: as they are, as JSON and as YAML",
        arguments: ["", "{", "---\n"])
    func reading(beginning: String) throws {
        for (name, bytes) in try Self.texts() {
            let text = Array(beginning.utf8) + bytes
            for piece in [1, 7, 1 << 20] {
                try MutationTests.expectSoundReading(
                    of: text, piece: piece, "\(name) after '\(beginning)' in pieces of \(piece)")
            }
        }
    }
}
