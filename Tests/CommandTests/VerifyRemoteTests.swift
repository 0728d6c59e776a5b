import Foundation
import Testing

/// `verify --remote` against the emulator, over sockets: what is at the keys, by both APIs of COS.
@Suite("cosplan verify --remote")
struct VerifyRemoteTests {
    struct Report: Decodable {
        struct File: Decodable {
            var path: String
            var key: String
            var url: String
            var line: Int?
            var filesize: Int
            var result: String
            var by: String?
            var planned: String?
            var found: String?
            var message: String?
        }
        struct Counts: Decodable, Equatable {
            var same = 0
            var differs = 0
            var missing = 0
            var cannotTell = 0
            var failed = 0
            var notUploaded = 0
        }
        struct Manifest: Decodable {
            var verdict: String
            var errors: Int
            var receiptLines: Int?
            var remote: Counts?
            var remoteFiles: [File]?
            var interruptedFiles: Int?
        }
        var exit: Int32
        var manifests: [Manifest]
    }

    /// The flags of a target on the emulator.
    static func flags(_ api: String) -> [String] {
        [
            "--api", api, "--region", api == "json" ? "gz" : "ap-guangzhou", "--appid", "1251668577",
            "--bucket", "xy2",
        ]
    }

    static func verify(
        _ arguments: [String], _ api: String = "xml", at server: ServeProcess, in folder: TemporaryFolder,
        environment: [String: String] = ServeProcess.credentials
    ) async throws -> Finished {
        try await CosplanProcess.run(
            ["verify", "--remote", "-q", "--retries", "1"] + arguments + flags(api) + [
                "--endpoint", server.url,
            ],
            in: folder.url, environment: environment)
    }

    /// Files that were pushed to `server`, and what became of them there since: `big` and `small` are as they were, `changed`
    /// has other bytes, `longer` is longer, `gone` is not there.
    static func prepare(_ api: String, _ arguments: [String]) async throws -> (TemporaryFolder, ServeProcess)
    {
        let folder = try TemporaryFolder()
        let sizes = ["big": 9_000_000, "changed": 5000, "empty": 0, "gone": 10, "longer": 77, "small": 5]
        for (name, size) in sizes {
            try folder.write(SampleBytes.random(count: size, seed: UInt64(size + 1)), to: "data/\(name)")
        }
        try await CosplanProcess.run(["hash", "-r", "data", "-o", "m.yaml"] + arguments, in: folder.url)
            .expectSuccess()
        let server = try ServeProcess(["--root", "store"], in: folder.url)
        let pushed = try await CosplanProcess.run(
            ["push", "-q", "m.yaml", "--receipt", "r.jsonl", "--endpoint", server.url] + flags(api),
            in: folder.url,
            environment: ServeProcess.credentials)
        #expect(pushed.status == 0, "\(pushed.errors)")
        return (folder, server)
    }

    /// Puts other objects at the keys of `changed` and `longer`, and takes that of `gone` away while the server is down;
    /// gives the server that takes its place.
    static func change(
        _ api: String, at server: ServeProcess, in folder: TemporaryFolder
    ) async throws -> ServeProcess {
        try folder.write(SampleBytes.random(count: 5000, seed: 99), to: "other/data/changed")
        try folder.write(SampleBytes.random(count: 78, seed: 98), to: "other/data/longer")
        let replaced = try await CosplanProcess.shell(
            """
            cosplan hash -q --root other -r data --insert-only 0 -o other.yaml &&
            cosplan push -q --root other other.yaml --endpoint \(server.url) \(flags(api).joined(separator: " "))
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(replaced.status == 0, "\(replaced.errors)")
        server.stop()
        try FileManager.default.removeItem(
            at: folder.url.appending(path: "store/\(TestTarget.objects)/data/gone"))
        return try await server.restarted(["--root", "store"], in: folder.url)
    }

    @Test(
        "of each file: same, by what; differs, both values; missing; in the plan's order, with exit 1",
        arguments: ["json", "xml"])
    func findings(api: String) async throws {
        var (folder, server) = try await Self.prepare(api, ["--checksum", "crc64ecma"])
        // No file is needed.
        try FileManager.default.moveItem(
            at: folder.url.appending(path: "data"), to: folder.url.appending(path: "elsewhere"))
        let same = try await Self.verify(["m.yaml"], api, at: server, in: folder)
        #expect(same.status == 0, "\(same.output)\(same.errors)")
        let digest = api == "json" ? "sha1" : "crc64ecma"
        #expect(
            same.outputLines == [
                "same  /data/big  8.58 MiB  by \(digest)", "same  /data/changed  4.88 KiB  by \(digest)",
                "same  /data/empty  0 B  by size", "same  /data/gone  10 B  by \(digest)",
                "same  /data/longer  77 B  by \(digest)", "same  /data/small  5 B  by \(digest)",
                "m.yaml: ok: 1 document, 6 files, 8.59 MiB", "m.yaml: remote: 6 of 6 files the same", "",
            ], "\(same.output)")
        server = try await Self.change(api, at: server, in: folder)
        let changed = try await Self.verify(["m.yaml"], api, at: server, in: folder)
        #expect(changed.status == 1, "\(changed.errors)")
        let lines = changed.outputLines
        #expect(lines[0] == "same  /data/big  8.58 MiB  by \(digest)")
        #expect(lines[1].hasPrefix("differs  /data/changed  \(digest): planned "), "\(lines[1])")
        #expect(lines[3] == "missing  /data/gone")
        #expect(lines[4] == "differs  /data/longer  size: planned 77, found 78")
        #expect(lines[6].hasPrefix("m.yaml: remote differs: "))
        #expect(lines[7] == "m.yaml: remote: 3 of 6 files the same, 2 differ, 1 missing")
        let planned = try await CosplanProcess.run(["show", "--format", "json", "m.yaml"], in: folder.url)
        #expect(planned.output.contains(lines[1].split(separator: " ")[4].dropLast()), "\(lines[1])")
        let text = try await Self.verify(["m.yaml", "--format", "json"], api, at: server, in: folder)
        #expect(text.status == 1)
        let report = try JSONDecoder().decode(Report.self, from: text.standardOutput)
        let manifest = try #require(report.manifests.first)
        #expect(report.exit == 1 && manifest.verdict == "remote differs" && manifest.errors == 3)
        #expect(manifest.remote == Report.Counts(same: 3, differs: 2, missing: 1))
        let files = try #require(manifest.remoteFiles)
        #expect(files.map(\.result) == ["same", "differs", "same", "missing", "differs", "same"])
        #expect(files[0].by == digest && files[2].by == "size")
        #expect(files[4].by == "size" && files[4].planned == "77" && files[4].found == "78")
        #expect(files[1].planned != files[1].found && files[1].found != nil)
        #expect(files[3].path == "data/gone" && files[3].url.hasSuffix("/data/gone"))
        #expect(files.allSatisfy { $0.line ?? 0 > 0 && $0.url.hasPrefix(server.url) })
    }

    @Test(
        "a receipt stands for what it says is there: its last good line a key, by its proof, where its target says"
    )
    func receipt() async throws {
        var (folder, server) = try await Self.prepare("xml", [])
        let environment = ServeProcess.credentials
        // The lines name their endpoint, too.
        let same = try await CosplanProcess.run(
            ["verify", "--remote", "-q", "r.jsonl"], in: folder.url, environment: environment)
        #expect(same.status == 0, "\(same.output)\(same.errors)")
        #expect(same.outputLines.count { $0.hasSuffix("  by crc64ecma") } == 5, "\(same.output)")
        #expect(same.output.contains("r.jsonl: ok: receipt of 6 lines, 6 files, "))
        server = try await Self.change("xml", at: server, in: folder)
        let piped = try await CosplanProcess.shell(
            "cosplan verify --remote -q - < r.jsonl", in: folder.url, environment: environment)
        #expect(piped.status == 1)
        #expect(
            piped.output.contains("-: remote: 3 of 6 files the same, 2 differ, 1 missing"), "\(piped.output)")
        // The JSON API sees the same objects, and needs no checksum.
        let json = try await CosplanProcess.run(
            ["verify", "--remote", "-q", "r.jsonl", "--api", "json", "--endpoint", server.url],
            in: folder.url,
            environment: environment)
        #expect(json.output.contains("remote: 3 of 6 files the same, 2 differ, 1 missing"), "\(json.errors)")
    }

    @Test(
        "a damaged line is named, the others are asked for, and the exit is 65; a torn last line is a warning"
    )
    func damagedReceipt() async throws {
        let (folder, server) = try await Self.prepare("xml", [])
        let lines = try folder.text("r.jsonl").split(separator: "\n").map(String.init)
        try folder.write(
            (lines[...2] + [String(lines[3].dropLast(9))] + lines[4...]).joined(separator: "\n") + "\n",
            to: "d.jsonl")
        let damaged = try await Self.verify(["d.jsonl"], at: server, in: folder)
        #expect(damaged.status == 65, "\(damaged.errors)")
        #expect(
            damaged.outputLines[0].hasPrefix("d.jsonl:4:1: error receipt: this line is none that push wrote"))
        #expect(damaged.output.contains("d.jsonl: damaged receipt: receipt of 6 lines, 5 files, "))
        #expect(damaged.output.contains("d.jsonl: remote: 5 of 5 files the same"), "\(damaged.output)")
        let text = try await Self.verify(["d.jsonl", "--format", "json"], at: server, in: folder)
        let report = try JSONDecoder().decode(Report.self, from: text.standardOutput)
        #expect(report.exit == 65 && report.manifests[0].receiptLines == 6)
        #expect(report.manifests[0].verdict == "damaged receipt" && report.manifests[0].remote?.same == 5)
        try folder.write(try folder.text("r.jsonl").dropLast(9) + "", to: "t.jsonl")
        let torn = try await Self.verify(["t.jsonl"], at: server, in: folder)
        #expect(torn.status == 0 && torn.errors.contains("t.jsonl: its last line is torn"), "\(torn.errors)")
        #expect(torn.output.contains("t.jsonl: remote: 5 of 5 files the same"), "\(torn.output)")
    }

    @Test("without a checksum nobody can tell, and what would is said; --bytes computes it of the files here")
    func bytes() async throws {
        var (folder, server) = try await Self.prepare("xml", [])
        let blind = try await Self.verify(["m.yaml"], at: server, in: folder)
        #expect(blind.status == 1)
        #expect(blind.output.contains("m.yaml: cannot tell: 1 document, 6 files, "), "\(blind.output)")
        #expect(
            blind.outputLines[0]
                == "cannot tell  /data/big  the store answers crc64ecma, the plan has none; give --bytes where the "
                + "files are, or a plan made with cosplan hash --checksum crc64ecma", "\(blind.output)")
        #expect(blind.outputLines[2] == "same  /data/empty  0 B  by size")
        #expect(blind.output.contains("m.yaml: remote: 1 of 6 files the same, 5 cannot be told"))
        let told = try await Self.verify(["--bytes", "m.yaml"], at: server, in: folder)
        #expect(told.status == 0, "\(told.output)\(told.errors)")
        #expect(told.outputLines.count { $0.hasSuffix("  by crc64ecma") } == 5)
        server = try await Self.change("xml", at: server, in: folder)
        try folder.write("other", to: "data/small")
        try FileManager.default.removeItem(at: folder.url.appending(path: "data/big"))
        let changed = try await Self.verify(["--bytes", "m.yaml"], at: server, in: folder)
        #expect(changed.status == 1)
        let lines = changed.outputLines
        #expect(
            lines[0].hasPrefix("cannot tell  /data/big  data/big: not found in the folder "), "\(lines[0])")
        #expect(lines[1].hasPrefix("differs  /data/changed  crc64ecma: planned "), "\(lines[1])")
        #expect(lines[5].hasPrefix("cannot tell  /data/small  data/small: the file here is not as recorded"))
        // JSON's stat has a sha: nothing lacks.
        let json = try await Self.verify(["m.yaml"], "json", at: server, in: folder)
        #expect(json.output.contains("m.yaml: remote: 3 of 6 files the same, 2 differ, 1 missing"))
    }

    @Test(
        "questions that fail: 75 all worth another try, 2 some answered, else the first failure's own; 1 outranks"
    )
    func failures() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a", to: "data/a")
        try folder.write("b", to: "data/b")
        _ = try await CosplanProcess.run(
            ["hash", "-r", "data", "-o", "m.yaml", "--checksum", "crc64ecma", "--insert-only", "0"],
            in: folder.url)
        func ask(_ faults: String, pushed: Bool = true) async throws -> Finished {
            try folder.write(faults, to: "faults.yaml")
            let server = try ServeProcess(["--faults", "faults.yaml"], in: folder.url)
            defer { server.stop() }
            if pushed {
                let pushed = try await CosplanProcess.run(
                    ["push", "-q", "m.yaml", "--endpoint", server.url] + Self.flags("xml"),
                    in: folder.url, environment: ServeProcess.credentials)
                #expect(pushed.status == 0, "\(pushed.errors)")
            }
            return try await Self.verify(["m.yaml"], at: server, in: folder)
        }
        let busy = "- {op: head, times: all, do: status, status: 503}\n"
        let later = try await ask(busy)
        #expect(later.status == 75, "\(later.errors)")
        #expect(later.output.contains("m.yaml: not all answered: "))
        #expect(later.output.contains("m.yaml: remote: 0 of 2 files the same, 2 not answered"))
        #expect(later.errors.contains("cosplan: error: /data/a: head: "), "\(later.errors)")
        let closed = "- {op: head, key: /data/a, times: all, do: forbidden}\n"
        let some = try await ask(closed)
        #expect(some.status == 2, "\(some.output)\(some.errors)")
        #expect(some.output.contains("same  /data/b  1 B  by crc64ecma"))
        let none = try await ask("- {op: head, times: all, do: forbidden}\n")
        #expect(none.status == 77, "\(none.errors)")
        let missing = try await ask(closed, pushed: false)
        #expect(missing.status == 1, "\(missing.output)\(missing.errors)")
        let nobody = try await CosplanProcess.run(
            ["verify", "--remote", "m.yaml", "--retries", "0", "--endpoint", "http://127.0.0.1:1"]
                + Self.flags("xml"), in: folder.url, environment: ServeProcess.credentials)
        #expect(nobody.status == 75, "\(nobody.errors)")
    }

    @Test(
        "a manifest with errors is not asked for, an incomplete target is 64, no credentials are 77, before anything is asked"
    )
    func refusals() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a", to: "a")
        _ = try await CosplanProcess.run(["hash", "a", "-o", "m.yaml"], in: folder.url)
        let nowhere = ["--endpoint", "http://127.0.0.1:1"]
        let incomplete = try await CosplanProcess.run(
            ["verify", "--remote", "m.yaml"] + nowhere, in: folder.url, environment: ServeProcess.credentials)
        #expect(incomplete.status == 64, "\(incomplete.errors)")
        #expect(incomplete.errors.contains("lacks region, appid, bucket"))
        let unknown = try await CosplanProcess.run(
            ["verify", "--remote", "m.yaml"] + nowhere + Self.flags("json"), in: folder.url)
        #expect(unknown.status == 77, "\(unknown.errors)")
        let broken = try await CosplanProcess.shell(
            "sed 's/filesize: 1/filesize: -1/' m.yaml > broken.yaml; cosplan verify --remote broken.yaml",
            in: folder.url)
        #expect(broken.status == 1)
        #expect(broken.output.contains("broken.yaml: remote: not asked: it has errors"), "\(broken.output)")
        let rules = try await CosplanProcess.run(["verify", "--rules", "--remote"], in: folder.url)
        #expect(rules.status == 64)
        let absent = try await CosplanProcess.run(["verify", "--remote", "nope"], in: folder.url)
        #expect(absent.status == 66)
    }

    @Test(
        "a receipt's failed uploads are listed with their reasons and end it with 1, also where nothing went up"
    )
    func failedUploads() async throws {
        let folder = try TemporaryFolder()
        for name in ["a", "b"] { try folder.write(name, to: name) }
        _ = try await CosplanProcess.run(
            ["hash", "a", "b", "--checksum", "crc64ecma", "-o", "m.yaml"], in: folder.url)
        try folder.write("- {op: put, key: /b, times: all, do: forbidden}\n", to: "faults.yaml")
        let server = try ServeProcess(["--faults", "faults.yaml"], in: folder.url)
        for (receipt, choice) in [("r.jsonl", []), ("none.jsonl", ["--include", "b"])] {
            let pushed = try await CosplanProcess.run(
                ["push", "-q", "m.yaml", "--receipt", receipt, "--endpoint", server.url] + Self.flags("xml")
                    + choice, in: folder.url, environment: ServeProcess.credentials)
            #expect(pushed.status == (choice.isEmpty ? 2 : 77), "\(pushed.errors)")
        }
        let some = try await Self.verify(["r.jsonl"], at: server, in: folder)
        #expect(some.status == 1, "\(some)")
        #expect(some.outputLines[0] == "same  /a  1 B  by crc64ecma")
        #expect(
            some.outputLines[1].hasPrefix(
                "failed  /b  the receipt's last line says: put: AccessDenied (access denied)"),
            "\(some.output)")
        #expect(
            some.output.contains("r.jsonl: remote: 1 of 2 files the same, 1 failed to go up\n"),
            "\(some.output)")
        // Nothing is asked for, so that no credentials are needed.
        let none = try await Self.verify(["none.jsonl"], at: server, in: folder, environment: [:])
        #expect(none.status == 1, "\(none)")
        #expect(none.outputLines[0].hasPrefix("failed  /b  the receipt's last line says: "), "\(none.output)")
        #expect(none.output.contains("none.jsonl: remote differs: receipt of 1 line, 1 file, 1 B, 1 error\n"))
        #expect(
            none.output.contains(
                "none.jsonl: remote: 0 of 1 file the same, 1 failed to go up; the receipt has no file that went up\n"
            ),
            "\(none.output)")
        let json = try await Self.verify(["r.jsonl", "--format", "json"], at: server, in: folder)
        let report = try JSONDecoder().decode(Report.self, from: json.standardOutput)
        #expect(report.exit == 1 && report.manifests[0].errors == 1)
        #expect(report.manifests[0].remote == Report.Counts(same: 1, failed: 1, notUploaded: 1))
        #expect(report.manifests[0].remoteFiles?.map(\.result) == ["same", "failed"])
        #expect(report.manifests[0].remoteFiles?[1].message?.contains("AccessDenied") == true)
    }

    @Test("where objects of several buckets are listed, each line names its own")
    func buckets() async throws {
        let folder = try TemporaryFolder()
        for name in ["a", "b"] { try folder.write(name, to: name) }
        let server = try ServeProcess([], in: folder.url)
        let prepared = try await CosplanProcess.shell(
            """
            for bucket in xy2 xy3; do
              cosplan hash -q a b --checksum crc64ecma --api xml --region ap-guangzhou --appid 1251668577 \
                --endpoint \(server.url) --bucket $bucket
            done > m.yaml && cosplan push -q m.yaml --receipt r.jsonl && rm a
            cosplan hash -q b --prefix /gone --checksum crc64ecma --api xml --region ap-guangzhou \
              --appid 1251668577 --endpoint \(server.url) --bucket xy4 -o gone.yaml && rm b
            cosplan push -q gone.yaml --receipt r.jsonl
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(prepared.status == 66, "\(prepared.errors)")
        for (input, failed) in [("m.yaml", []), ("r.jsonl", ["failed  /gone/b in xy4-1251668577"])] {
            let asked = try await CosplanProcess.run(
                ["verify", "--remote", "-q", input], in: folder.url, environment: ServeProcess.credentials)
            let lines = asked.outputLines.filter { !$0.hasPrefix(input) && !$0.isEmpty }
            #expect(
                Set(lines.map { $0.components(separatedBy: "  ").prefix(2).joined(separator: "  ") })
                    == Set(
                        [
                            "same  /a in xy2-1251668577", "same  /b in xy2-1251668577",
                            "same  /a in xy3-1251668577",
                            "same  /b in xy3-1251668577",
                        ] + failed), "\(asked.output)")
        }
    }

    @Test("after Ctrl-C what was answered is told, the rest is counted, and the exit is 130")
    func interrupted() async throws {
        let folder = try TemporaryFolder()
        for index in 0..<600 { try folder.write("\(index)", to: "data/\(index)") }
        _ = try await CosplanProcess.run(["hash", "-r", "data", "-o", "m.yaml"], in: folder.url)
        try folder.write("- {op: stat, nth: 10, times: all, do: delay, ms: 300}\n", to: "faults.yaml")
        let server = try ServeProcess(["--faults", "faults.yaml"], in: folder.url)
        let ended = try await CosplanProcess.shell(
            """
            mkfifo pipe
            env --default-signal=INT cosplan verify --remote -v --keys-at-once 1 m.yaml --endpoint \(server.url) \
                \(Self.flags("json").joined(separator: " ")) > o 2> pipe & exec 3< pipe
            while IFS= read -r line <&3; do
                printf '%s\\n' "$line" >> e
                case $line in *'stat /data/0:'*) kill -INT $!; break;; esac
            done
            cat <&3 >> e; wait $!
            """, in: folder.url, environment: ServeProcess.credentials)
        let (output, errors) = (try folder.text("o"), try folder.text("e"))
        #expect(ended.status == 130, "\(errors)")
        #expect(output.contains("\nmissing  /data/0\n"), "\(output)")
        #expect(output.contains(" not asked for: interrupted\n"), "\(output)")
        #expect(errors.contains("interrupted: not all files were asked for"), "\(errors)")
    }
}
