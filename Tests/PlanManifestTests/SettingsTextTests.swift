import PlanCore
import PlanManifest
import Testing

@Suite("Settings")
struct SettingsTextTests {
    static func fields(_ text: String) throws -> [ByteString: String] {
        try SettingsText.mapping(MemoryByteSource(text)).fields
    }

    @Test("a mapping of single values is read, from YAML and from JSON")
    func mapping() throws {
        for text in ["a: 1\nb: 'two'\n", #"{"a": 1, "b": "two"}"#] {
            #expect(try Self.fields(text) == ["a": "1", "b": "two"])
        }
    }

    @Test("a list of mappings is read, each with its place")
    func list() throws {
        let mappings = try SettingsText.list(MemoryByteSource("- {a: 1}\n- b: 2\n"))
        #expect(mappings.map(\.fields) == [["a": "1"], ["b": "2"]])
        #expect(mappings.map(\.place.line) == [1, 2])
    }

    @Test("a list is read mapping by mapping, and what its reader throws comes out as it is")
    func each() throws {
        struct Enough: Error {}
        var seen = 0
        #expect(throws: Enough.self) {
            try SettingsText.forEachMapping(MemoryByteSource("- {a: 1}\n- {a: 2}\n- [")) { _ in
                seen += 1
                if seen == 2 { throw Enough() }
            }
        }
        let error = #expect(throws: SettingsError.self) {
            try SettingsText.forEachMapping(MemoryByteSource("- {a: 1}\n- {hidden: 2}\n"), keys: ["a"]) { _ in
            }
        }
        #expect(error?.description == "line 2, column 4: unknown key (not shown); known are a")
    }

    @Test("keys that differ in normal form only are two keys; the same bytes twice are not")
    func normalForms() throws {
        #expect(try Self.fields("\u{e9}: 1\ne\u{301}: 2\n") == ["\u{e9}": "1", "e\u{301}": "2"])
        let error = #expect(throws: SettingsError.self) { try Self.fields("\u{e9}: 1\n\u{e9}: 2\n") }
        #expect(error?.description == "line 2, column 1: \u{e9} stands twice")
    }

    @Test(
        "anything else is an error with its place, and no value in it",
        arguments: [
            ("", "line 1, column 1: there is no document"),
            ("- a\n", "line 1, column 1: the text is a list, not a mapping"),
            ("a: 1\n---\nb: 2\n", "line 2, column 1: there is more than one document"),
            ("a: [hidden]\n", "line 1, column 4: a is a list, not a single value"),
            ("[hidden]: 1\n", "line 1, column 1: the text is a list, not a mapping"),
            ("a: *hidden\n", ""), ("a: &hidden 1\n", ""), ("a: !hidden 1\n", ""), ("a: \u{1}hidden\n", ""),
        ])
    func refused(text: String, words: String) {
        let error = #expect(throws: SettingsError.self) { try Self.fields(text) }
        let found = error.map { "\($0)" } ?? ""
        #expect(found.hasPrefix(words), "\(found)")
        #expect(!found.contains("hidden") || text.contains("*hidden"), "\(found)")
    }
}
