import PlanCore
import PlanManifest
import Testing

/// A text that changes each time it is read.
///
/// A class, because a source has a position.
final class ChangingSource: ByteSource {
    private let texts: [String]
    private var readings = 0
    private var current = MemoryByteSource("")

    init(_ texts: [String]) {
        self.texts = texts
    }

    func read(upTo count: Int) -> [UInt8] { current.read(upTo: count) }

    func rewind() {
        current = MemoryByteSource(texts[min(readings, texts.count - 1)])
        readings += 1
    }
}

@Suite("Checked manifest")
struct CheckedManifestTests {
    static func manifest(_ source: any ByteSource, keeping room: Int = 0) throws -> CheckedManifest {
        var keys = KeyRegistry()
        return try CheckedManifest(try ManifestCheck(source, name: "m.yaml", keys: &keys, keeping: room))
    }

    /// No room, so that files are read again; slightly too little; enough.
    static let rooms = [0, 13, 14]

    static func digests(_ manifest: CheckedManifest) throws -> [String] {
        var found: [String] = []
        try manifest.forEachFile { found.append($0.file.sha.hex) }
        return found
    }

    static let two = sample + sample.replacing("'/images/disk.img'", with: "'/second'")

    @Test("a manifest with an error is refused with its problems")
    func refused() throws {
        let text = sample.replacing("insertOnly: 1", with: "insertOnly: 7").replacing(
            "appid: 1", with: "appid: -1")
        let error = try #require(throws: ManifestRefused.self) {
            try CheckedManifest(text: text, name: "m.yaml")
        }
        #expect(error.errorCount == 2)
        #expect(!error.isMalformed)
        #expect(error.problems.map(\.rule) == [.appID, .slicingThreshold, .insertOnly])
        #expect(
            error.description
                == "m.yaml:5:29: error R29: appid '-1251668577' must be a whole number from 1 to 9223372036854775807 (and 1 more error)"
        )
    }

    @Test("a file whose digests contradict each other is refused, and can still be checked", arguments: rooms)
    func contradiction(room: Int) throws {
        let text = Self.two.replacing("datasha: '7f24", with: "datasha: '8f24")
        var keys = KeyRegistry()
        let check = try ManifestCheck(MemoryByteSource(text), name: "m", keys: &keys, keeping: room)
        #expect(check.problems.filter { $0.severity == .error }.map(\.rule) == [.lastDatasha, .lastDatasha])
        #expect(throws: ManifestRefused.self) { try CheckedManifest(check) }
        let files = try check.soundFiles()
        #expect(try files.next()?.file.parts.last?.datasha.hex.hasPrefix("8f24") == true)
        #expect(try files.next()?.documentIndex == 1)
        #expect(try files.next() == nil)
    }

    @Test(
        "a file with an unsound structure, or in a document without a kind, is left out", arguments: [0, 21])
    func leftOut(room: Int) throws {
        let text =
            sample.replacing("filesize: 2621440", with: "filesize: 1")
            + sample.replacing("datasha: state", with: "datasha: x") + sample
        var keys = KeyRegistry()
        let check = try ManifestCheck(MemoryByteSource(text), name: "m", keys: &keys, keeping: room)
        let files = try check.soundFiles()
        #expect(try files.next()?.documentIndex == 2)
        #expect(try files.next() == nil)
    }

    @Test("files can be had as often as wanted", arguments: rooms)
    func again(room: Int) throws {
        let manifest = try Self.manifest(MemoryByteSource(Self.two), keeping: room)
        for _ in 0..<3 { #expect(try Self.digests(manifest).count == 2) }
    }

    @Test("a text that changes after the check gives nothing that was not checked")
    func changed() throws {
        let other = Self.two.replacing(
            "7f24f7278b3693cf9fe1fd4eb48eb51532e587d0", with: String(repeating: "0", count: 40))
        for changed in [
            other, sample, Self.two + sample.replacing("/images", with: "/new"), "", "files: [", "\0",
        ] {
            let manifest = try Self.manifest(ChangingSource([Self.two, changed]), keeping: 13)
            var found: [String] = []
            #expect(throws: ManifestChanged.self, "\(changed)") {
                try manifest.forEachFile { found.append($0.file.sha.hex) }
            }
            #expect(found.allSatisfy { $0.hasPrefix("7f24") })
        }
    }

    @Test("a header that changes after the check changes nothing that comes out")
    func changedHeader() throws {
        let changed = Self.two.replacing("bucket: iainyu", with: "bucket: victim")
        let manifest = try Self.manifest(ChangingSource([Self.two, changed]), keeping: 0)
        var buckets: [String?] = []
        #expect(throws: ManifestChanged.self) {
            try manifest.forEachFile { buckets.append($0.document.target.bucket?.name) }
        }
        #expect(buckets.allSatisfy { $0 == "iainyu" })
    }

    @Test("what was checked and kept is not read again")
    func kept() throws {
        let manifest = try Self.manifest(ChangingSource([Self.two, "files: ["]), keeping: 14)
        for _ in 0..<2 {
            #expect(try Self.digests(manifest) == Self.digests(CheckedManifest(text: Self.two)))
        }
    }

    struct Broken: Error {}

    /// Fails after its first piece.
    ///
    /// A class, because a source has a position.
    final class FailingSource: ByteSource {
        private var isFirst = true
        func read(upTo count: Int) throws -> [UInt8] {
            defer { isFirst = false }
            if isFirst { return Array("cosplan: 1\n".utf8) }
            throw Broken()
        }
        func rewind() { isFirst = true }
    }

    @Test("what the source throws comes through")
    func failingSource() {
        #expect(throws: Broken.self) { try Self.manifest(FailingSource()) }
    }

    @Test("the kind of datasha may come after the files")
    func kindLast() throws {
        let plain = "ab9a20fd6c98fc1f8f0c985cd552ff14c6feacfd"
        let body = sample.replacing("datasha: state\n", with: "")
            .replacing("'\(plain)'}", with: "'\(plain)', sha1: '\(plain)'}")
        #expect(try errors(body + "datasha: part\n") == [])
        #expect(try errors(body + "datasha: state\n").map { $0.contains("error R25") } == [true])
        #expect(try errors(body).map { $0.contains("error R03") } == [true])
        #expect(
            try Self.manifest(MemoryByteSource(body + "datasha: part\n")).documents.first?.datashaKind
                == .part)
    }
}
