import Foundation
import Testing

/// `--include` and `--exclude` on the commands that take plans.
@Suite("Files of a plan chosen by their paths")
struct FileChoiceTests {
    private static let names = ["a/1.img", "a/2.txt", "a/deep/3.img", "b/4.img", "5.img"]

    private static func prepare() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for name in names { try folder.write(name, to: "data/\(name)") }
        try await CosplanProcess.shell(
            "cd data && cosplan hash -q -r . -o ../m.yaml", in: folder.url
        ).expectSuccess()
        return folder
    }

    /// Patterns, and the files they choose: those that `hash -r` plans with the same patterns.
    static let patterns: [[String]] = [
        ["--include", "*.img"], ["--include", "a"], ["--include", "/a/*.img"], ["--exclude", "deep/"],
        ["--include", "a/**", "--exclude", "*.txt"], ["--exclude", "a", "--include", "*.img"],
    ]

    @Test("a plan's files are chosen as hash chooses files in folders", arguments: patterns)
    func choice(patterns: [String]) async throws {
        let folder = try await Self.prepare()
        let data = folder.url.appending(path: "data")
        let planned = try await CosplanProcess.run(["hash", "-q", "-r", "."] + patterns, in: data)
        #expect(planned.status == 0)
        let expected = planned.outputLines.compactMap { line in
            line.firstMatch(of: #/^- path: '(.*)'/#).map { String($0.1) }
        }
        #expect(!expected.isEmpty && expected.count < Self.names.count)
        let shown = try await CosplanProcess.run(
            ["show", "../m.yaml", "--format", "sha1sum"] + patterns, in: data)
        #expect(shown.outputLines.dropLast().map { String($0.dropFirst(42)) } == expected)
        let checked = try await CosplanProcess.run(
            ["verify", "--bytes", "../m.yaml", "-q"] + patterns, in: data)
        #expect(
            checked.output.hasSuffix(
                "bytes: \(expected.count) of \(expected.count) file\(expected.count == 1 ? "" : "s") as planned, "
                    + "\(Self.names.count - expected.count) left out\n"), "\(checked.output)")
        let pushed = try await CosplanProcess.run(
            ["push", "--rehearse", "../m.yaml", "-q"] + patterns, in: data)
        let keys = pushed.outputLines.dropLast(2).compactMap { $0.split(separator: "  ").dropFirst().first }
        #expect(keys.map { String($0.dropFirst()) }.sorted() == expected.sorted(), "\(pushed.output)")
        #expect(pushed.output.contains("rehearsal: \(expected.count) file"))
    }

    @Test("files that are left out are not looked at, and do not count as unfinished")
    func unread() async throws {
        let folder = try await Self.prepare()
        try FileManager.default.removeItem(at: folder.url.appending(path: "data/b/4.img"))
        let checked = try await CosplanProcess.run(
            ["verify", "--bytes", "--root", "data", "m.yaml", "--exclude", "b", "--format", "json"],
            in: folder.url)
        #expect(checked.status == 0, "\(checked.output)")
        #expect(checked.output.contains(#""leftOutFiles" : 1"#), "\(checked.output)")
        let pushed = try await CosplanProcess.run(
            ["push", "--rehearse", "--root", "data", "m.yaml", "--exclude", "b"], in: folder.url)
        #expect(pushed.status == 0, "\(pushed.errors)")
        #expect(pushed.errors.contains("cosplan: rehearsed 4 files, "), "\(pushed.errors)")
        #expect(!pushed.errors.contains("not finished"), "\(pushed.errors)")
        let shown = try await CosplanProcess.run(["show", "m.yaml", "--exclude", "b"], in: folder.url)
        #expect(shown.output.contains("\n4 of 5 files, "), "\(shown.output)")
    }

    @Test("diff compares what is chosen")
    func diff() async throws {
        let folder = try await Self.prepare()
        try folder.write("changed", to: "data/b/4.img")
        try folder.write("new", to: "data/b/6.img")
        try await CosplanProcess.shell(
            "rm data/a/1.img; cd data && cosplan hash -q -r . -o ../n.yaml", in: folder.url
        ).expectSuccess()
        for (patterns, last, status) in [
            ([], "1 file changed, 1 added, 1 removed, 3 the same", 1),
            (["--include", "b"], "1 file changed, 1 added, 0 removed, 0 the same", 1),
            (["--exclude", "b"], "0 files changed, 0 added, 1 removed, 3 the same", 1),
            (["--include", "deep"], "0 files changed, 0 added, 0 removed, 1 the same", 0),
        ] as [([String], String, Int32)] {
            let found = try await CosplanProcess.run(["diff", "m.yaml", "n.yaml"] + patterns, in: folder.url)
            #expect(found.status == status, "\(found.errors)")
            #expect(found.output.hasSuffix(last + "\n"), "\(found.output)")
        }
    }

    @Test("patterns that leave nothing are 66; verify without --bytes has no use for them")
    func nothing() async throws {
        let folder = try await Self.prepare()
        for command in [
            "show m.yaml", "verify --bytes m.yaml", "push --rehearse m.yaml", "diff m.yaml m.yaml",
        ] {
            let refused = try await CosplanProcess.shell(
                "cosplan \(command) --include '*.iso'", in: folder.url)
            #expect(refused.status == 66, "\(command): \(refused.errors)")
            #expect(refused.errors.contains("passed --include and --exclude"), "\(refused.errors)")
        }
        let useless = try await CosplanProcess.run(["verify", "m.yaml", "--include", "a"], in: folder.url)
        #expect(useless.status == 64)
        #expect(
            useless.errors.contains("--include and --exclude choose the files of --bytes"),
            "\(useless.errors)")
        let pattern = try await CosplanProcess.run(
            ["push", "-n", "m.yaml", "--include", "[a"], in: folder.url)
        #expect(pattern.status == 64)
        #expect(pattern.errors.contains("--include: pattern '[a'"), "\(pattern.errors)")
    }
}
