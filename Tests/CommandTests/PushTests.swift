import Foundation
import Testing

@Suite("cosplan push")
struct PushTests {
    private static func push(
        _ arguments: [String], to server: ServeProcess, in folder: TemporaryFolder
    ) async throws -> Finished {
        try await CosplanProcess.run(
            ["push", "--endpoint", server.url] + TestTarget.flags + arguments, in: folder.url,
            environment: ServeProcess.credentials)
    }

    @Test("a batch arrives byte for byte, with a receipt, and again nothing is sent")
    func batch() async throws {
        let folder = try TemporaryFolder()
        let sizes = [
            "data/empty": 0, "data/one": 1, "data/two words/上传.bin": 19 << 20, "data/big.bin": 300 << 20,
        ]
        for (name, size) in sizes {
            try folder.write(Data(), to: name)
            let filled = try await CosplanProcess.shell(
                "head -c \(size) /dev/urandom > '\(name)'", in: folder.url)
            #expect(filled.status == 0)
        }
        let server = try ServeProcess(["--root", "store"], in: folder.url)
        _ = try await CosplanProcess.run(["hash", "-r", "data", "-o", "m.yaml"], in: folder.url)
        let first = try await Self.push(["m.yaml", "--receipt", "r.jsonl"], to: server, in: folder)
        #expect(first.status == 0, "\(first.errors)")
        for name in sizes.keys {
            let compared = try await CosplanProcess.shell(
                "cmp 'store/\(TestTarget.objects)/\(name)' '\(name)'", in: folder.url)
            #expect(compared.status == 0, "\(name): \(compared.output)")
        }
        let lines = try folder.text("r.jsonl").split(separator: "\n")
        #expect(lines.count == sizes.count)
        for line in lines {
            let fields = try #require(
                JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(fields["result"] as? String == "uploaded")
            #expect(fields["bucket"] as? String == "xy2")
            let path = try #require(fields["path"] as? String)
            #expect(fields["filesize"] as? Int == sizes[path])
        }
        let mode = try FileManager.default.attributesOfItem(
            atPath: folder.url.appending(path: "r.jsonl").path)
        #expect(mode[.posixPermissions] as? Int == 0o600)

        let again = try await Self.push(["m.yaml", "--receipt", "r.jsonl"], to: server, in: folder)
        #expect(again.status == 0)
        #expect(again.output.isEmpty)
        #expect(try folder.text("r.jsonl").split(separator: "\n").count == sizes.count)
        let compared = try await Self.push(["m.yaml"], to: server, in: folder)
        #expect(compared.status == 0, "\(compared.errors)")
        #expect(compared.outputLines.filter { $0.hasPrefix("already there") }.count == sizes.count)
        server.stop()
    }

    @Test("a rehearsal needs no target and no credentials, and keeps nothing")
    func rehearsal() async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 3_000_000, seed: 5), to: "a.bin")
        _ = try await CosplanProcess.run(["hash", "a.bin", "-o", "m.yaml"], in: folder.url)
        let before = try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
        let rehearsed = try await CosplanProcess.run(["push", "--rehearse", "m.yaml"], in: folder.url)
        #expect(rehearsed.status == 0, "\(rehearsed.errors)")
        #expect(rehearsed.output.contains("nothing was kept"))
        #expect(rehearsed.errors.contains("placeholder"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted() == before)
    }

    @Test("a byte flipped in the source is named, nothing of it is stored, the others go up")
    func flippedByte() async throws {
        let folder = try TemporaryFolder()
        for name in ["a.bin", "b.bin", "c.bin"] {
            try folder.write(
                SampleBytes.random(count: 3_000_000, seed: UInt64(name.utf8.first ?? 0)), to: name)
        }
        let server = try ServeProcess(["--root", "store"], in: folder.url)
        _ = try await CosplanProcess.run(["hash", "a.bin", "b.bin", "c.bin", "-o", "m.yaml"], in: folder.url)
        var bytes = try folder.read("b.bin")
        bytes[1_500_000] ^= 1
        try folder.write(bytes, to: "b.bin")
        let pushed = try await Self.push(["m.yaml"], to: server, in: folder)
        #expect(pushed.status == 2, "\(pushed.errors)")
        #expect(pushed.errors.contains("b.bin"))
        #expect(pushed.errors.contains("offset 1048576, length 1048576"), "\(pushed.errors)")
        #expect(try folder.read("store/\(TestTarget.objects)/a.bin") == folder.read("a.bin"))
        #expect(try folder.read("store/\(TestTarget.objects)/c.bin") == folder.read("c.bin"))
        let object = folder.url.appending(path: "store/\(TestTarget.objects)/b.bin")
        #expect(!FileManager.default.fileExists(atPath: object.path))

        var only = SampleBytes.random(count: 3_000_000, seed: 1234)
        try folder.write(only, to: "only.bin")
        _ = try await CosplanProcess.run(["hash", "only.bin", "-o", "one.yaml"], in: folder.url)
        only[2_999_999] ^= 0x80
        try folder.write(only, to: "only.bin")
        let flipped = try await Self.push(["one.yaml"], to: server, in: folder)
        #expect(flipped.status == 1, "\(flipped.errors)")
        #expect(flipped.errors.contains("offset 2097152, length 902848"), "\(flipped.errors)")

        _ = try await CosplanProcess.shell("cosplan hash a.bin > one.yaml; printf X >> a.bin", in: folder.url)
        let alone = try await Self.push(["one.yaml"], to: server, in: folder)
        #expect(alone.status == 1, "\(alone.errors)")
        #expect(alone.errors.contains("planned as 3000000 bytes, now 3000001"), "\(alone.errors)")
    }

    @Test("a receipt line of another endpoint, target, size or sha hides no file")
    func foreignReceipt() async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 100_000, seed: 13), to: "a.bin")
        _ = try await CosplanProcess.run(["hash", "a.bin", "-o", "m.yaml"], in: folder.url)
        let server = try ServeProcess(["--root", "store"], in: folder.url)
        let first = try await Self.push(["m.yaml", "--receipt", "r.jsonl"], to: server, in: folder)
        #expect(first.status == 0, "\(first.errors)")
        let line = try folder.text("r.jsonl")
        let digits = try #require(line.range(of: #""sha":"[0-9a-f]{40}""#, options: .regularExpression))
        let changes: [(String, String)] = [
            (server.url, "http://127.0.0.1:1"), (#""region":"gz""#, #""region":"sh""#),
            (#""appid":1251668577"#, #""appid":1"#), (#""bucket":"xy2""#, #""bucket":"xy3""#),
            (#""filesize":100000"#, #""filesize":100001"#), (#""datasha":"state""#, #""datasha":"part""#),
            (#""key":"/a.bin""#, #""key":"/b.bin""#),
            (String(line[digits]), #""sha":"0000000000000000000000000000000000000000""#),
            (#""result":"uploaded""#, #""result":"failed""#),
        ]
        for (old, new) in changes {
            #expect(line.contains(old), "\(old)")
            try folder.write(line.replacingOccurrences(of: old, with: new), to: "f.jsonl")
            let pushed = try await Self.push(["m.yaml", "--receipt", "f.jsonl"], to: server, in: folder)
            #expect(pushed.status == 0, "\(pushed.errors)")
            #expect(pushed.output.hasPrefix("already there"), "\(new): \(pushed.output)")
        }
        try folder.write(line + line.prefix(50), to: "torn.jsonl")
        let torn = try await Self.push(["m.yaml", "--receipt", "torn.jsonl"], to: server, in: folder)
        #expect(torn.status == 0)
        #expect(torn.output.isEmpty)
        #expect(torn.errors.contains("torn"), "\(torn.errors)")
        #expect(try folder.text("torn.jsonl") == line)
    }

    @Test("nothing that is printed or kept shows a secret or a signature")
    func secrets() async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 100_000, seed: 14), to: "a.bin")
        _ = try await CosplanProcess.run(["hash", "a.bin", "-o", "m.yaml"], in: folder.url)
        try folder.write("- {op: data, times: all, do: status, status: 403, code: -96}\n", to: "faults.yaml")
        let good = try ServeProcess(["--root", "store"], in: folder.url)
        let bad = try ServeProcess(["--faults", "faults.yaml"], in: folder.url)
        let key = try #require(ServeProcess.credentials["COSPLAN_SECRET_KEY"])
        let id = try #require(ServeProcess.credentials["COSPLAN_SECRET_ID"])
        // A signature ends in base64 of "a=1251668577&k=<id>&e=…", which may contain the id in any of three
        // alignments.
        let needles =
            [key, id]
            + [0, 1, 2].map { offset in
                let padded = Data(String(repeating: "&", count: offset).utf8) + Data(id.utf8)
                return String(padded.base64EncodedString().dropFirst(4).prefix(16))
            }
        for (server, status) in [(good, Int32(0)), (bad, 77)] {
            let pushed = try await Self.push(
                ["-v", "m.yaml", "--retries", "1", "--receipt", "r.jsonl"], to: server, in: folder)
            #expect(pushed.status == status, "\(pushed.errors)")
            let said = pushed.output + pushed.errors + (try folder.text("r.jsonl"))
            for needle in needles { #expect(!said.contains(needle)) }
        }
    }

    @Test("what other users see of the processes holds no secret")
    func processList() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a.bin")
        _ = try await CosplanProcess.run(["hash", "a.bin", "-o", "m.yaml"], in: folder.url)
        try folder.write("- {op: init, do: delay, ms: 3600000}\n", to: "faults.yaml")
        let server = try ServeProcess(["--faults", "faults.yaml"], in: folder.url)
        // The arguments of a process are those of its shell until it has executed cosplan.
        let seen = try await CosplanProcess.shell(
            """
            cosplan push --endpoint \(server.url) \(TestTarget.flags.joined(separator: " ")) -v m.yaml > push.log 2>&1 &
            until grep -qz '^--endpoint$' /proc/$!/cmdline && ! grep -qz '^-c$' /proc/$!/cmdline; do
                kill -0 $! || exit 9
            done
            cat /proc/$!/cmdline /proc/\(server.processNumber)/cmdline | tr '\\0' '\\n'
            kill -9 $!
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(seen.outputLines.contains("push") && seen.outputLines.contains("serve"), "\(seen.output)")
        for (_, secret) in ServeProcess.credentials { #expect(!seen.output.contains(secret)) }
    }

    @Test(
        "missing credentials are 77 and name the variable; half a pair too",
        arguments: [
            ([:], "COSPLAN_SECRET_ID"),
            (["COSPLAN_SECRET_ID": "AKIDONLY"], "COSPLAN_SECRET_KEY"),
            (["TENCENTCLOUD_SECRET_KEY": "hush"], "TENCENTCLOUD_SECRET_ID"),
        ])
    func missingCredentials(environment: [String: String], named: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        _ = try await CosplanProcess.run(["hash", "a", "-o", "m.yaml"], in: folder.url)
        let pushed = try await CosplanProcess.run(
            ["push", "m.yaml"] + TestTarget.flags, in: folder.url, environment: environment)
        #expect(pushed.status == 77)
        #expect(pushed.errors.contains(named), "\(pushed.errors)")
        #expect(!pushed.errors.contains("hush"))
    }

    @Test(
        "a target or endpoint that could redirect or forge is refused before anything is sent",
        arguments: [
            ["--region", "evil.example/"], ["--region", "gz@evil"], ["--region", "gz#"], ["--region", "GZ"],
            ["--bucket", "x&f=&b=victim"], ["--bucket", "a/b"], ["--bucket", "a%2f"], ["--bucket", "a:b"],
            ["--bucket", "a\nb"], ["--appid", "0"], ["--appid", "1x"], ["--appid", "-1"], ["--appid", "01"],
            ["--endpoint", "http://user:pw@host"], ["--endpoint", "http://host/?q"],
            ["--endpoint", "http://h#f"],
            ["--endpoint", "ftp://host"], ["--endpoint", "http://ho\nst"],
        ])
    func injection(flags: [String]) async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        _ = try await CosplanProcess.run(["hash", "a", "-o", "m.yaml"], in: folder.url)
        let pushed = try await CosplanProcess.run(
            ["push", "m.yaml", "--region=gz", "--appid=1", "--bucket=b"] + ["\(flags[0])=\(flags[1])"],
            in: folder.url, environment: ServeProcess.credentials)
        #expect(pushed.status == 64, "\(pushed.status) \(pushed.errors)")
        #expect(pushed.errors.contains(flags[0]), "\(pushed.errors)")
        #expect(!pushed.errors.contains("pw"))
    }

    @Test("an incomplete target is 64 and names what is missing; nothing listening is 75")
    func incompleteTarget() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        _ = try await CosplanProcess.run(["hash", "a", "--region", "gz", "-o", "m.yaml"], in: folder.url)
        let pushed = try await CosplanProcess.run(
            ["push", "m.yaml"], in: folder.url, environment: ServeProcess.credentials)
        #expect(pushed.status == 64)
        #expect(pushed.errors.contains("lacks appid, bucket"), "\(pushed.errors)")
        let nobody = try await CosplanProcess.run(
            ["push", "m.yaml", "--retries", "1", "--endpoint", "http://127.0.0.1:1"] + TestTarget.flags,
            in: folder.url,
            environment: ServeProcess.credentials)
        #expect(nobody.status == 75, "\(nobody.errors)")
    }

    @Test("a manifest with an error sends nothing; a dry run sends nothing and says what would go")
    func nothingSent() async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 3_000_000, seed: 15), to: "a.bin")
        let server = try ServeProcess(["--root", "store"], in: folder.url)
        _ = try await CosplanProcess.shell(
            "cosplan hash a.bin > m.yaml; sed 's/slice_size: 1048576/slice_size: 1000000/' m.yaml > broken.yaml; "
                + "cat m.yaml broken.yaml > both.yaml", in: folder.url)
        let refused = try await Self.push(["both.yaml"], to: server, in: folder)
        #expect(refused.status == 1)
        #expect(refused.errors.contains("R05"), "\(refused.errors)")
        let dry = try await Self.push(["--dry-run", "m.yaml"], to: server, in: folder)
        #expect(dry.status == 0, "\(dry.errors)")
        #expect(dry.output.contains("3 slices of 1048576 bytes"), "\(dry.output)")
        #expect(dry.output.contains("/files/v2/1251668577/xy2/a.bin"), "\(dry.output)")
        let objects = folder.url.appending(path: "store/\(TestTarget.objects)/a.bin")
        #expect(!FileManager.default.fileExists(atPath: objects.path))
    }

    @Test("Ctrl-C stops at a slice boundary with 130 and says how to go on; the next run does")
    func interrupted() async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 32 << 20, seed: 16), to: "i.bin")
        _ = try await CosplanProcess.run(["hash", "i.bin", "-o", "m.yaml"], in: folder.url)
        let server = try ServeProcess(["--root", "store"], in: folder.url)
        let stopped = try await CosplanProcess.shell(
            """
            env --default-signal=INT cosplan push --endpoint \(server.url) --limit-rate 1M \
                \(TestTarget.flags.joined(separator: " ")) m.yaml & pid=$!
            until [ -n "$(ls store/uploads 2>/dev/null)" ] || ! kill -0 $pid; do sleep 0.05; done
            kill -INT $pid; wait $pid
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(stopped.status == 130, "\(stopped.errors)")
        #expect(stopped.errors.contains("run the same command again"), "\(stopped.errors)")
        let again = try await Self.push(["m.yaml"], to: server, in: folder)
        #expect(again.status == 0, "\(again.errors)")
        #expect(try folder.read("store/\(TestTarget.objects)/i.bin") == folder.read("i.bin"))
    }
}
