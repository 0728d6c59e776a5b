import PlanCore
import Testing

@Suite("Problems")
struct ProblemTests {
    @Test("every rule has a line in the table, and ids are R01 to R42 without a gap")
    func table() {
        #expect(Rule.allCases.count == 43)
        for (index, rule) in Rule.allCases.enumerated() {
            let number = index + 1
            #expect(rule.rawValue == (number < 10 ? "R0\(number)" : "R\(number)"))
            #expect(!rule.wording.isEmpty && !rule.source.isEmpty)
            #expect(!rule.wording.hasSuffix("."))
        }
        #expect(
            Rule.allCases.filter { $0.severity == .warning } == [
                .commonPartSize, .jsonObjectSize, .targetNames,
            ])
        #expect(Rule.allCases.filter { $0.severity == .note } == [.slicingThreshold, .initBodySize])
    }

    @Test("problems are sorted by place, those at one place stay as they came")
    func order() {
        var list = ProblemList()
        let places = [(3, 1), (1, 9), (1, 2), (3, 1), (2, 1)]
        for (index, (line, column)) in places.enumerated() {
            list.append(Problem(.type, at: Place(line: line, column: column), "\(index)"))
        }
        #expect(list.sorted.map(\.message) == ["2", "1", "4", "0", "3"])
    }

    @Test("100,000 problems are kept, the others counted")
    func bounds() {
        var list = ProblemList()
        for line in 1...100_001 { list.append(Problem(.type, at: Place(line: line, column: 1), "")) }
        list.append(Problem(.commonPartSize, at: Place(line: 1, column: 1), ""))
        list.append(Problem(.slicingThreshold, at: Place(line: 1, column: 1), ""))
        #expect(list.kept.count == 100_000)
        #expect(list.omittedCount == 3)
        #expect(list.errorCount == 100_001)
        #expect(list.warningCount == 1)
        #expect(list.noteCount == 1)
        var other = ProblemList()
        other.append(Problem(.type, at: Place(line: 1, column: 1), ""))
        other.append(list)
        #expect(other.kept.count == 100_000)
        #expect(other.errorCount == 100_002)
    }

    @Test("a manifest's name is shown without what would disturb a terminal")
    func name() {
        let problem = Problem(.type, at: Place(line: 2, column: 7), "bad")
        #expect(problem.rendered(in: "a\u{1b}[1m\n.yaml") == "a\\u{1b}[1m\\n.yaml:2:7: error R07: bad")
    }
}

@Suite("Key registry")
struct KeyRegistryTests {
    static func target(_ bucket: String) throws -> PartialTarget {
        PartialTarget(region: try Region("gz"), bucket: try Bucket(bucket))
    }

    static func key(_ text: ByteString, line: Int = 1) -> Located<ByteString> {
        Located(text, at: Place(line: line, column: 8))
    }

    @Test("one key twice in one target is a problem that names the other line and manifest")
    func twice() throws {
        var keys = KeyRegistry()
        keys.begin(manifest: "one.yaml")
        #expect(keys.add([Self.key("/a", line: 7)], target: try Self.target("x")) == [])
        #expect(keys.add([Self.key("/a", line: 8)], target: try Self.target("y")) == [])
        let here = keys.add([Self.key("/a", line: 20)], target: try Self.target("x")).first
        #expect(here?.message == "key '/a' is also the key of the file at line 7")
        keys.begin(manifest: "two.yaml")
        let there = keys.add([Self.key("/a", line: 2)], target: try Self.target("y")).first
        #expect(there?.message == "key '/a' is also the key of the file at line 8 of one.yaml")
        #expect(there?.rule == .uniqueKey)
        #expect(there?.place == Place(line: 2, column: 8))
    }

    @Test("flags that replace the targets make two targets one")
    func override() throws {
        var keys = KeyRegistry(override: PartialTarget(bucket: try Bucket("z")))
        #expect(keys.add([Self.key("/a")], target: try Self.target("x")) == [])
        #expect(keys.add([Self.key("/a")], target: try Self.target("y")).count == 1)
    }

    @Test("keys that differ in normal form only are two keys")
    func normalForms() {
        var keys = KeyRegistry()
        #expect(keys.add([Self.key("/\u{e9}")], target: PartialTarget()) == [])
        #expect(keys.add([Self.key("/e\u{301}")], target: PartialTarget()) == [])
    }
}
