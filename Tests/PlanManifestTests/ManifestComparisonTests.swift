import PlanCore
import PlanManifest
import Testing

@Suite("Comparison of two manifests")
struct ManifestComparisonTests {
    static func entry(_ path: String, key: String? = nil, sha: Int = 0) -> String {
        let digits = String(sha, radix: 16)
        let digest = String(repeating: "0", count: 40 - digits.count) + digits
        return """
            - path: '\(path)'
              key: '\(key ?? "/" + path)'
              filesize: 5
              sha: '\(digest)'
              slice_size: 1048576
              uploadparts:
              - {offset: 0, datalen: 5, datasha: '\(digest)'}

            """
    }

    static func manifest(_ entries: [String], target: String = "", keeping room: Int = 0) throws
        -> CheckedManifest
    {
        let text =
            "---\ncosplan: 1\ndatasha: state\n\(target)files:\(entries.isEmpty ? " []" : "")\n"
            + entries.joined()
        var keys = KeyRegistry()
        return try CheckedManifest(
            ManifestCheck(MemoryByteSource(text), name: "m", keys: &keys, keeping: room))
    }

    /// `+path`, `-path`, `~path`, in the order reported, and the totals.
    static func changes(
        _ old: CheckedManifest, _ new: CheckedManifest, holding room: Int = ManifestComparison.usualRoom
    ) throws -> (told: [String], totals: ManifestComparison.Totals) {
        var told: [String] = []
        let totals = try ManifestComparison(from: old, to: new, holding: room).forEachChange { change in
            switch change.kind {
            case .added(let alike): told.append("+\(change.file.path)" + (alike == nil ? "" : " alike"))
            case .removed: told.append("-\(change.file.path)")
            case .changed: told.append("~\(change.file.path)")
            }
        }
        return (told, totals)
    }

    @Test(
        "files are told as added, changed and removed, whatever their order", arguments: [0, 8, 1 << 20],
        [0, 1 << 20])
    func changes(holding: Int, keeping: Int) throws {
        let old = try Self.manifest(
            ["a", "b", "c", "d", "e"].map { Self.entry($0, sha: 1) }, keeping: keeping)
        let new = try Self.manifest(
            [
                Self.entry("e", sha: 2), Self.entry("c", sha: 1), Self.entry("new", sha: 1),
                Self.entry("d", sha: 2),
                Self.entry("a", sha: 2),
            ], keeping: keeping)
        let (told, totals) = try Self.changes(old, new, holding: holding)
        #expect(told == ["~e", "+new", "~d", "~a", "-b"])
        #expect((totals.changed, totals.added, totals.removed, totals.same) == (3, 1, 1, 1))
        #expect(!totals.areSame)
    }

    @Test("the same files in another order, or in other documents, are the same")
    func same() throws {
        let names = ["a", "b", "c"]
        let old = try Self.manifest(names.map { Self.entry($0) })
        #expect(
            try Self.changes(old, try Self.manifest(names.reversed().map { Self.entry($0) })).totals.areSame)
        let empty = try Self.manifest([])
        #expect(try Self.changes(empty, empty).totals.areSame)
        #expect(try Self.changes(empty, old).told == ["+a", "+b", "+c"])
        #expect(try Self.changes(old, empty).told == ["-a", "-b", "-c"])
    }

    @Test("names alike but for their normal form are pointed out")
    func normalForms() throws {
        let old = try Self.manifest([Self.entry("e\u{301}"), Self.entry("z")])
        let new = try Self.manifest([Self.entry("\u{e9}"), Self.entry("y")])
        #expect(try Self.changes(old, new).told == ["+\u{e9} alike", "+y", "-e\u{301}", "-z"])
    }

    @Test("targets that differ make a file differ, with the fields named")
    func targets() throws {
        let entries = [Self.entry("a")]
        let old = try Self.manifest(entries, target: "target: {region: gz, bucket: b}\n")
        let new = try Self.manifest(entries, target: "target: {region: sh, bucket: b, appid: 1}\n")
        var settings: [FieldDifference] = []
        _ = try ManifestComparison(from: old, to: new).forEachChange { change in
            if case .changed(_, let comparison, let found) = change.kind {
                #expect(comparison.isEmpty)
                settings = found
            }
        }
        #expect(
            settings == [
                FieldDifference(name: "region", old: "gz", new: "sh"),
                FieldDifference(name: "appid", old: nil, new: "1"),
            ])
    }

    @Test("a path that stands twice is matched by its key")
    func twice() throws {
        let old = try Self.manifest([
            Self.entry("a", key: "/one", sha: 1), Self.entry("a", key: "/two", sha: 2),
        ])
        let new = try Self.manifest([
            Self.entry("a", key: "/two", sha: 2), Self.entry("a", key: "/three", sha: 1),
        ])
        let (told, totals) = try Self.changes(old, new)
        #expect(told == ["~a"])
        #expect((totals.changed, totals.added, totals.removed, totals.same) == (1, 0, 0, 1))
    }
}
