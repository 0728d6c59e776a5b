import PlanCore
import PlanManifest
import Testing

/// Returns a beginning, then one piece repeatedly, then an end.
///
/// A class, because a source has a position.
final class RepeatingSource: ByteSource {
    private let head: [UInt8]
    private let piece: [UInt8]
    private let times: Int
    private let tail: [UInt8]
    private var step = 0
    private var pending: [UInt8] = []
    private(set) var bytesRead = 0

    init(_ head: String, _ piece: String, times: Int, _ tail: String) {
        self.head = Array(head.utf8)
        self.piece = Array(piece.utf8)
        self.times = times
        self.tail = Array(tail.utf8)
    }

    func read(upTo count: Int) -> [UInt8] {
        while pending.count < count, step <= times + 1 {
            pending += step == 0 ? head : step <= times ? piece : tail
            step += 1
        }
        let bytes = Array(pending.prefix(count))
        pending.removeFirst(bytes.count)
        bytesRead += bytes.count
        return bytes
    }

    func rewind() {
        step = 0
        pending = []
        bytesRead = 0
    }
}

@Suite("Manifest limits")
struct ManifestLimitsTests {
    static let start = "cosplan: 1\ndatasha: state\nfiles: []\n"

    static func rules(_ source: any ByteSource) throws -> [Rule] {
        var keys = KeyRegistry()
        return try ManifestCheck(source, name: "m", keys: &keys).problems.map(\.rule)
    }

    @Test("eight levels are read without a word about depth, nine with one, and the rest all the same")
    func depth() throws {
        for (levels, isDeep) in [(7, false), (8, true), (400, true)] {
            let nested = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
            let yaml = Self.start + "x: \(nested)\ny: 1\n"
            let json = #"{"cosplan": 1, "datasha": "state", "files": [], "x": \#(nested), "y": 1}"#
            for text in [yaml, json] {
                let expected: [Rule] = isDeep ? [.knownKey, .limits, .knownKey] : [.knownKey, .knownKey]
                #expect(try Self.rules(MemoryByteSource(text)) == expected, "\(levels)")
            }
        }
    }

    @Test("a text that nests without end stops the reading early")
    func depthBomb() throws {
        for (head, piece) in [
            (Self.start + "x: ", "["), (Self.start + "x: ", "{a: "), (Self.start + "x:\n  ", "- "),
            ("{\"x\": ", "["), ("{\"x\": ", "{\"a\": "),
        ] {
            let source = RepeatingSource(head, piece, times: 50_000_000, "")
            #expect(try Self.rules(source).contains(.limits), "\(piece)")
            #expect(source.bytesRead < 1_000_000, "\(piece)")
        }
    }

    @Test("a scalar of 64 KiB is read, a longer one is a problem, and reading goes on")
    func scalars() throws {
        for (length, isLong) in [(65_536, false), (65_537, true)] {
            let text = String(repeating: "a", count: length)
            let entry = "{path: a, key: /a, filesize: 0, sha: 'da39a3ee5e6b4b0d3255bfef95601890afd80709', "
            let yaml =
                "cosplan: 1\ndatasha: state\nfiles:\n- \(entry)slice_size: 1048576, biz_attr: '\(text)', "
                + "uploadparts: []}\nx: 1\n"
            let json = """
                {"cosplan": 1, "datasha": "state", "files": [{"path": "a", "key": "/a", "filesize": 0, "sha":
                "da39a3ee5e6b4b0d3255bfef95601890afd80709", "slice_size": 1048576, "biz_attr": "\(text)",
                "uploadparts": []}], "x": 1}
                """
            for manifest in [yaml, json] {
                #expect(
                    try Self.rules(MemoryByteSource(manifest))
                        == (isLong ? [.limits, .knownKey] : [.knownKey]))
            }
        }
    }

    @Test("a path and a key of 4 KiB are read, longer ones are problems, and reading goes on")
    func names() throws {
        for (length, rules) in [(4096, []), (4097, [.limits, .limits])] as [(Int, [Rule])] {
            let path = String(repeating: "p", count: length)
            let key = "/" + String(repeating: "k", count: length - 1)
            let rest = "'da39a3ee5e6b4b0d3255bfef95601890afd80709', slice_size: 1048576, uploadparts: []"
            let yaml = """
                cosplan: 1
                datasha: state
                files:
                - {path: '\(path)', key: '\(key)', filesize: 0, sha: \(rest)}
                x: 1
                """
            let json = """
                {"cosplan": 1, "datasha": "state", "files": [{"path": "\(path)", "key": "\(key)", "filesize": 0,
                "sha": "da39a3ee5e6b4b0d3255bfef95601890afd80709", "slice_size": 1048576, "uploadparts": []}],
                "x": 1}
                """
            for text in [yaml, json] {
                #expect(try Self.rules(MemoryByteSource(text)) == rules + [.knownKey])
            }
        }
    }

    @Test("a scalar without end stops YAML early, and costs JSON no memory")
    func endlessScalars() throws {
        let piece = String(repeating: "a", count: 1024)
        for head in [
            Self.start + "x: '", Self.start + "x: \"", Self.start + "x: ", Self.start + "x: |\n  ", "'",
        ] {
            let source = RepeatingSource(head, piece, times: 1_000_000, "'")
            #expect(try Self.rules(source).contains(.limits), "\(head)")
            #expect(source.bytesRead < 10_000_000)
        }
        let source = RepeatingSource("{\"x\": \"", piece, times: 6_000, "\", \"y\": 1}")
        let rules = try Self.rules(source)
        #expect(rules.filter { $0 == .limits } == [.limits])
        #expect(rules.filter { $0 == .knownKey } == [.knownKey, .knownKey])
    }

    @Test("a comment of 3 MiB is passed over, one of 5 MiB stops the reading")
    func comments() throws {
        let short = RepeatingSource("# ", "comment ", times: 3 << 17, "\n" + Self.start)
        #expect(try Self.rules(short) == [])
        let long = RepeatingSource("# ", "comment ", times: 5 << 17, "\n" + Self.start)
        #expect(try Self.rules(long) == [.limits])
    }

    @Test("directives without end stop the reading")
    func directives() throws {
        let many = (0..<20_000).map { "%TAG !a\($0)! tag:a\n" }.joined()
        #expect(try Self.rules(MemoryByteSource(many + "---\n" + Self.start)) == [.plainYAML])
        let few = (0..<10).map { "%TAG !a\($0)! tag:a\n" }.joined()
        #expect(try Self.rules(MemoryByteSource(few + "---\n" + Self.start)) == [.plainYAML])
    }

    @Test("parts, files and documents are counted to their limits")
    func counts() throws {
        func read(_ text: String) throws -> (rules: [Rule], files: Int, parts: Int) {
            let reader = ManifestReader(MemoryByteSource(text), partLimit: 3, fileLimit: 2, documentLimit: 2)
            var files = 0
            var parts = 0
            while let item = try reader.next() {
                if case .file(let file) = item {
                    files += 1
                    parts += file.parts?.value.count ?? 0
                    #expect(
                        file.hasAllParts == ((file.parts?.value.count ?? 0) < 3 || !text.contains("x: 4")))
                }
            }
            return (reader.problems.kept.map(\.rule).filter { $0 == .limits }, files, parts)
        }
        func document(files: Int, parts: Int) -> String {
            let part = "  - {x: \(parts)}\n"
            return "---\ncosplan: 1\nfiles:\n"
                + String(repeating: "- uploadparts:\n" + String(repeating: part, count: parts), count: files)
        }
        #expect(try read(document(files: 2, parts: 3)) == ([], 2, 6))
        #expect(try read(document(files: 2, parts: 4)) == ([.limits, .limits], 2, 6))
        #expect(try read(document(files: 4, parts: 1)) == ([.limits], 2, 2))
        #expect(try read(document(files: 1, parts: 1) + document(files: 2, parts: 1)) == ([.limits], 2, 2))
        #expect(try read(String(repeating: document(files: 0, parts: 0) + "  []\n", count: 2)) == ([], 0, 0))
        #expect(
            try read(String(repeating: document(files: 0, parts: 0) + "  []\n", count: 3)) == (
                [.limits], 0, 0
            ))
    }

    // Entries that are not mappings are parsed fastest; real ones would take minutes in a debug build.
    @Test("a file has 2^20 parts and not one more", arguments: ManifestFormat.allCases, [0, 1])
    func parts(format: ManifestFormat, more: Int) throws {
        let count = ManifestLimits.partsPerFile + more
        let source =
            switch format {
            case .yaml: RepeatingSource("files: [{uploadparts: [", "0,", times: count, "]}]")
            case .json:
                RepeatingSource(#"{"files": [{"uploadparts": ["#, "0,", times: count - 1, "0]}]}")
            }
        let reader = ManifestReader(source)
        let item = try reader.next()
        guard case .file(let file) = item else { return #expect(Bool(false), "\(String(describing: item))") }
        #expect(file.parts?.value.count == 1 << 20)
        #expect(file.hasAllParts == (more == 0))
        // One for each part, five for the missing fields of the file, one for the limit.
        #expect(reader.problems.errorCount == (1 << 20) + 5 + more)
    }

    @Test(
        "a manifest has 10^6 files and not one more",
        arguments: [(.json, 0), (.json, 1), (.yaml, 1)] as [(ManifestFormat, Int)])
    func files(format: ManifestFormat, more: Int) throws {
        let count = ManifestLimits.files + more
        let source =
            switch format {
            case .yaml: RepeatingSource("files: [", "{},", times: count, "]")
            case .json: RepeatingSource(#"{"files": ["#, "{},", times: count - 1, "{}]}")
            }
        let reader = ManifestReader(source)
        var files = 0
        while let item = try reader.next() {
            if case .file = item { files += 1 }
        }
        #expect(files == 1_000_000)
        // Six for the missing fields of each file, two for those of the document, one for the limit.
        #expect(reader.problems.errorCount == 6 * 1_000_000 + 2 + more)
    }

    @Test("the limits are those of the format")
    func values() {
        #expect(ManifestLimits.depth == 8)
        #expect(ManifestLimits.scalarBytes == 64 << 10)
        #expect(ManifestLimits.nameBytes == 4 << 10)
        #expect(ManifestLimits.partsPerFile == 1 << 20)
        #expect(ManifestLimits.files == 1_000_000)
    }
}
