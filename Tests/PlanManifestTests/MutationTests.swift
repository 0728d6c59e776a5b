import PlanCore
import PlanManifest
import Testing

/// SplitMix64, so that failures can be reproduced.
///
/// **Source**: Steele, Lea, Flood 2014.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

@Suite("Damaged manifests")
struct MutationTests {
    static let fragments: [String] = [
        "---\n", "...\n", "{", "}", "[", "]", ",", ":", ": ", "'", "\"", "\\", "\n", "\r", "\t", " ", "- ",
        "? ", "&a ", "*a", "!t ",
        "%YAML 1.1\n", "<<: ", "|\n", ">\n", "#", "\0", "\u{2028}", "\u{feff}", "\u{1f600}", "\\ud83d",
        "\\u0000", "-1", "01", "1e3",
        "9223372036854775807", "null", "true", "secret", "path", "files", "uploadparts", "datasha", "offset",
        "2", "api: xml, ", "\"api\": \"s3\", ", "endpoint: 'http://h', ", "addressing: path, ",
        "shard: {index: 1, of: 2}\n",
        "  crc64ecma: '0'\n", "\"crc64nvme\": \"AAAAAAAAAAA=\", ",
        "  md5: 'd41d8cd98f00b204e9800998ecf8427e'\n", "sha256",
    ]

    static func damaged(_ bytes: [UInt8], _ random: inout SplitMix) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let at = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, at + Int.random(in: 0...40, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes.removeSubrange(at..<end)
            case 1: bytes.insert(UInt8.random(in: 0...255, using: &random), at: at)
            case 2:
                bytes.insert(contentsOf: bytes[at..<end], at: Int.random(in: 0...bytes.count, using: &random))
            case 3: bytes.removeSubrange(at...)
            case 4 where at < bytes.count: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            default:
                bytes.insert(contentsOf: (fragments.randomElement(using: &random) ?? "").utf8, at: at)
            }
        }
        return bytes
    }

    @Test("damage of any kind ends in problems with places inside the text, or in none", arguments: 0..<8)
    func damage(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let examples = try ManifestTextTests.examples().map(\.bytes).filter { $0.count < 3_000 }
        for round in 0..<400 {
            let original = try #require(examples.randomElement(using: &random))
            let text = Self.damaged(original, &random)
            let piece = Int.random(in: 1...500, using: &random)
            try Self.expectSoundReading(of: text, piece: piece, "seed \(seed), round \(round)")
        }
    }

    /// Checks that reading ends, every problem has a place in the text, and a legal text survives writing and
    /// reading.
    static func expectSoundReading(of text: [UInt8], piece: Int, _ what: String) throws {
        var keys = KeyRegistry()
        let check = try ManifestCheck(
            PiecewiseSource(text, piece: piece), name: "m", keys: &keys, keeping: piece % 2 * 65_540)
        let lines = text.count { $0 == 10 || $0 == 13 } + otherLineEnds(in: text) + 1
        for problem in check.problems {
            #expect((1...lines + 1).contains(problem.place.line), "\(what): \(problem)")
            #expect((1...text.count + 1).contains(problem.place.column), "\(what): \(problem)")
            #expect(problem.message.allSatisfy { !$0.isNewline }, "\(what): \(problem)")
        }
        #expect(!check.isMalformed || check.problems.contains { $0.rule == .wellFormed }, "\(what)")
        var count = 0
        let files = try check.soundFiles()
        while try files.next() != nil { count += 1 }
        #expect(count <= check.fileCount, "\(what)")
        guard check.problemList.errorCount == 0 else { return }
        #expect(count == check.fileCount, "\(what)")
        try expectSameAgain(check, what)
    }

    /// The number of line ends that only YAML 1.1 has: NEL, and the line and paragraph separators.
    private static func otherLineEnds(in text: [UInt8]) -> Int {
        String(decoding: text, as: UTF8.self).unicodeScalars
            .count { $0 == "\u{85}" || $0 == "\u{2028}" || $0 == "\u{2029}" }
    }

    /// Checks that a legal manifest is written and read back as the same plans, in both formats.
    private static func expectSameAgain(_ check: ManifestCheck, _ what: String) throws {
        let manifest = try CheckedManifest(check)
        let documents = try ManifestWriterTests.files(manifest)
        for (document, files) in zip(manifest.documents, documents) {
            for format in ManifestFormat.allCases {
                let text = ManifestWriter(format: format, document: document).manifest(of: files)
                let again = try CheckedManifest(text: String(decoding: text, as: UTF8.self))
                #expect(try ManifestWriterTests.files(again) == [files], "\(what)")
            }
        }
    }
}
