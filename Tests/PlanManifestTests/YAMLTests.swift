import PlanCore
import PlanManifest
import Testing

@Suite("Manifests in YAML")
struct YAMLTests {
    static func attribute(_ value: String) throws -> (ByteString?, [String]) {
        let text = """
            files:
            - biz_attr: \(value)
              uploadparts: []
              slice_size: 1048576
              filesize: 0
              key: /a
              sha: da39a3ee5e6b4b0d3255bfef95601890afd80709
              path: a
            datasha: part
            cosplan: 1

            """
        var keys = KeyRegistry()
        let check = try ManifestCheck(MemoryByteSource(text), name: "m", keys: &keys)
        let found = check.problems.map { $0.rendered(in: "m") }
        return (try check.soundFiles().next()?.file.bizAttr, found)
    }

    @Test(
        "text that some YAML reader takes for something else is refused without quotes and read with them",
        arguments: [
            "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "yes", "Yes", "no", "NO", "on",
            "On", "off",
            "y", "Y", "n", "N", "0", "7", "-7", "+7", "012", "0o14", "0x1F", "0b101", "1_000", "1.5", "1.",
            ".5", "-.5",
            "1e3", "1E-3", "1.5e+3", ".inf", "-.Inf", "+.INF", ".nan", ".NaN", "1:30", "-1:30:59", "1:30.5",
            "2024-01-31",
            "2024-1-3", "2024-01-31T10:00:00Z", "2024-01-31 10:00:00", "=",
            "1234567890123456789012345678901234567890", "123456789012345678901234567890123456e789",
        ])
    func ambiguous(text: String) throws {
        let (plain, problems) = try Self.attribute(text)
        #expect(
            problems.count == 1
                && problems.first?.hasPrefix("m:2:13: error R07: biz_attr must be text") == true)
        #expect(plain == "", "the file can still be checked, as if it had none")
        for quoted in ["'\(text)'", "\"\(text)\""] {
            let (read, problems) = try Self.attribute(quoted)
            #expect(read == ByteString(text))
            #expect(problems == [])
        }
    }

    @Test(
        "other text is read without quotes",
        arguments: [
            "a", "yess", "nul", "tru", "0x", "1a", "1.2.3", "1-2", "--", "-a", ".", "..a", ".info", "2024-01",
            "2024-01-31x",
            "20240-01-31", "e3", "1e", "a:b", "a#b", "7f24f7278b3693cf9fe1fd4eb48eb51532e587d0", "上传",
            "/a b/c",
            "0b2z", "0o9z", "1:3o",
        ])
    func unambiguous(text: String) throws {
        let (read, problems) = try Self.attribute(text)
        #expect(read == ByteString(text))
        #expect(problems == [])
    }

    @Test(
        "quoted and block scalars are text with YAML's escapes",
        arguments: [
            ("'it''s'", "it's"),
            (
                #""\0\a\b\t\n\v\f\r\e\"\\\x41\u4e0a\U0001f600""#,
                "\0\u{7}\u{8}\t\n\u{b}\u{c}\r\u{1b}\"\\A上\u{1f600}"
            ),
            (#""\N\_\L\P""#, "\u{85}\u{a0}\u{2028}\u{2029}"), ("|\n    a\n    b\n", "a\nb\n"),
            (">-\n    a\n    b", "a b"),
        ] as [(String, ByteString)])
    func quoted(value: String, text: ByteString) throws {
        let (read, problems) = try Self.attribute(value)
        #expect(problems == [])
        #expect(read == text)
    }

    @Test(
        "a CR that ends no line with its LF is told at its place, wherever it stands",
        arguments: [
            ("'a\rb'", [(2, 13)]), ("\"a\rb\"", [(2, 13)]), ("a # b\r", [(2, 16)]), ("a\r\r\n", [(2, 12)]),
            ("a\r", [(2, 12)]), ("'a\r\rb'", [(2, 13), (3, 1)]), ("a\r\n", []), (#""a\r\n""#, []),
        ] as [(String, [(Int, Int)])])
    func loneCR(value: String, places: [(Int, Int)]) throws {
        let found = try diagnostics("cosplan: 1\nbiz_attr: \(value)").filter { $0.contains("R08") }
        let expected = places.map { line, column in
            "m:\(line):\(column): error R08: the line end CR without LF; end lines with LF, and write \\r between "
                + "double quotes"
        }
        #expect(found == expected)
    }

    @Test("documents follow each other, with or without an end mark")
    func documents() throws {
        let one = "cosplan: 1\ndatasha: state\nfiles: []\n"
        for text in [
            one, "---\n" + one, one + "---\n" + one, one + "...\n---\n" + one + "...\n", "# c\n---\n" + one,
        ] {
            #expect(try diagnostics(text) == [])
        }
        #expect(try CheckedManifest(text: one + "---\n" + one).documents.count == 2)
    }

    @Test("aliases, tags and anchors are told wherever they stand, and reading goes on")
    func features() throws {
        let text = """
            cosplan: &a 1
            *a : 2
            datasha: !foo state
            files: &b
            - &c {uploadparts: *b}
            - *c
            - !!map {}
            ? [x, y]
            : 1
            end: 1

            """
        let found = try errors(text)
        #expect(
            found.filter { $0.contains("R08") }.map { $0.prefix(8) } == [
                "m:1:10: ", "m:2:1: e", "m:3:10: ", "m:4:8: e", "m:5:3: e", "m:5:20: ", "m:6:3: e",
                "m:7:3: e",
            ])
        #expect(found.contains("m:8:3: error R07: a key must be text, found a list"))
        #expect(found.last?.hasPrefix("m:10:1: error R04: unknown key 'end'") == true)
    }
}
