import PlanCore
import Testing

@Suite("Digest rules")
struct DigestRulesTests {
    static func broken(_ file: ParsedFile, as kind: DatashaKind) -> [Rule] {
        FileRules().check(file).digestProblems(as: kind).map(\.rule)
    }

    static func changing(_ file: ParsedFile, part: Int, _ change: (inout ParsedPart) -> Void) -> ParsedFile {
        var file = file
        guard var parts = file.parts?.value else { return file }
        change(&parts[part])
        file.parts = Located(parts, at: Place(line: 10, column: 3))
        return file
    }

    @Test("states: the last is the file's sha, the others are not their part's own digest")
    func states() {
        let file = FileRulesTests.entry(lengths: [64, 64, 5], sha1: true)
        #expect(Self.broken(file, as: .state) == [])
        let wrongLast = Self.changing(file, part: 2) {
            $0.datasha = Located(FileRulesTests.digest(77), at: $0.place)
        }
        #expect(Self.broken(wrongLast, as: .state) == [.lastDatasha])
        let mislabelled = Self.changing(file, part: 1) { $0.datasha = $0.sha1 }
        #expect(Self.broken(mislabelled, as: .state) == [.mislabelledDatasha])
        #expect(FileRules().check(mislabelled).plannedFile(as: .state) != nil)
    }

    @Test("a plan of plain digests that says it holds states is told once, not once a part")
    func mislabelledPlan() {
        var file = FileRulesTests.entry(lengths: [64, 64, 64, 5], sha1: true)
        for part in 0..<4 { file = Self.changing(file, part: part) { $0.datasha = $0.sha1 } }
        let problems = FileRules().check(file).digestProblems(as: .state)
        #expect(problems.map(\.rule) == [.lastDatasha, .mislabelledDatasha])
        #expect(problems.last?.message.contains("3 parts") == true)
        #expect(Self.broken(file, as: .part) == [])
    }

    @Test("plain digests: datasha is sha1 where both are there")
    func plain() {
        let file = FileRulesTests.entry(lengths: [64, 64, 5])
        #expect(Self.broken(file, as: .part) == [])
        let differing = Self.changing(file, part: 1) {
            $0.sha1 = Located(FileRulesTests.digest(77), at: $0.place)
        }
        #expect(Self.broken(differing, as: .part) == [.plainDatasha])
    }

    @Test("the digests of a single part are the file's", arguments: DatashaKind.allCases)
    func single(kind: DatashaKind) {
        var file = FileRulesTests.entry(lengths: [5])
        #expect(Self.broken(file, as: kind) == [])
        file = Self.changing(file, part: 0) { $0.sha1 = $0.datasha }
        #expect(Self.broken(file, as: kind) == [])
        let sha1 = Self.changing(file, part: 0) { $0.sha1 = Located(FileRulesTests.digest(77), at: $0.place) }
        #expect(Self.broken(sha1, as: kind) == [.singlePart])
        let neither = Self.changing(sha1, part: 0) {
            $0.datasha = Located(FileRulesTests.digest(78), at: $0.place)
        }
        #expect(Self.broken(neither, as: kind) == [.singlePart, .singlePart])
        // One wrong digit in sha must be reported once.
        let both = Self.changing(sha1, part: 0) { $0.datasha = $0.sha1 }
        #expect(Self.broken(both, as: kind) == [.singlePart])
        var withoutSHA = sha1
        withoutSHA.sha = nil
        #expect(Self.broken(withoutSHA, as: kind) == [.singlePart])
    }

    @Test("an empty file's sha is that of no bytes, and a wrong one leaves the file checkable")
    func empty() {
        var file = FileRulesTests.entry(lengths: [])
        #expect(FileRulesTests.broken(file) == [])
        file.sha = Located(FileRulesTests.digest(1), at: Place(line: 4, column: 8))
        #expect(FileRulesTests.broken(file) == [.emptyFile])
        #expect(FileRules().check(file).plannedFile(as: .state) != nil)
    }

    @Test("a file that lacks a field is not planned")
    func missing() {
        let file = FileRulesTests.entry(lengths: [64, 5])
        var lacking: [ParsedFile] = Array(repeating: file, count: 6)
        lacking[0].path = nil
        lacking[1].key = nil
        lacking[2].fileSize = nil
        lacking[3].sliceSize = nil
        lacking[4].sha = nil
        lacking[5].parts = nil
        for file in lacking { #expect(FileRules().check(file).plannedFile(as: .state) == nil) }
        for change: (inout ParsedPart) -> Void in [
            { $0.offset = nil }, { $0.dataLength = nil }, { $0.datasha = nil },
        ] {
            let findings = FileRules().check(Self.changing(file, part: 0, change))
            #expect(findings.plannedFile(as: .state) == nil)
        }
    }
}
