import Foundation
import PlanCore
import PlanFiles
import Testing

@Suite("What is parsed, with random input against a plain model")
struct ParserFuzzTests {
    /// The same numbers for a seed.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var word = state
            word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
            word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
            return word ^ (word >> 31)
        }
        mutating func text(_ alphabet: [UInt8], upTo count: Int) -> [UInt8] {
            (0..<Int.random(in: 0...count, using: &self)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &self)]
            }
        }
    }

    /// Returns its bytes in small pieces.
    private final class SlowSource: ByteSource {
        private let bytes: [UInt8]
        private let step: Int
        private var position = 0
        init(_ bytes: [UInt8], step: Int) {
            self.bytes = bytes
            self.step = step
        }
        func read(upTo count: Int) -> [UInt8] {
            defer { position = min(bytes.count, position + min(step, count)) }
            return Array(bytes[position..<min(bytes.count, position + min(step, count))])
        }
        func rewind() { position = 0 }
    }

    /// The names in a list, derived from its whole text.
    private func model(_ text: [UInt8]) -> [[UInt8]] {
        let body = text.starts(with: [0xef, 0xbb, 0xbf]) ? Array(text.dropFirst(3)) : text
        var lines = body.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
        let terminated = lines.dropLast().filter { !$0.isEmpty }
        if terminated.allSatisfy({ $0.last == 13 }) {
            lines = lines.map { $0.last == 13 ? Array($0.dropLast()) : $0 }
        }
        return lines.filter { !$0.isEmpty }
    }

    @Test("a list is the same however its bytes come", arguments: 0..<8 as Range<UInt64>)
    func lists(seed: UInt64) throws {
        var numbers = Numbers(state: seed)
        let alphabets: [[UInt8]] = [
            [97, 10, 13], [97, 13, 10, 10], [0xef, 0xbb, 0xbf, 10, 13], [10, 0xff, 0x2f, 98],
        ]
        for round in 0..<250 {
            var text = numbers.text(alphabets[round % alphabets.count], upTo: 24)
            if round % 3 == 0 { text = [0xef, 0xbb, 0xbf] + text }
            if round % 5 == 0 { text = text.flatMap { $0 == 10 ? [13, 10] : [$0] } }
            for step in [1, 2, 5, 65_536] {
                let names = try FileList.names(in: SlowSource(text, step: step), separator: .line)
                #expect(names == model(text), "\(text), \(step) at a time")
                let nul = text.map { $0 == 10 ? 0 : $0 }
                #expect(
                    try FileList.names(in: SlowSource(nul, step: step), separator: .nul)
                        == nul.split(separator: 0).map(Array.init), "\(nul), \(step) at a time")
            }
        }
    }

    /// Whether `pattern` matches `name`, both of one segment: tries every division of the name.
    private func fits(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        let rest = pattern.dropFirst()
        switch first {
        case "*": return (0...name.count).contains { fits(rest, name.dropFirst($0)) }
        case "?": return !name.isEmpty && fits(rest, name.dropFirst())
        default: return name.first == first && fits(rest, name.dropFirst())
        }
    }

    /// The same for paths: `**` takes any number of segments.
    private func fits(_ pattern: ArraySlice<[Character]>, _ path: ArraySlice<[Character]>) -> Bool {
        guard let first = pattern.first else { return path.isEmpty }
        let rest = pattern.dropFirst()
        if first == ["*", "*"] { return (0...path.count).contains { fits(rest, path.dropFirst($0)) } }
        guard let name = path.first else { return false }
        return fits(first[...], name[...]) && fits(rest, path.dropFirst())
    }

    @Test(
        "a pattern takes the paths that a search through all possibilities takes",
        arguments: 0..<8 as Range<UInt64>)
    func globs(seed: UInt64) throws {
        var numbers = Numbers(state: seed &+ 100)
        for _ in 0..<400 {
            let segments = (0..<Int.random(in: 1...3, using: &numbers)).map { _ -> [Character] in
                if Int.random(in: 0..<4, using: &numbers) == 0 { return ["*", "*"] }
                let text = numbers.text(Array("ab*?".utf8), upTo: 5).map { Character(Unicode.Scalar($0)) }
                // Two stars alone have another meaning, and an empty text is not a segment.
                return text.isEmpty || text.allSatisfy({ $0 == "*" }) ? ["a"] : text
            }
            let path = (0..<Int.random(in: 1...4, using: &numbers)).map { _ -> [Character] in
                ["a"] + numbers.text(Array("ab".utf8), upTo: 4).map { Character(Unicode.Scalar($0)) }
            }
            let glob = try Glob(ByteString("/" + segments.map { String($0) }.joined(separator: "/")))
            // `a/**` matches everything below `a`, not `a` itself.
            let whole = segments.last == ["*", "*"] ? segments + [["*"]] : segments
            let text = path.map { String($0) }.joined(separator: "/")
            #expect(
                glob.matches(text.utf8, isFolder: false) == fits(whole[...], path[...]),
                "\(glob.pattern.text) and \(text)")
        }
    }

    @Test("no text is a pattern that traps", arguments: 0..<4 as Range<UInt64>)
    func anyPattern(seed: UInt64) {
        var numbers = Numbers(state: seed &+ 200)
        for _ in 0..<2000 {
            let text = numbers.text(Array(#"ab/*?[]!^-\."#.utf8), upTo: 12)
            guard let pattern = ByteString(validating: text), let glob = try? Glob(pattern) else { continue }
            for path in ["a", "a/b", "-", "]", "a/b/a/b", #"\"#, "ab!^"] {
                _ = glob.matches(path.utf8, isFolder: false)
                _ = glob.matches(path.utf8, isFolder: true)
            }
        }
    }

    @Test(
        "a log's lines are those of its text up to the last line end, at any length",
        arguments: 0..<6 as Range<UInt64>)
    func logs(seed: UInt64) throws {
        var numbers = Numbers(state: seed &+ 300)
        let folder = try TemporaryFolder()
        for round in 0..<12 {
            // Around the chunk size with which a log is read.
            let length = [0, 1, 65_535, 65_536, 65_537, 131_072, 131_073, 200_000][round % 8]
            var text = (0..<length).map { _ in UInt8.random(in: 0...255, using: &numbers) }
            for _ in 0..<round where !text.isEmpty {
                text[Int.random(in: 0..<text.count, using: &numbers)] = 10
            }
            if round % 2 == 0, !text.isEmpty { text[text.count - 1] = 10 }
            let log = try LogLines(path: ByteString(folder.write("log", text)))
            let end = text.lastIndex(of: 10).map { $0 + 1 } ?? 0
            #expect(log.length == Int64(end))
            #expect(log.tornLength == Int64(text.count - end))
            #expect(try log.tornBytes(upTo: 7) == Array(text[end...].prefix(7)))
            var lines: [[UInt8]] = []
            try log.forEach { lines.append($0) }
            let expected = text[..<end].split(separator: 10, omittingEmptySubsequences: false).dropLast().map(
                Array.init)
            #expect(lines == expected)
        }
    }
}
