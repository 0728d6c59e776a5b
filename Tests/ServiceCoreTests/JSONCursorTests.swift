import Foundation
import Testing

@testable import ServiceCore

@Suite("JSON cursor")
struct JSONCursorTests {
    private func strict(_ text: String) -> JSONValue? { JSONValue(json: Array(text.utf8)) }

    private func repaired(_ bytes: [UInt8]) -> JSONValue? { JSONValue(json: bytes, strings: .repaired) }

    @Test("an object with two members of one name, in bytes, is refused at any depth; other names are not")
    func twins() {
        let many = (0..<40).map { #""m\#($0)":0"# }.joined(separator: ",")
        for text in [
            #"{"a":1,"a":2}"#, #"{"a":1,"b":[{"c":1,"\u0063":1}]}"#, #"{\#(many),"m7":0}"#,
            #"{\#(many),"m39":0}"#, #"{"a":{"b":1},"a":2}"#,
        ] {
            #expect(strict(text) == nil, "\(text)")
        }
        for text in [
            #"{"a":1,"A":2}"#, #"{"a":{"a":1}}"#, #"{\#(many)}"#, "{\"e\u{301}\":1,\"\u{e9}\":2}",
            #"[{"a":1},{"a":1}]"#,
        ] {
            #expect(strict(text) != nil, "\(text)")
        }
    }

    @Test("escapes and surrogate pairs are read; lone surrogates and bad UTF-8 are repaired or refused")
    func strings() {
        let escapes = #""\u4e0a\u4f20 \ud83d\ude00 \"\\\/\b\f\n\r\t""#
        #expect(strict(escapes) == .string("上传 😀 \"\\/\u{8}\u{c}\n\r\t"))
        #expect(repaired(Array(escapes.utf8)) == strict(escapes))
        let broken: [(String, String)] = [
            (#""\ud83d x""#, "\u{fffd} x"), (#""\ude00""#, "\u{fffd}"), (#""\ud83d\u0041""#, "\u{fffd}A"),
            (#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"), (#""\ud83d\n""#, "\u{fffd}\n"),
        ]
        for (text, expected) in broken {
            #expect(repaired(Array(text.utf8)) == .string(expected))
            #expect(strict(text) == nil, "\(text)")
        }
        for bytes: [UInt8] in [[0x22, 0xff, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xe4, 0xb8, 0x22]] {
            #expect(repaired(bytes) != nil)
            #expect(JSONValue(json: bytes) == nil)
        }
        for bad in [#""\x""#, #""\u12""#, #""\u12g4""#, "\"\n\"", "\"\u{0}\"", #"""#, #""\"#, #""\u"#] {
            #expect(repaired(Array(bad.utf8)) == nil)
        }
    }

    @Test("values nest 32 levels and no more, whether they are read, skipped or walked")
    func depth() throws {
        func nested(_ levels: Int) -> [UInt8] {
            Array((String(repeating: "[", count: levels) + String(repeating: "]", count: levels)).utf8)
        }
        #expect(JSONValue(json: nested(32)) != nil)
        for levels in [33, 100_000] {
            #expect(JSONValue(json: nested(levels)) == nil)
            var cursor = JSONCursor(nested(levels))
            #expect(throws: JSONError(position: 33, found: "more than 32 levels")) { try cursor.skip() }
        }
    }

    @Test(
        "what is written as JSON reads back",
        arguments: ["", "a\"b\\c", "\n\r\t\u{0}\u{1f}\u{7f}", "上传 😀 e\u{301}"])
    func writing(text: String) {
        let value = JSONValue.object([
            ("text", .string(text)),
            ("list", .array([.null, .bool(true), .integer(-7), .otherNumber("1.5e3")])),
        ])
        #expect(JSONValue(json: value.encoded) == value)
    }

    @Test(
        "form is as RFC 8259 has it",
        arguments: [
            ("0", true), ("-0", true), ("01", false), ("+1", false), ("1.", false), (".5", false),
            ("1e", false), ("1E+2", true), ("-", false), ("NaN", false), ("[1,]", false), ("[,1]", false),
            ("[1 2]", false), ("{,}", false), (#"{"a":1,}"#, false), (#"{"a"}"#, false), (#"{a:1}"#, false),
            (#"{"a":1 "b":2}"#, false), ("[1}", false), ("{]", false), ("tru", false), ("true", true),
            ("nul", false), (" [ ] ", true), ("[] x", false), ("", false), ("\u{feff}[]", false),
            ("[1]]", false), ("'a'", false), ("\u{b}1", false), ("[\t\r\n 1]", true),
        ])
    func form(text: String, isJSON: Bool) {
        #expect((strict(text) != nil) == isJSON, "\(text)")
    }

    @Test("whole numbers of 64 bits are read exactly; others are none and keep their text")
    func numbers() throws {
        for text in ["9223372036854775807", "-9223372036854775808", "0"] {
            var cursor = JSONCursor(Array(text.utf8))
            #expect(try cursor.integer() == Int64(text))
        }
        for text in ["9223372036854775808", "1.0", "1e3"] {
            var cursor = JSONCursor(Array(" \(text)".utf8))
            #expect(throws: JSONError(position: 1, found: "no whole number of 64 bits")) {
                try cursor.integer()
            }
            #expect(strict(text) == .otherNumber(text))
        }
    }

    @Test("an array of objects is walked without a tree, members in any order, unknown ones skipped")
    func walking() throws {
        let text = #" [ {"b":2,"x":[{"y":null}],"a":1} , {"a":3,"b":4} ] "#
        var cursor = JSONCursor(Array(text.utf8)[...])
        var found: [[String: Int64]] = []
        try cursor.beginArray()
        while try cursor.nextEntry() {
            var entry: [String: Int64] = [:]
            try cursor.beginObject()
            while let name = try cursor.nextName() {
                switch String(decoding: name, as: UTF8.self) {
                case "a": entry["a"] = try cursor.integer()
                case "b": entry["b"] = try cursor.integer()
                default: try cursor.skip()
                }
            }
            found.append(entry)
        }
        try cursor.end()
        #expect(found == [["a": 1, "b": 2], ["a": 3, "b": 4]])
    }

    @Test("an error says what was found and where, counted from the start of the bytes given")
    func places() throws {
        let bytes = Array(#"skip{"a" 1}"#.utf8)
        var cursor = JSONCursor(bytes.dropFirst(4))
        try cursor.beginObject()
        let error = #expect(throws: JSONError.self) { try cursor.nextName() }
        #expect(error.map { "\($0)" } == "no ':' at byte 5")
        var other = JSONCursor(Array("[1".utf8))
        try other.beginArray()
        #expect(throws: JSONError(position: 1, found: "no '}' is due")) { try other.nextName() }
        #expect(throws: JSONError(position: 1, found: "something after the value")) { try other.end() }
    }

    /// Whether the text contains a digit, an `e` and three digits in sequence.
    private static func hasLongExponent(_ text: [UInt8]) -> Bool {
        String(decoding: text, as: UTF8.self).contains(/\d[eE][-+]?\d{3}/)
    }

    @Test("for 20,000 damaged texts the strict cursor takes what Foundation's parser takes, twins apart")
    func agreement() throws {
        let seeds = [
            #"{"code":-4019,"message":"_ERROR \u00e9 \ud83d\ude00","data":{"a":[1,2.5e-3,null,true,false]}}"#,
            #"[{"offset":0,"datalen":1048576,"datasha":"ab9a20fd6c98fc1f8f0c985cd552ff14c6feacfd"},[[]],{}]"#,
        ].map { Array($0.utf8) }
        var random = Seeded(state: 8259)
        for round in 0..<20_000 {
            var text = seeds[round % 2]
            for _ in 0...(round % 3) {
                let place = Int(random.next() % UInt64(text.count))
                switch random.next() % 4 {
                case 0: text[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: text.remove(at: place)
                case 2: text.insert(text[Int(random.next() % UInt64(text.count))], at: place)
                default: text.swapAt(place, Int(random.next() % UInt64(text.count)))
                }
            }
            let value = JSONValue(json: text)
            var skipping = JSONCursor(text)
            let skips: Bool
            do {
                try skipping.skip()
                try skipping.end()
                skips = true
            } catch { skips = false }
            #expect(skips == (value != nil))
            // Foundation's parser refuses numbers beyond Double, such as 1e48576; RFC 8259 does not limit the
            // range.
            guard value != nil, !Self.hasLongExponent(text) else { continue }
            let data = Data(text)
            #expect(throws: Never.self, "\(String(decoding: text, as: UTF8.self))") {
                try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
            }
        }
    }
}

/// A seeded generator (SplitMix64), so that failures can be reproduced.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
