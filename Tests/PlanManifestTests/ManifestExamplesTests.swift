import Foundation
import PlanCore
import PlanManifest
import Testing

@Suite("Manifests in the repository")
struct ManifestExamplesTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../manifests").standardized

    static func names(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".json") }.sorted()
    }

    static func diagnostics(of name: String, in folder: URL) throws -> (found: String, expected: String) {
        let bytes = try Data(contentsOf: folder.appending(path: name))
        var keys = KeyRegistry()
        let check = try ManifestCheck(MemoryByteSource([UInt8](bytes)), name: name, keys: &keys)
        let found = check.problems.map { $0.rendered(in: name) + "\n" }.joined()
        return (found, try String(contentsOf: folder.appending(path: name + ".expected"), encoding: .utf8))
    }

    @Test("a legal example has no errors, and what else is said of it is as written beside it")
    func legal() throws {
        let names = try Self.names(in: Self.folder)
        #expect(names.count >= 5)
        for name in names {
            let (found, expected) = try Self.diagnostics(of: name, in: Self.folder)
            #expect(found == expected, "\(name)")
            #expect(!found.contains(" error "), "\(name)")
        }
    }

    @Test("a broken example has exactly the diagnostics written beside it")
    func broken() throws {
        let folder = Self.folder.appending(path: "broken")
        let names = try Self.names(in: folder)
        #expect(names.count >= 50)
        for name in names {
            let (found, expected) = try Self.diagnostics(of: name, in: folder)
            #expect(found == expected, "\(name)")
        }
    }

    @Test("every rule is broken by an example")
    func everyRule() throws {
        var told = ""
        for folder in [Self.folder, Self.folder.appending(path: "broken")] {
            for name in try Self.names(in: folder) {
                told += try Self.diagnostics(of: name, in: folder).expected
            }
        }
        // R33 needs thousands of parts; its own test creates them.
        for rule in Rule.allCases where rule != .initBodySize {
            #expect(told.contains(" \(rule.rawValue): "), "\(rule)")
        }
    }
}
