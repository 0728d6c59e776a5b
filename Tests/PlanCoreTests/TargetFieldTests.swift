import PlanCore
import Testing

/// Region, appid and bucket become part of a host name, a path and a signature: no text may be able to inject
/// anything there.
@Suite("Region, appid and bucket")
struct TargetFieldTests {
    /// Separators and terminators of URLs, headers, forms, a signature's fields or a shell; and letters and
    /// digits that resemble ASCII.
    static let foreign: [String] = [
        "/", "#", "@", ":", "&", "=", "%", "?", "\\", "+", ";", ",", "!", "*", "'", "\"", "(", ")", "[", "]",
        "{",
        "}", "<", ">", "|", "^", "`", "~", "$", "_", " ", "\t", "\n", "\r", "\r\n", "\0", "\u{1b}", "\u{7f}",
        "\u{85}", "\u{a0}", "\u{2028}", "\u{200b}", "\u{202e}", "\u{feff}", "\u{e9}", "e\u{301}", "\u{ff41}",
        "\u{661}", "\u{ff0f}", "\u{2024}", "\u{1f600}",
    ]

    static func isRegion(_ text: String) -> Bool { (try? Region(text))?.name == text }
    static func isAppID(_ text: String) -> Bool { (try? AppID(text: text))?.description == text }
    static func isBucket(_ text: String) -> Bool { (try? Bucket(text))?.name == text }

    @Test("a foreign character is refused at the start, inside, at the end and alone", arguments: foreign)
    func foreignCharacter(character: String) {
        for (before, after) in [("", "gz"), ("g", "z"), ("gz", ""), ("", ""), ("gz", ".evil.example")] {
            let text = before + character + after
            #expect(throws: TargetFieldError.region(found: text, .json)) { try Region(text) }
            #expect(throws: TargetFieldError.bucket(found: text, .json)) { try Bucket(text) }
        }
        for (before, after) in [("", "12"), ("1", "2"), ("12", ""), ("", "")] {
            let text = before + character + after
            #expect(throws: TargetFieldError.appID(found: text)) { try AppID(text: text) }
        }
    }

    @Test(
        "a text that would redirect a request or forge a signature's field is refused everywhere",
        arguments: [
            "evil.example/", "gz.evil.example#", "user@evil.example", "gz:8080", "x&f=&b=victim", "x&e=0",
            "gz%2eevil", "gz\r\nHost: evil.example", "gz\nX: y", "..", "../x", "x/../y", "//evil", "%00",
            "1&k=2",
            "[::1]", "127.0.0.1/", "gz ", " gz", "gz\0",
        ])
    func forgery(text: String) {
        #expect(!Self.isRegion(text))
        #expect(!Self.isBucket(text))
        #expect(!Self.isAppID(text))
    }

    @Test(
        "a region is lower-case letters, digits and -, a letter first",
        arguments: [
            ("a", true), ("z", true), ("gz", true), ("sgp", true), ("ap-guangzhou", true), ("a0", true),
            ("a9", true), ("a-", true), ("a--b", true), (String(repeating: "a", count: 300), true),
            ("", false), ("-", false), ("-gz", false), ("0", false), ("9a", false), ("GZ", false),
            ("gZ", false), ("gz.x", false), (".", false), ("..", false), ("`", false), ("{", false),
        ])
    func region(text: String, isLegal: Bool) {
        #expect(Self.isRegion(text) == isLegal)
    }

    @Test(
        "a bucket is letters, digits, - and ., a letter or digit first",
        arguments: [
            ("a", true), ("z", true), ("A", true), ("Z", true), ("0", true), ("9", true), ("xy2", true),
            ("My-Bucket.1", true), ("a.", true), ("a..b", true), ("a-", true), ("1.2.3.4", true),
            (String(repeating: "B", count: 300), true), ("", false), ("-", false), ("-xy", false),
            (".", false), ("..", false), (".a", false), ("_a", false), ("a_b", false), ("@", false),
            ("[", false), ("`", false), ("{", false),
        ])
    func bucket(text: String, isLegal: Bool) {
        #expect(Self.isBucket(text) == isLegal)
    }

    @Test(
        "an appid is a positive integer, written one way only",
        arguments: [
            ("1", true), ("9", true), ("1251668577", true), ("9223372036854775807", true), ("", false),
            ("0", false), ("00", false), ("01", false), ("-1", false), ("+1", false), ("-0", false),
            ("1.0", false), ("1e3", false), ("0x1", false), ("1_000", false), ("1,000", false), (" 1", false),
            ("1 ", false), ("a", false), ("9223372036854775808", false), ("18446744073709551617", false),
            (String(repeating: "9", count: 300), false),
        ])
    func appID(text: String, isLegal: Bool) {
        #expect(Self.isAppID(text) == isLegal)
    }

    @Test("an appid given as a number is positive too", arguments: [Int64.min, -1, 0])
    func appIDNumber(number: Int64) throws {
        #expect(throws: TargetFieldError.appID(found: "\(number)")) { try AppID(number) }
        #expect(try AppID(1).number == 1)
        #expect(try AppID(Int64.max).number == .max)
    }

    @Test("a refusal is one line that shows what a terminal would act on")
    func description() {
        #expect(
            "\(TargetFieldError.region(found: "g\r\nz\u{1b}[1m", .json))"
                == "region 'g\\r\\nz\\u{1b}[1m' must be lower-case letters, digits and -, a letter first")
        #expect(
            "\(TargetFieldError.appID(found: "0"))"
                == "appid '0' must be a whole number from 1 to 9223372036854775807")
        #expect(
            "\(TargetFieldError.bucket(found: "a/b", .json))"
                == "bucket 'a/b' must be letters, digits, - and ., a letter or digit first")
    }
}
