import PlanCore
import PlanManifest
import Testing

@Suite("Manifests in JSON")
struct JSONTests {
    /// The biz_attr of a manifest whose biz_attr is the JSON text `value`; nil if it has errors.
    static func attribute(_ value: String) throws -> ByteString? {
        let text = """
            {"files": [{"biz_attr": \(value), "uploadparts": [], "slice_size": 1048576, "filesize": 0, "key": "/a",
            "sha": "da39a3ee5e6b4b0d3255bfef95601890afd80709", "path": "a"}], "datasha": "part", "cosplan": 1}
            """
        var keys = KeyRegistry()
        let check = try ManifestCheck(MemoryByteSource(text), name: "m", keys: &keys)
        return try check.soundFiles().next()?.file.bizAttr
    }

    @Test(
        "escapes are read as RFC 8259 says",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{c}\n\r\t"),
            (#""\u0041\u00e9\u4E0a""#, "A\u{e9}\u{4e0a}"),
            (#""\ud83d\ude00""#, "\u{1f600}"),
            (#""\uD83D\uDE00x""#, "\u{1f600}x"),
            (#""\udbff\udfff""#, "\u{10ffff}"),
            (#""\ud7ff\ue000""#, "\u{d7ff}\u{e000}"),
            (#""\u0000""#, "\0"),
            ("\"\u{7f}\u{2028}\u{feff}\"", "\u{7f}\u{2028}\u{feff}"),
            (#""""#, ""),
        ] as [(String, ByteString)])
    func escapes(value: String, text: ByteString) throws {
        #expect(try Self.attribute(value) == text)
    }

    @Test(
        "what RFC 8259 does not have is refused with its place",
        arguments: [
            #""\ud83d""#, #""\ud83d\n""#, #""\ud83dx""#, #""\ud83d\ud83d""#, #""\ude00""#, #""\u12g4""#,
            #""\u12"#,
            #""\x41""#, #""\'""#, "'a'", "a", "+1", "01", "-", ".5", "5.", "1e", "1e+", "0x10", "1_000",
            "NaN", "Infinity",
            "True", "nul", "nulll", "\"a", "[1,]", "[,1]", "{,}", "{\"a\"}", "{\"a\":}", "{\"a\" 1}",
            "{a: 1}", "[1 2]", "}", "",
            "// c\n1", "1 /* c */",
        ])
    func refused(value: String) throws {
        let text = "{\"cosplan\": 1, \"datasha\": \"state\", \"files\": [],\n\"x\": \(value)}\n"
        let found = try errors(text)
        #expect(found.filter { $0.contains("error R02") }.count == 1, "\(found)")
        #expect(found.contains { $0.hasPrefix("m:2:") || $0.hasPrefix("m:3:") }, "\(found)")
    }

    @Test(
        "numbers that are JSON but no plain integers are a wrong type, and reading goes on",
        arguments: [
            "1.0", "1e3", "1E+2", "-0", "9223372036854775808", "-9223372036854775809", "1e999", "0.1e-5",
        ])
    func notIntegers(value: String) throws {
        let text = "{\"cosplan\": \(value), \"datasha\": \"state\", \"files\": [], \"x\": 1}"
        #expect(try errors(text).map { $0.contains("R07") || $0.contains("R04") } == [true, true])
    }

    @Test(
        "the edges of 64 bits are integers",
        arguments: [
            ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min), ("0", 0), ("-1", -1),
        ]
            as [(String, Int64)])
    func integers(value: String, number: Int64) throws {
        for text in ["{\"cosplan\": \(value)}", "cosplan: \(value)\n"] {
            let reader = ManifestReader(MemoryByteSource(text))
            guard case .endOfDocument(let header)? = try reader.next() else {
                Issue.record("no document")
                return
            }
            #expect(header?.version?.value == number)
        }
    }

    @Test("other values than a mapping at the top are malformed", arguments: ["[]", "[1, [2]]"])
    func topValues(text: String) throws {
        var keys = KeyRegistry()
        let check = try ManifestCheck(MemoryByteSource(text), name: "m", keys: &keys)
        #expect(check.isMalformed)
        #expect(check.problems.map(\.rule) == [.wellFormed])
    }

    @Test("a second value is malformed, blank space behind the first is not")
    func secondValue() throws {
        let value = #"{"cosplan": 1, "datasha": "state", "files": []}"#
        #expect(try errors(value + " \r\n\t ") == [])
        for rest in ["{}", "1", ",", "---", "\u{feff}"] {
            #expect(
                try errors(value + "\n" + rest).first?.hasPrefix("m:2:1: error R02: a JSON manifest is one")
                    == true)
        }
    }

    @Test("two keys that are written differently are one")
    func duplicateByEscape() throws {
        let text = #"{"cosplan": 1, "datasha": "state", "files": [], "d\u0061tasha": "part"}"#
        #expect(
            try errors(text) == ["m:1:49: error R06: datasha stands twice in the document, first in line 1"])
    }
}
