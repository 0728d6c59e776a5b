import Foundation
import Testing

/// The layers of the package and what each target may import; arrows only point down.
@Suite("Layers")
struct LayerTests {
    private struct Target {
        var layer: Int
        var imports: Set<String>
    }

    /// Modules of the toolchain that any Swift target may use.
    private static let everywhere: Set<String> = ["Swift", "Synchronization"]
    /// The C library, by its platform's name; for the targets that may import `Glibc`.
    private static let systemLibraries: Set<String> = ["Glibc", "Musl", "Darwin"]

    private static let targets: [String: Target] = [
        "PlanCore": Target(layer: 1, imports: []),
        "PlanFiles": Target(layer: 2, imports: ["PlanCore", "CFiles", "Glibc"]),
        "PlanManifest": Target(layer: 2, imports: ["PlanCore", "CLibYAML"]),
        "COSProtocol": Target(layer: 2, imports: ["PlanCore", "CLibCrypto", "FoundationEssentials"]),
        "PlanDigest": Target(
            layer: 3, imports: ["PlanCore", "PlanFiles", "CSHA1Lanes", "CLibCrypto", "Glibc"]),
        "COSUpload": Target(
            layer: 4,
            imports: [
                "PlanCore", "PlanFiles", "PlanDigest", "COSProtocol", "Foundation", "FoundationNetworking",
                "Dispatch", "Glibc",
            ]),
        "COSEmulator": Target(
            layer: 4,
            imports: [
                "PlanCore", "COSProtocol", "CLibCrypto", "CFiles", "Glibc", "NIOCore", "NIOPosix", "NIOHTTP1",
                "NIOConcurrencyHelpers", "FoundationEssentials",
            ]),
        "cosplan": Target(
            layer: 5,
            imports: [
                "PlanCore", "PlanFiles", "PlanManifest", "COSProtocol", "PlanDigest", "COSUpload",
                "COSEmulator",
                "CCurlHook", "ArgumentParser", "Foundation", "Dispatch",
            ]),
    ]

    private static var root: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
    }

    private static func swiftFiles(in folder: URL) throws -> [URL] {
        let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return (found?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }
    }

    private static func imports(of file: URL) throws -> [String] {
        try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline).compactMap { line in
            let words = line.split(separator: " ").drop { $0.hasPrefix("@") }
            let rest = words.drop { ["public", "package", "internal", "private"].contains($0) }
            guard rest.first == "import", let name = rest.dropFirst().last else { return nil }
            return name.split(separator: ".").first.map(String.init)
        }
    }

    @Test("every folder of Sources with Swift code is a target of the table")
    func everyTargetIsListed() throws {
        let sources = Self.root.appending(path: "Sources")
        let folders = try FileManager.default.contentsOfDirectory(atPath: sources.path)
        let swiftTargets = try folders.filter {
            try !Self.swiftFiles(in: sources.appending(path: $0)).isEmpty
        }
        #expect(Set(swiftTargets).isSubset(of: Set(Self.targets.keys)))
        #expect(swiftTargets.contains("PlanCore"))
    }

    @Test("a target imports what its layer allows and nothing else", arguments: targets.keys.sorted())
    func importsAreAllowed(name: String) throws {
        let target = try #require(Self.targets[name])
        for file in try Self.swiftFiles(in: Self.root.appending(path: "Sources/\(name)")) {
            for module in try Self.imports(of: file) where !Self.everywhere.contains(module) {
                let name = Self.systemLibraries.contains(module) ? "Glibc" : module
                #expect(
                    target.imports.contains(name),
                    "\(file.path) imports \(module)")
            }
        }
    }

    @Test("the table's own arrows point down")
    func arrowsPointDown() {
        for (name, target) in Self.targets {
            for module in target.imports {
                guard let imported = Self.targets[module] else { continue }
                #expect(imported.layer < target.layer, "\(name) imports \(module)")
            }
        }
    }

    @Test("only the command target prints or ends the process")
    func onlyTheCommandPrints() throws {
        let calls = ["print(", "exit(", "fputs(", "debugPrint(", "abort()"]
        for name in Self.targets.keys where name != "cosplan" {
            for file in try Self.swiftFiles(in: Self.root.appending(path: "Sources/\(name)")) {
                let code = try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline)
                    .filter { !$0.drop { $0 == " " }.hasPrefix("//") }
                for line in code {
                    let words = line.split { !($0.isLetter || $0 == "(" || $0 == ")") }
                    for call in calls {
                        #expect(
                            !words.contains { $0.hasPrefix(call) }, "\(file.lastPathComponent): \(line)")
                    }
                }
            }
        }
    }
}
