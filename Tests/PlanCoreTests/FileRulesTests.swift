import PlanCore
import Testing

@Suite("File rules")
struct FileRulesTests {
    static let mebibyte: Int64 = 1_048_576

    /// An entry of `lengths.count` parts on lines 10, 11, …, with distinct digests; every field is valid.
    static func entry(lengths: [Int64], sliceSize: Int64 = mebibyte, sha1: Bool = false) -> ParsedFile {
        var file = ParsedFile(at: Place(line: 1, column: 3))
        file.path = Located("a", at: Place(line: 1, column: 9))
        file.key = Located("/a", at: Place(line: 2, column: 8))
        file.fileSize = Located(lengths.reduce(0, +), at: Place(line: 3, column: 13))
        file.sliceSize = Located(sliceSize, at: Place(line: 5, column: 15))
        var parts: [ParsedPart] = []
        var offset: Int64 = 0
        for (index, length) in lengths.enumerated() {
            let line = 10 + index
            parts.append(
                ParsedPart(
                    at: Place(line: line, column: 5),
                    offset: Located(offset, at: Place(line: line, column: 14)),
                    dataLength: Located(length, at: Place(line: line, column: 26)),
                    datasha: Located(digest(index), at: Place(line: line, column: 44)),
                    sha1: sha1 ? Located(digest(1000 + index), at: Place(line: line, column: 94)) : nil))
            offset += length
        }
        let sha = parts.last?.datasha?.value ?? .ofNoBytes
        file.sha = Located(sha, at: Place(line: 4, column: 8))
        file.parts = Located(parts, at: Place(line: 10, column: 3))
        return file
    }

    static func digest(_ number: Int) -> Digest { Digest(words: (1, 2, 3, 4, UInt32(number))) }

    static func broken(_ file: ParsedFile) -> [Rule] { FileRules().check(file).problems.map(\.rule) }

    static func broken(_ file: ParsedFile, _ api: ServiceAPI) -> [Rule] {
        FileRules().check(file).problems(for: api).map(\.rule)
    }

    @Test(
        "lengths that obey the rules are planned",
        arguments: [
            [], [1], [1_048_576], [1_048_576, 1], [1_048_576, 1_048_576], [64, 64, 63], [64, 1],
            [524_288, 5],
        ] as [[Int64]])
    func soundLengths(lengths: [Int64]) throws {
        let findings = FileRules().check(Self.entry(lengths: lengths))
        #expect(findings.problems.isEmpty)
        let file = try #require(findings.plannedFile(as: .state))
        #expect(file.fileSize == lengths.reduce(0, +))
        #expect(file.parts.map(\.range.length) == lengths)
        for (index, part) in file.parts.enumerated() {
            #expect(file.partLayout.range(of: index) == part.range)
        }
    }

    @Test(
        "lengths that break a rule are not planned",
        arguments: [
            ([63, 1], [.partBoundary]),
            ([65, 65], [.partBoundary]),
            ([64, 65], [.partLength, .partCount]),
            ([64, 128, 64], [.partLength, .partCount]),
            ([128, 64, 128], [.partLength]),
            ([64, 64, 32, 64], [.partLength]),
            ([64, 0], [.partLength, .partCount]),
            ([64, -64], [.partLength, .partCount, .emptyFile]),
            ([0], [.partLength, .partCount, .emptyFile]),
        ] as [([Int64], [Rule])])
    func unsoundLengths(lengths: [Int64], rules: [Rule]) {
        let findings = FileRules().check(Self.entry(lengths: lengths))
        #expect(Set(findings.problems.map(\.rule)).isSubset(of: Set(rules)), "\(findings.problems)")
        #expect(findings.problems.contains { $0.rule == rules[0] })
        #expect(findings.plannedFile(as: .state) == nil)
        #expect(findings.plannedFile(as: .part) == nil)
    }

    @Test("one wrong length among many is blamed, whichever it is", arguments: 0..<4)
    func oneWrongLength(index: Int) {
        var lengths: [Int64] = [128, 128, 128, 128, 128]
        lengths[index] = 64
        let found = FileRules().check(Self.entry(lengths: lengths)).problems.filter { $0.rule == .partLength }
        #expect(found.map(\.place) == [Place(line: 10 + index, column: 26)])
    }

    @Test(
        "filesize is the sum of the lengths, to the byte",
        arguments: [(2_097_152, []), (2_097_151, [.partSum]), (2_097_153, [.partCount, .partSum])]
            as [(Int64, [Rule])])
    func sums(size: Int64, rules: [Rule]) {
        var file = Self.entry(lengths: [1_048_576, 1_048_576])
        file.fileSize = Located(size, at: Place(line: 3, column: 13))
        #expect(Self.broken(file) == rules)
    }

    @Test("lengths whose sum passes 64 bits are no crash")
    func overflow() {
        let file = Self.entry(lengths: [64, 64])
        var huge = file
        let parts = file.parts?.value.map { part in
            var part = part
            part.dataLength = Located(Int64.max - 63, at: part.place)
            return part
        }
        huge.parts = parts.map { Located($0, at: Place(line: 10, column: 3)) }
        #expect(Self.broken(huge).contains(.partSum))
    }

    @Test(
        "filesize is not negative",
        arguments: [(-1, [.fileSize]), (Int64.min, [.fileSize])] as [(Int64, [Rule])])
    func negativeSize(size: Int64, rules: [Rule]) {
        var file = Self.entry(lengths: [])
        file.fileSize = Located(size, at: Place(line: 3, column: 13))
        #expect(Self.broken(file) == rules)
    }

    @Test(
        "slice_size is one of four",
        arguments: [
            (524_287, false), (524_288, true), (524_289, false), (1_048_576, true), (1_572_864, false),
            (2_097_152, true), (3_145_727, false), (3_145_728, true), (4_194_304, false), (0, false),
            (-1, false),
        ] as [(Int64, Bool)])
    func sliceSizes(bytes: Int64, isLegal: Bool) {
        #expect(Self.broken(Self.entry(lengths: [1], sliceSize: bytes)) == (isLegal ? [] : [.sliceSize]))
    }

    @Test(
        "insertOnly is 0 or 1", arguments: [(-1, false), (0, true), (1, true), (2, false)] as [(Int64, Bool)])
    func insertOnly(value: Int64, isLegal: Bool) {
        var file = Self.entry(lengths: [1])
        file.insertOnly = Located(value, at: Place(line: 6, column: 15))
        #expect(Self.broken(file) == (isLegal ? [] : [.insertOnly]))
    }

    @Test("a path may leave the root only where that is allowed", arguments: ["/a", "../a", "a/../b", ".."])
    func outside(path: String) {
        var file = Self.entry(lengths: [1])
        file.path = Located(ByteString(path), at: Place(line: 1, column: 9))
        #expect(FileRules().check(file).problems.map(\.rule) == [.path])
        #expect(FileRules(allowOutside: true).check(file).problems.isEmpty)
    }

    @Test(
        "20 MB is where slicing begins to be meant for a file",
        arguments: [(0, false), (1, true), (20_971_520, true), (20_971_521, false)] as [(Int64, Bool)])
    func threshold(size: Int64, isSmall: Bool) {
        let lengths = stride(from: 0, to: size, by: 1_048_576).map { min(1_048_576, size - $0) }
        let findings = FileRules().check(Self.entry(lengths: lengths))
        #expect((findings.smallFileSize != nil) == isSmall)
    }

    @Test(
        "part sizes that the SDKs compute alike",
        arguments: [
            ([1_048_576, 5], 3_145_728, true), ([1_048_576, 5], 524_288, true),
            ([524_288, 5], 524_288, true),
            ([524_288, 5], 1_048_576, false), ([2_097_152, 5], 2_097_152, false),
            ([65_536, 5], 524_288, false),
            ([1_048_576], 524_288, true), ([1_048_577], 3_145_728, false), ([5], 524_288, true),
        ] as [([Int64], Int64, Bool)])
    func commonPartSizes(lengths: [Int64], sliceSize: Int64, isCommon: Bool) {
        let findings = FileRules().check(Self.entry(lengths: lengths, sliceSize: sliceSize))
        #expect((findings.uncommonPartSize == nil) == isCommon)
        #expect(findings.problems.isEmpty)
    }

    @Test("the init body is noted from its first byte over 1 MiB on")
    func initBody() {
        // `[{"offset":0,"datalen":26585,"datasha":"…"}]` has 83 bytes in the documentation: 75 besides the
        // two numbers and the brackets. Here the two digits of datalen 64 and a comma are added.
        var length = 1
        var count = 0
        while length <= 1_048_576 {
            length += 75 + "\(count * 64)".utf8.count + 2 + 1
            count += 1
        }
        let over = Self.entry(lengths: Array(repeating: 64, count: count))
        let under = Self.entry(lengths: Array(repeating: 64, count: count - 1))
        #expect(Self.broken(under, .json) == [])
        #expect(Self.broken(over, .json) == [.initBodySize])
        #expect(Self.broken(over, .xml) == [])
        #expect(
            FileRules().check(over).problems(for: .json).first?.message.contains("\(length) bytes") == true)
        #expect(FileRules().check(over).plannedFile(as: .state) != nil)
    }
}
