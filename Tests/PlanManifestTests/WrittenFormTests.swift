import PlanCore
import PlanManifest
import Testing

/// The reader of YAML as it is written, held against the parser of all YAML.
@Suite("YAML as it is written")
struct WrittenFormTests {
    /// What a reader makes of a text.
    struct Reading: Equatable {
        var items: [ManifestItem] = []
        /// The header after each item.
        var headers: [ParsedHeader?] = []
        var problems: [String] = []
        var fileCount = 0
        var documentCount = 0
        var isMalformed = false
    }

    static func read(
        _ source: any ByteSource, expectsWrittenForm: Bool, partLimit: Int = 1 << 20,
        fileLimit: Int = 1_000_000,
        documentLimit: Int = 1_000_000
    ) throws -> (Reading, usesParser: Bool) {
        let reader = ManifestReader(
            source, partLimit: partLimit, fileLimit: fileLimit, documentLimit: documentLimit,
            expectsWrittenForm: expectsWrittenForm)
        var reading = Reading()
        while let item = try reader.next() {
            reading.items.append(item)
            reading.headers.append(reader.header)
        }
        reading.headers.append(reader.header)
        reading.problems = reader.problems.sorted.map { $0.rendered(in: "m") }
        reading.fileCount = reader.fileCount
        reading.documentCount = reader.documentCount
        reading.isMalformed = reader.isMalformed
        return (reading, reader.usesParser)
    }

    /// Both readers find the same; whether the text was read without a parser.
    @discardableResult
    static func expectSameReading(_ text: [UInt8], piece: Int = .max, _ what: String) throws -> Bool {
        let (parsed, _) = try read(PiecewiseSource(text, piece: piece), expectsWrittenForm: false)
        let (found, usesParser) = try read(PiecewiseSource(text, piece: piece), expectsWrittenForm: true)
        #expect(found == parsed, "\(what): \(String(decoding: text, as: UTF8.self))")
        return !usesParser
    }

    static func digest(_ random: inout SplitMix) -> Digest {
        func word() -> UInt32 { .random(in: 0 ... .max, using: &random) }
        return Digest(words: (word(), word(), word(), word(), word()))
    }

    /// A file of some parts, with every field that `hash` can write.
    static func file(_ document: DocumentHeader, _ random: inout SplitMix) throws -> PlannedFile {
        let names: [ByteString] = [
            "a", "it's", "''", "上传（一）", "é\u{301}", "\u{1f600}", "d/e f/# g: h", "\u{201c}q\u{201d}",
        ]
        let count = Int.random(in: 0...3, using: &random)
        let last = Int64.random(in: 1...1_048_576, using: &random)
        let size = count == 0 ? 0 : Int64(count - 1) * 1_048_576 + last
        let layout = Layout(fileSize: size, pieceSize: 1_048_576)
        let hasSHA1 = Bool.random(using: &random)
        let parts = (0..<count).map { index in
            Part(
                range: layout.range(of: index), datasha: digest(&random),
                sha1: hasSHA1 ? digest(&random) : nil)
        }
        let name = try #require(names.randomElement(using: &random))
        var checksums = Checksums()
        for kind in ChecksumKind.allCases where document.hasChecksums && Bool.random(using: &random) {
            checksums[kind] = Checksum(
                kind, bytes: (0..<kind.byteCount).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
        return PlannedFile(
            path: try LocalPath(name), key: try ObjectKey("/\(name.text)"), sha: digest(&random),
            checksums: checksums,
            sliceSize: try SliceSize(bytes: SliceSize.legal.randomElement(using: &random) ?? 0),
            insertOnly: Bool.random(using: &random) ? .refuse : .overwrite,
            bizAttr: Bool.random(using: &random) ? "" : name, datashaKind: document.datashaKind,
            partLayout: layout,
            parts: parts)
    }

    /// One or more documents as `hash` writes them.
    static func manifest(_ random: inout SplitMix) throws -> [UInt8] {
        var text: [UInt8] = []
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            var target = PartialTarget()
            if Bool.random(using: &random) { target.region = try Region("no") }
            if Bool.random(using: &random) { target.appID = try AppID(1_251_668_577) }
            if Bool.random(using: &random) { target.bucket = try Bucket("iainyu") }
            if Bool.random(using: &random) { target.endpoint = try Endpoint("http://127.0.0.1:80") }
            let digest = Checksum(.sha256, bytes: (0..<32).map { UInt8($0) })
            let shard = try Shard(index: 1, count: 2, list: digest, entries: digest)
            let document = DocumentHeader(
                datashaKind: Bool.random(using: &random) ? .state : .part, target: target,
                shard: Bool.random(using: &random) ? shard : nil, hasChecksums: Bool.random(using: &random))
            var files: [PlannedFile] = []
            for _ in 0..<Int.random(in: 1...3, using: &random) { files.append(try file(document, &random)) }
            text += ManifestWriter(format: .yaml, document: document).manifest(of: files)
        }
        return text
    }

    @Test("is read without a parser, whatever its pieces, and as the parser reads it", arguments: 0..<4)
    func written(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        for round in 0..<60 {
            let text = try Self.manifest(&random)
            let piece = Int.random(in: 1...2_000, using: &random)
            #expect(try Self.expectSameReading(text, piece: piece, "seed \(seed), round \(round)"))
        }
    }

    @Test("reads the same when damaged anyhow", arguments: 0..<8)
    func damaged(seed: UInt64) throws {
        var random = SplitMix(state: seed &+ 100)
        for round in 0..<150 {
            let text = MutationTests.damaged(try Self.manifest(&random), &random)
            let piece = Int.random(in: 1...2_000, using: &random)
            try Self.expectSameReading(text, piece: piece, "seed \(seed), round \(round)")
        }
    }

    @Test("reads the same when cut anywhere")
    func cut() throws {
        var random = SplitMix(state: 7)
        let text = try Self.manifest(&random)
        for length in stride(from: 0, through: text.count, by: 3) {
            try Self.expectSameReading(Array(text.prefix(length)), "\(length) bytes")
        }
    }

    @Test("reads the same with any byte between any two lines and at any line's end")
    func insertedBytes() throws {
        var random = SplitMix(state: 8)
        let text = try Self.manifest(&random)
        let ends = text.indices.filter { text[$0] == UInt8(ascii: "\n") }
        for byte in Array(" \t#:'x\r\n\u{0}".utf8) {
            for end in ends {
                for place in [end, end + 1] {
                    var changed = text
                    changed.insert(byte, at: place)
                    try Self.expectSameReading(changed, "byte \(byte) at \(place)")
                }
            }
        }
    }

    @Test("other texts are for the parser: the repository's examples, and what fuzzing found")
    func others() throws {
        for (name, bytes) in try ManifestTextTests.examples() + FuzzCorpusTests.texts() {
            try Self.expectSameReading(bytes, "\(name)")
            try Self.expectSameReading(Array(sample.utf8) + bytes, "\(name) after a document")
        }
        for name in nastyNames {
            let writer = ManifestWriter(format: .yaml, document: DocumentHeader(datashaKind: .state))
            try Self.expectSameReading(
                writer.manifest(of: [try ManifestWriterTests.file(named: name)]), "\(name.escapedForDisplay)")
        }
    }

    @Test(
        "a name of 4,096 bytes is read, a longer one is for the parser",
        arguments: [4_095, 4_096, 4_097, 70_000])
    func longNames(length: Int) throws {
        let name = ByteString(String(repeating: "x", count: length))
        let writer = ManifestWriter(format: .yaml, document: DocumentHeader(datashaKind: .state))
        let file = try ManifestWriterTests.file(named: name)
        let isWritten = try Self.expectSameReading(writer.manifest(of: [file, file]), "\(length)")
        #expect(isWritten == (length <= 4_096))
    }

    @Test("limits on parts, files and documents are those of the parser")
    func limits() throws {
        var random = SplitMix(state: 9)
        for _ in 0..<40 {
            let text = try Self.manifest(&random)
            for (parts, files, documents) in [
                (1, 9, 9), (2, 9, 9), (9, 1, 9), (9, 2, 9), (9, 9, 1), (9, 9, 2),
            ] {
                let readings = try [false, true].map {
                    try Self.read(
                        MemoryByteSource(text), expectsWrittenForm: $0, partLimit: parts, fileLimit: files,
                        documentLimit: documents
                    ).0
                }
                #expect(readings[0] == readings[1])
            }
        }
    }

    @Test("a text that is another one when it is read again for the parser is refused")
    func changed() throws {
        let broken = sample + sample.replacing("insertOnly: 1", with: "insertOnly: one")
        for other in [sample, broken.replacing("7f24", with: "8f24"), ""] {
            #expect(throws: ManifestChanged.self) {
                var keys = KeyRegistry()
                _ = try ManifestCheck(ChangingSource([broken, other]), name: "m", keys: &keys)
            }
        }
    }
}
