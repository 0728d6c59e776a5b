import Foundation
import Testing

/// The messages for wrong usage.
@Suite("Words for what does not fit")
struct WordsTests {
    /// A folder with a plan `m.yaml` of the files `data/a` and `data/b`.
    private static func prepare() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("a", to: "data/a")
        try folder.write("b", to: "data/b")
        let made = try await CosplanProcess.run(["hash", "-r", "data", "-o", "m.yaml"], in: folder.url)
        #expect(made.status == 0, "\(made.errors)")
        return folder
    }

    @Test(
        "what is no file where one is needed is answered with what fits there",
        arguments: [
            ("verify data", 66, "data: is a folder, not a manifest; name a file"),
            ("verify - < data", 66, "standard input: is a folder, not a manifest; name a file"),
            ("show data", 66, "data: is a folder, not a manifest; name a file"),
            ("push data", 66, "data: is a folder, not a manifest; name a file"),
            ("bench --file data", 66, "data: is a folder; a file is needed here"),
            ("bench --file nope", 66, "nope: no such file; check the name"),
            (
                "hash --files-from data", 66,
                "--files-from data: is a folder, not a list of paths; name a file"
            ),
            ("hash data", 66, "data: is a folder; add -r to plan the files in it, or name them"),
            (
                "bench --file data/a", 64,
                "--file data/a: has 1 bytes, too few to measure; name a file of 1M or more"
            ),
        ])
    func folders(line: String, status: Int32, words: String) async throws {
        let folder = try await Self.prepare()
        let refused = try await CosplanProcess.shell("cosplan \(line)", in: folder.url)
        #expect(refused.status == status)
        #expect(refused.messages == "cosplan: error: \(words)\n")
    }

    @Test(
        "usage errors say what is allowed",
        arguments: [
            (
                "hash -",
                "-: hash cannot read standard input, it needs a file; name one (./- for a file of that name), or give "
                    + "a list of files with --files-from -."
            ),
            (
                "hash --slice-size foo m.yaml",
                "The value 'foo' is invalid for '--slice-size <size>': give a whole number of bytes, or of K, M or G "
                    + "(powers of 1024), such as 512K."
            ),
            (
                "hash --part-size 999999999999G m.yaml",
                "The value '999999999999G' is invalid for '--part-size <size>': give a whole number of bytes, or of K, "
                    + "M or G (powers of 1024), such as 512K."
            ),
            (
                "hash -r data --include 'a[' --exclude b",
                "--include: pattern 'a[': a [ has no ] in its segment; write \\[ for a plain bracket"
            ),
            (
                "hash -r data --include a --exclude 'b['",
                "--exclude: pattern 'b[': a [ has no ] in its segment; write \\[ for a plain bracket"
            ),
            (
                "bench --file m.yaml --size 1M",
                "--file and --size exclude each other: a file is as long as it is."
            ),
        ])
    func usage(line: String, words: String) async throws {
        let folder = try await Self.prepare()
        let refused = try await CosplanProcess.shell("cosplan \(line)", in: folder.url)
        #expect(refused.status == 64)
        #expect(refused.messages.split(separator: "\n").first == "cosplan: error: \(words)")
    }

    @Test("a list whose paths end in NUL is told from one of lines")
    func lists() async throws {
        let folder = try await Self.prepare()
        let piped = try await CosplanProcess.shell(
            "printf 'data/a\\0data/b\\0' | cosplan hash --files-from -", in: folder.url)
        #expect(piped.status == 64)
        #expect(
            piped.messages
                == "cosplan: error: --files-from standard input: line 1 holds a NUL; add -0 if paths end "
                + "in NUL\n")
        let right = try await CosplanProcess.shell(
            "printf 'data/a\\0data/b\\0' | cosplan hash --files-from - -0 | cosplan verify -q -",
            in: folder.url)
        #expect(right.status == 0, "\(right.errors)")
    }

    @Test("patterns that let nothing pass are named, with the number of files there are")
    func filters() async throws {
        let folder = try await Self.prepare()
        for option in ["--include '*.iso'", "--exclude 'data/*'"] {
            let refused = try await CosplanProcess.shell("cosplan hash -r data \(option)", in: folder.url)
            #expect(refused.status == 66)
            #expect(
                refused.errors.contains("2 files were found, none passed --include and --exclude"),
                "\(refused.errors)")
        }
    }

    @Test("with --strict, warnings are not ok")
    func strict() async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 5_000_000, seed: 9), to: "a")
        _ = try await CosplanProcess.run(
            ["hash", "--slice-size", "2M", "--part-size", "2M", "a", "-o", "m.yaml"], in: folder.url)
        let lax = try await CosplanProcess.run(["verify", "m.yaml"], in: folder.url)
        #expect(lax.status == 0)
        #expect(lax.output.contains("m.yaml: ok: "), "\(lax.output)")
        let strict = try await CosplanProcess.run(["verify", "--strict", "m.yaml"], in: folder.url)
        #expect(strict.status == 1)
        #expect(strict.output.contains("m.yaml: not ok (--strict): 1 document"), "\(strict.output)")
    }

    @Test("-q leaves out notes and keeps results; -v says what was done with each file")
    func verbosity() async throws {
        let folder = try await Self.prepare()
        let plain = try await CosplanProcess.run(["verify", "m.yaml"], in: folder.url)
        #expect(plain.output.contains(": note R32: "))
        let quiet = try await CosplanProcess.run(["verify", "-q", "m.yaml"], in: folder.url)
        #expect(quiet.output == "m.yaml: ok: 1 document, 2 files, 2 B\n")
        #expect(quiet.errors.isEmpty)
        let planned = try await CosplanProcess.run(["hash", "-v", "-r", "data"], in: folder.url)
        #expect(planned.errors.contains("s] planned data/a: 1 B, 1 part\n"), "\(planned.errors)")
        #expect(planned.errors.contains("cosplan: planned 2 files, 2 B, in "), "\(planned.errors)")
        let checked = try await CosplanProcess.run(["verify", "-v", "--bytes", "m.yaml"], in: folder.url)
        #expect(checked.errors.contains("s] checked data/b: 1 B, 1 part\n"), "\(checked.errors)")
    }

    @Test("a --root that is not there is said before a manifest is read, and nothing found is lost")
    func root() async throws {
        let folder = try await Self.prepare()
        let refused = try await CosplanProcess.shell(
            "sed 's/filesize: 1/filesize: 2/' m.yaml > broken; cosplan verify --bytes --root nope broken",
            in: folder.url)
        #expect(refused.status == 66)
        #expect(refused.output.isEmpty)
        #expect(refused.errors == "cosplan: error: nope: no such folder; create it or name another\n")
    }

    @Test("a manifest that was never read is not called well-formed")
    func unread() async throws {
        let folder = try await Self.prepare()
        let report = try await CosplanProcess.run(
            ["verify", "--format", "json", "nope.yaml", "m.yaml"], in: folder.url)
        #expect(report.status == 66)
        #expect(report.output.components(separatedBy: "wellFormed").count == 2, "\(report.output)")
    }
}
