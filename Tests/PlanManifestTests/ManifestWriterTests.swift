import Foundation
import PlanCore
import PlanManifest
import Testing

/// Names that are difficult for YAML, JSON, terminals or Swift's strings.
let nastyNames: [ByteString] = [
    "plain", " leading", "trailing ", "two  spaces", "it's", "''", "\"", "a\"b", "back\\slash", "#", "a #b",
    "a: b", ":",
    "- a", "-", "--- ", "...", "? a", "[a]", "{a: b}", "a, b", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a`",
    "~", "null",
    "true", "yes", "123", "0x10", "1e3", "2024-01-31", "=", "<<", "line\nend", "\n", "cr\r", "crlf\r\n",
    "tab\t", "\u{1}\u{1f}",
    "esc\u{1b}[31m", "del\u{7f}", "nel\u{85}", "c1\u{9b}", "nbsp\u{a0}", "\u{ad}soft", "\u{e9}", "e\u{301}",
    "上传", "\u{1f600}",
    "\u{1f469}\u{200d}\u{1f52c}", "\u{2028}", "\u{2029}", "\u{202e}rtl", "\u{2066}", "\u{feff}bom",
    "\u{fffd}", "\u{fffe}",
    "\u{ffff}", "\u{1fffe}", "\u{10ffff}", "\u{e0041}", "\u{d7ff}\u{e000}", "$(rm)", "a/b/c.txt", "%41",
    "\\n", "\\u0041",
]

@Suite("Manifest writer")
struct ManifestWriterTests {
    static func files(_ manifest: CheckedManifest) throws -> [[PlannedFile]] {
        var documents: [[PlannedFile]] = Array(repeating: [], count: manifest.documents.count)
        try manifest.forEachFile { documents[$0.documentIndex].append($0.file) }
        return documents
    }

    @Test(
        "the examples are what is written, byte for byte",
        arguments: [
            "one-file.yaml", "one-file.json", "batch.yaml", "plain-digests.yaml", "empty-file.yaml",
            "xml.yaml", "s3.json",
            "shard.yaml",
        ])
    func golden(name: String) throws {
        let bytes = [UInt8](try Data(contentsOf: ManifestExamplesTests.folder.appending(path: name)))
        let manifest = try CheckedManifest(text: String(decoding: bytes, as: UTF8.self))
        let format: ManifestFormat = name.hasSuffix(".json") ? .json : .yaml
        var written: [UInt8] = []
        for (document, files) in zip(manifest.documents, try Self.files(manifest)) {
            written += ManifestWriter(format: format, document: document).manifest(of: files)
        }
        #expect(String(decoding: written, as: UTF8.self) == String(decoding: bytes, as: UTF8.self))
        #expect(written == bytes)
    }

    @Test("no files are an empty list", arguments: ManifestFormat.allCases)
    func noFiles(format: ManifestFormat) throws {
        let writer = ManifestWriter(format: format, document: DocumentHeader(datashaKind: .part))
        let text = String(decoding: writer.manifest(of: []), as: UTF8.self)
        let manifest = try CheckedManifest(text: text)
        #expect(manifest.fileCount == 0)
        #expect(manifest.documents == [DocumentHeader(datashaKind: .part)])
    }

    @Test("targets that YAML would read as numbers or truth values are quoted")
    func targets() throws {
        for (region, bucket) in [
            ("no", "123"), ("on", "1.5"), ("y", "0x10"), ("gz", "1e3"), ("off", "2024-01-31"),
        ] {
            let target = PartialTarget(
                region: try Region(region), appID: try AppID(7), bucket: try Bucket(bucket))
            for format in ManifestFormat.allCases {
                let document = DocumentHeader(datashaKind: .state, target: target)
                let text = ManifestWriter(format: format, document: document).manifest(of: [])
                let manifest = try CheckedManifest(text: String(decoding: text, as: UTF8.self))
                #expect(manifest.documents == [document])
            }
        }
    }

    static func file(named name: ByteString) throws -> PlannedFile {
        PlannedFile(
            path: try LocalPath(name), key: try ObjectKey("/k"), sha: .ofNoBytes, sliceSize: .standard,
            bizAttr: name, datashaKind: .state, partLayout: Layout(fileSize: 0, pieceSize: 64), parts: [])
    }

    @Test("every name comes back as the bytes it was", arguments: ManifestFormat.allCases)
    func names(format: ManifestFormat) throws {
        let writer = ManifestWriter(format: format, document: DocumentHeader(datashaKind: .state))
        for name in nastyNames {
            let text = writer.manifest(of: [try Self.file(named: name)])
            #expect(!text.contains(9), "no tabs")
            let file = try Self.files(try CheckedManifest(text: String(decoding: text, as: UTF8.self))).first?
                .first
            #expect(file?.path.bytes == name)
            #expect(file?.bizAttr == name)
        }
    }

    /// Parses the text with Python and returns every path and biz_attr in hex.
    static func readByPython(_ text: [UInt8], module: String) throws -> [String] {
        let script = """
            import sys
            text = sys.stdin.buffer.read()
            import \(module)
            tree = \(module == "json" ? "json.loads(text)" : "yaml.safe_load(text)")
            for file in tree['files']:
                print(file['path'].encode('utf-8').hex(), file['biz_attr'].encode('utf-8').hex())
            """
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text))
        try input.fileHandleForWriting.close()
        let lines = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: lines, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    static func has(module: String) -> Bool {
        (try? readByPython(
            Array("{\"files\": [{\"path\": \"a\", \"biz_attr\": \"b\"}]}".utf8), module: module))
            == ["61 62"]
    }

    static func expectPythonAgrees(_ format: ManifestFormat, module: String) throws {
        let writer = ManifestWriter(format: format, document: DocumentHeader(datashaKind: .state))
        let text = writer.manifest(of: try nastyNames.map(file(named:)))
        let hex = nastyNames.map { name in
            name.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        #expect(try readByPython(text, module: module) == hex.map { "\($0) \($0)" })
    }

    @Test("Python's json reads every name as the bytes it was", .enabled(if: has(module: "json")))
    func pythonJSON() throws {
        try Self.expectPythonAgrees(.json, module: "json")
    }

    @Test("PyYAML reads every name as the bytes it was", .enabled(if: has(module: "yaml")))
    func pyYAML() throws {
        try Self.expectPythonAgrees(.yaml, module: "yaml")
    }
}
