import Foundation
import PlanCore
import PlanManifest
import Testing

/// Returns its bytes in pieces of one size.
///
/// A class, because a source has a position.
final class PiecewiseSource: ByteSource {
    let bytes: [UInt8]
    let piece: Int
    private var position = 0

    init(_ bytes: [UInt8], piece: Int) {
        self.bytes = bytes
        self.piece = piece
    }

    func read(upTo count: Int) -> [UInt8] {
        let end = min(bytes.count, position + min(count, piece))
        defer { position = end }
        return Array(bytes[position..<end])
    }

    func rewind() { position = 0 }
}

/// The diagnostics for a text, line by line.
func diagnostics(_ source: any ByteSource) throws -> [String] {
    var keys = KeyRegistry()
    return try ManifestCheck(source, name: "m", keys: &keys).problems.map { $0.rendered(in: "m") }
}

func diagnostics(_ text: String) throws -> [String] { try diagnostics(MemoryByteSource(text)) }

/// The same without notes and warnings.
func errors(_ text: String) throws -> [String] { try diagnostics(text).filter { $0.contains(": error ") } }

@Suite("Manifest text")
struct ManifestTextTests {
    /// Every example and broken manifest of the repository.
    static func examples() throws -> [(name: String, bytes: [UInt8])] {
        try [ManifestExamplesTests.folder, ManifestExamplesTests.folder.appending(path: "broken")].flatMap {
            folder in
            try ManifestExamplesTests.names(in: folder).map { name in
                (name, [UInt8](try Data(contentsOf: folder.appending(path: name))))
            }
        }
    }

    @Test("it does not matter how the source cuts the text", arguments: [1, 2, 3, 7, 4096])
    func pieces(piece: Int) throws {
        for (name, bytes) in try Self.examples() where bytes.count < 10_000 || piece > 100 {
            let whole = try diagnostics(MemoryByteSource(bytes))
            #expect(try diagnostics(PiecewiseSource(bytes, piece: piece)) == whole, "\(name)")
        }
    }

    @Test("CRLF and a byte order mark change no place")
    func lineEnds() throws {
        for (name, bytes) in try Self.examples() where !name.hasPrefix("utf-16") {
            let whole = try diagnostics(MemoryByteSource(bytes))
            let crlf = bytes.flatMap { $0 == 10 ? [13, 10] : [$0] }
            #expect(try diagnostics(MemoryByteSource(crlf)) == whole, "\(name)")
            #expect(try diagnostics(MemoryByteSource([0xef, 0xbb, 0xbf] + bytes)) == whole, "\(name)")
            #expect(
                try diagnostics(PiecewiseSource([0xef, 0xbb, 0xbf] + crlf, piece: 1)) == whole, "\(name)")
        }
    }

    @Test("columns count characters, not bytes")
    func columns() throws {
        let yaml = "cosplan: 1\ndatasha: state\nfiles: []\ntarget: {région\u{1f600}: x, region: '7'}\n"
        #expect(
            try errors(yaml) == [
                "m:4:10: error R04: unknown key 'région\u{1f600}'; target has api, endpoint, addressing, region, appid, bucket",
                "m:4:30: error R28: region '7' must be lower-case letters, digits and -, a letter first",
            ])
        let json = #"{"cosplan": 1, "datasha": "state", "files": [], "target": {"é😀": 1, "region": "7"}}"#
        #expect(
            try errors(json) == [
                "m:1:60: error R04: unknown key 'é\u{1f600}'; target has api, endpoint, addressing, region, appid, bucket",
                "m:1:79: error R28: region '7' must be lower-case letters, digits and -, a letter first",
            ])
    }

    @Test("bytes that are not UTF-8 are found wherever they stand, and told from a cut text")
    func invalidUTF8() throws {
        let bad: [[UInt8]] = [
            [0x80], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xed, 0xbf, 0xbf],
            [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff],
            [0xe4, 0xb8],
            [0xf0, 0x9f, 0x98],
        ]
        for bytes in bad {
            for text in [Array("a: b\n# x".utf8) + bytes + Array("\n".utf8), Array("a: b\n# x".utf8) + bytes]
            {
                for piece in [1, 2, 100] {
                    let found = try diagnostics(PiecewiseSource(text, piece: piece))
                    #expect(found.contains("m:2:4: error R02: the text holds bytes that are not UTF-8"))
                }
            }
        }
    }

    @Test("the edges of UTF-8 are read")
    func validUTF8() throws {
        let good = "\u{7f}\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{fffd}\u{10000}\u{10ffff}"
        let json = #"{"cosplan": 1, "datasha": "state", "files": [], "\#(good)": 1}"#
        for piece in [1, 2, 3, 5] {
            let found = try diagnostics(PiecewiseSource(Array(json.utf8), piece: piece))
            #expect(found.count == 1 && found.first?.hasPrefix("m:1:49: error R04") == true, "\(found)")
        }
    }

    @Test("control characters are told in YAML; JSON takes them as whitespace or not at all")
    func controls() throws {
        for byte in [0x01, 0x08, 0x0b, 0x0c, 0x0e, 0x1f, 0x7f] as [UInt8] {
            let found = try diagnostics(MemoryByteSource(Array("# ".utf8) + [byte] + Array("\n".utf8)))
            #expect(
                found.first?.hasPrefix("m:1:3: error R02: the text holds the control character U+00") == true)
        }
        #expect(
            try diagnostics("# \u{80}\n") == ["m:1:3: error R02: the text holds the control character U+0080"]
        )
        #expect(
            try diagnostics("# \u{fffe}\n") == ["m:1:3: error R02: the text holds the non-character U+FFFE"])
        #expect(try errors("{\t\"cosplan\":\t1,\r\n\t\"datasha\": \"state\", \"files\": []}") == [])
        #expect(
            try errors("{\"cosplan\": 1, \"datasha\": \"a\tb\", \"files\": []}") == [
                "m:1:29: error R02: not well-formed JSON: a raw control character (U+0009) in a string"
            ])
    }

    @Test("a tab is told once a line, and reading goes on where YAML can")
    func tabs() throws {
        let text = "cosplan: 1\t#\tx\ndatasha: state\t\nfiles: []\nbad: 1\n"
        #expect(
            try errors(text).map { $0.prefix(16) }
                == [
                    "m:1:11: error R08", "m:2:15: error R08", "m:4:1: error R04:",
                ].map { $0.prefix(16) })
    }

    @Test("blank space before the format shows is bounded")
    func leadingBlanks() throws {
        let json = #"{"cosplan": 1, "datasha": "state", "files": []}"#
        let blanks = String(repeating: "\n", count: 1_048_575)
        #expect(try errors(blanks + json) == [])
        let found = try errors(String(repeating: " ", count: 1_300_000) + json)
        #expect(found.first?.contains("error R09") == true)
    }
}
