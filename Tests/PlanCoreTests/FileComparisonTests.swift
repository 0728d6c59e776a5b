import PlanCore
import Testing

@Suite("Comparison of two plans of a file")
struct FileComparisonTests {
    /// A plan of bytes represented by small numbers, one per unit of 64 bytes: parts of `units` units each.
    ///
    /// Digests are derived from the numbers they cover: a part's `sha1` from its own units, a state from all
    /// units up to it.
    static func plan(
        _ bytes: [UInt32], units: Int, kind: DatashaKind = .state, withSHA1: Bool = true, cut: Int64 = 0
    ) throws -> PlannedFile {
        func digest(_ bytes: some Sequence<UInt32>, _ salt: UInt32) -> Digest {
            let hash = bytes.reduce(UInt32(17)) { ($0 ^ $1) &* 16_777_619 }
            return Digest(words: (salt, 0, 0, 0, hash))
        }
        let size = Int64(bytes.count) * 64 - cut
        let layout = Layout(fileSize: size, pieceSize: Int64(units) * 64)
        let sha = size == 0 ? Digest.ofNoBytes : digest(bytes + [UInt32(cut)], 1)
        let parts = (0..<layout.count).map { index in
            let range = layout.range(of: index)
            let own = bytes[(index * units)..<min(bytes.count, (index + 1) * units)]
            let isLast = index == layout.count - 1
            let plain = layout.count == 1 ? sha : digest(own + (isLast && cut > 0 ? [UInt32(cut)] : []), 2)
            let state = isLast ? sha : digest(bytes[..<((index + 1) * units)], 3)
            return Part(range: range, datasha: kind == .state ? state : plain, sha1: withSHA1 ? plain : nil)
        }
        return PlannedFile(
            path: try LocalPath("a"), key: try ObjectKey("/a"), sha: sha, sliceSize: .standard,
            datashaKind: kind,
            partLayout: layout, parts: parts)
    }

    /// The ranges as `offset+length` in units, with `?` after uncertain ones.
    static func ranges(_ old: PlannedFile, _ new: PlannedFile) -> [String] {
        FileComparison(from: old, to: new).ranges.map {
            "\($0.range.offset / 64)+\(($0.range.length + 63) / 64)" + ($0.isCertain ? "" : "?")
        }
    }

    static let old: [UInt32] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]

    static func changing(_ units: [Int]) -> [UInt32] {
        var bytes = old
        for unit in units { bytes[unit] += 100 }
        return bytes
    }

    @Test("equal plans differ in nothing", arguments: DatashaKind.allCases)
    func equal(kind: DatashaKind) throws {
        let plan = try Self.plan(Self.old, units: 2, kind: kind)
        #expect(FileComparison(from: plan, to: plan).isEmpty)
        let empty = try Self.plan([], units: 2)
        #expect(FileComparison(from: empty, to: empty).isEmpty)
    }

    @Test("parts' own digests tell exactly which parts changed", arguments: DatashaKind.allCases)
    func exact(kind: DatashaKind) throws {
        let old = try Self.plan(Self.old, units: 2, kind: kind)
        for (changed, expected) in [
            ([0], ["0+2"]), ([11], ["10+2"]), ([3, 4], ["2+4"]), ([1, 6], ["0+2", "6+2"]),
            ([0, 5, 11], ["0+2", "4+2", "10+2"]),
        ] as [([Int], [String])] {
            let new = try Self.plan(Self.changing(changed), units: 2, kind: kind)
            #expect(Self.ranges(old, new) == expected, "\(changed)")
            #expect(Self.ranges(new, old) == expected, "\(changed)")
        }
    }

    @Test("plain digests of one plan are held against sha1 of the other")
    func mixedKinds() throws {
        let old = try Self.plan(Self.old, units: 2, kind: .part, withSHA1: false)
        let new = try Self.plan(Self.changing([5]), units: 2, kind: .state)
        #expect(Self.ranges(old, new) == ["4+2"])
    }

    @Test("states alone tell where the first difference lies, and that the rest may differ")
    func statesAlone() throws {
        let old = try Self.plan(Self.old, units: 2, withSHA1: false)
        #expect(
            Self.ranges(old, try Self.plan(Self.changing([5]), units: 2, withSHA1: false)) == ["4+2", "6+6?"])
        #expect(Self.ranges(old, try Self.plan(Self.changing([11]), units: 2)) == ["10+2"])
        #expect(Self.ranges(old, try Self.plan(Self.changing([0]), units: 2)) == ["0+2", "2+10?"])
    }

    @Test("parts of different sizes are held against each other where their boundaries meet")
    func partSizes() throws {
        let old = try Self.plan(Self.old, units: 2)
        // Boundaries meet at 6 and 12.
        #expect(Self.ranges(old, try Self.plan(Self.changing([7]), units: 3)) == ["6+6"])
        #expect(Self.ranges(old, try Self.plan(Self.changing([1]), units: 3)) == ["0+6", "6+6?"])
        #expect(Self.ranges(old, try Self.plan(Self.old, units: 3)) == [])
        #expect(Self.ranges(old, try Self.plan(Self.changing([11]), units: 4)) == ["8+4"])
        // If parts of both plans cover exactly the same bytes, their own digests decide.
        let five = Array(Self.old[..<9])
        var other = five
        other[0] += 100
        #expect(
            Self.ranges(try Self.plan(five, units: 2), try Self.plan(other, units: 4)) == ["0+4", "4+4?"])
        let same = try Self.plan(five, units: 2)
        #expect(FileComparison(from: same, to: try Self.plan(five, units: 4)).hasSameContent)
    }

    @Test("what one file has more is a difference up to its end")
    func sizes() throws {
        let old = try Self.plan(Self.old, units: 2)
        let longer = try Self.plan(Self.old + [13, 14, 15], units: 2)
        #expect(Self.ranges(old, longer) == ["12+3"])
        #expect(Self.ranges(longer, old) == ["12+3"])
        // The last part of the shorter file ends inside a part of the longer one.
        let cut = try Self.plan(Self.old, units: 2, cut: 10)
        #expect(Self.ranges(cut, longer) == ["10+5"])
        #expect(Self.ranges(try Self.plan([], units: 2), old) == ["0+12"])
        #expect(FileComparison(from: cut, to: longer).ranges.map(\.range.end) == [960])
        // Without the parts' own digests the state at the end of the shorter file is not recorded.
        let (bare, bareLonger) = (
            try Self.plan(Self.old, units: 2, withSHA1: false),
            try Self.plan(Self.old + [13], units: 2, withSHA1: false)
        )
        #expect(Self.ranges(bare, bareLonger) == ["10+2?", "12+1"])
    }

    @Test("equal files with other digests are told as a contradiction, not as a difference")
    func contradiction() throws {
        let plan = try Self.plan(Self.old, units: 2)
        var parts = plan.parts
        parts[2] = Part(range: parts[2].range, datasha: parts[1].datasha, sha1: parts[2].sha1)
        let damaged = PlannedFile(
            path: plan.path, key: plan.key, sha: plan.sha, sliceSize: plan.sliceSize,
            datashaKind: plan.datashaKind,
            partLayout: plan.partLayout, parts: parts)
        let comparison = FileComparison(from: plan, to: damaged)
        #expect(comparison.hasSameContent)
        #expect(comparison.ranges.isEmpty)
        #expect(comparison.contradictingParts == 1)
        #expect(!comparison.isEmpty)
    }

    @Test("fields that differ are named in the manifest's order, compared as bytes")
    func fields() throws {
        let old = try Self.plan(Self.old, units: 2)
        let new = PlannedFile(
            path: old.path, key: try ObjectKey("/b"), sha: old.sha,
            checksums: Checksums([Checksum(.crc64ecma, crc: 7)]),
            sliceSize: try SliceSize(bytes: 524_288), insertOnly: .overwrite, bizAttr: "x",
            datashaKind: old.datashaKind,
            partLayout: old.partLayout, parts: old.parts)
        let fields = FileComparison(from: old, to: new).fields
        #expect(fields.map(\.name) == ["key", "crc64ecma", "slice_size", "insertOnly", "biz_attr"])
        #expect(fields.map(\.old) == ["/a", nil, "1048576", "1", ""])
        #expect(fields.map(\.new) == ["/b", "7", "524288", "0", "x"])
        func keyed(_ key: ByteString) throws -> PlannedFile {
            PlannedFile(
                path: old.path, key: try ObjectKey(key), sha: old.sha, sliceSize: old.sliceSize,
                datashaKind: old.datashaKind, partLayout: old.partLayout, parts: old.parts)
        }
        #expect(!FileComparison(from: try keyed("/\u{e9}"), to: try keyed("/e\u{301}")).isEmpty)
    }
}
