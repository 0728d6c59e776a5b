import Foundation
import Testing

/// `push --api xml` against the emulator's XML API, over sockets.
@Suite("cosplan push through the XML API")
struct PushXMLTests {
    private static func push(
        _ arguments: [String], to server: ServeProcess, in folder: TemporaryFolder,
        environment: [String: String] = ServeProcess.credentials
    ) async throws -> Finished {
        // The region has its name of the XML API; the plan may have been made for any API.
        try await CosplanProcess.run(
            [
                "push", "--api", "xml", "--endpoint", server.url, "--region", "ap-guangzhou", "--appid",
                "1251668577",
                "--bucket", "xy2",
            ] + arguments, in: folder.url, environment: environment)
    }

    /// The batch of every API: nothing, a byte, around one part, several parts; names that need encoding.
    static let batch = [
        "empty": 0, "one": 1, "below": (8 << 20) - 1, "part": 8 << 20, "above": (8 << 20) + 1,
        "a b 上传": 70_000, "a+b~(1)": 1_048_577, "dir/big": 25_000_000,
    ]

    /// Writes the batch below `data` and plans it, with COS's checksum.
    private static func plannedBatch() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for (name, size) in batch {
            try folder.write(SampleBytes.random(count: size, seed: UInt64(size + 1)), to: "data/\(name)")
        }
        let planned = try await CosplanProcess.run(
            ["hash", "-r", "data", "--checksum", "crc64ecma", "--format", "json", "-o", "m.json"],
            in: folder.url)
        #expect(planned.status == 0, "\(planned.errors)")
        return folder
    }

    @Test(
        "a batch is the same by GET and cmp, and by the checksum that HEAD answers; again nothing is sent; json sees it"
    )
    func batch() async throws {
        let folder = try await Self.plannedBatch()
        let server = try ServeProcess(["--root", "store"], in: folder.url)
        let first = try await Self.push(["m.json", "--receipt", "r.jsonl"], to: server, in: folder)
        #expect(first.status == 0, "\(first.errors)")
        #expect(
            first.outputLines.contains { $0.hasSuffix("/data/dir/big  23.8 MiB, 3 parts sent") },
            "\(first.output)")
        #expect(first.outputLines.contains { $0.hasSuffix("/data/part  8.00 MiB") }, "\(first.output)")
        let keys = Self.batch.keys.map { "data/\($0)" }
        let client = ObjectClient(kind: .cos, url: server.url, bucket: "xy2-1251668577", folder: folder)
        try await client.expectSame(keys)
        let heads = try await client.heads(keys)
        for file in try PlannedChecksums(folder.read("m.json")).files {
            let head = try #require(heads[String(file.key.dropFirst())])
            #expect(head.length == file.filesize && head.crc64ecma == file.crc64ecma, "\(head)")
        }
        for line in try folder.text("r.jsonl").split(separator: "\n") {
            let fields = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(fields["api"] as? String == "xml")
            #expect((fields["proof"] as? String)?.hasPrefix("crc64ecma ") == true, "\(line)")
        }
        let known = try await Self.push(["m.json", "--receipt", "r.jsonl"], to: server, in: folder)
        #expect(known.status == 0 && known.output.isEmpty, "\(known.errors)")
        let again = try await Self.push(["m.json", "-v"], to: server, in: folder)
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.outputLines.count { $0.hasPrefix("already there") } == keys.count)
        for operation in ["put", "begin", "part", "finish"] {
            #expect(!again.errors.contains("s] \(operation) /"), "\(again.errors)")
        }
        let json = try await CosplanProcess.run(
            ["push", "m.json", "--endpoint", server.url] + TestTarget.flags, in: folder.url,
            environment: ServeProcess.credentials)
        #expect(json.status == 0, "\(json.errors)")
        server.stop()
    }

    @Test("what json has pushed is there already for xml, by its checksum")
    func pushedByJSON() async throws {
        let folder = try await Self.plannedBatch()
        let server = try ServeProcess(["--root", "store"], in: folder.url)
        let json = try await CosplanProcess.run(
            ["push", "m.json", "--endpoint", server.url] + TestTarget.flags, in: folder.url,
            environment: ServeProcess.credentials)
        #expect(json.status == 0, "\(json.errors)")
        let xml = try await Self.push(["m.json"], to: server, in: folder)
        #expect(xml.status == 0, "\(xml.errors)")
        #expect(xml.outputLines.count { $0.hasPrefix("already there") } == Self.batch.count, "\(xml.output)")
        server.stop()
    }

    @Test(
        "a fault ends with the status that says what to do, and what is there is right or absent",
        arguments: [
            ("op: finish, times: all, do: late_error", 75 as Int32), ("op: finish, do: late_error", 0),
            ("op: part, do: wrong_checksum", 69), ("op: finish, do: wrong_checksum", 69),
            ("op: part, do: forbidden", 77), ("op: list_uploads, do: forbidden", 0),
            ("op: finish, do: no_checksum", 0), ("op: part, do: dead_session", 0),
        ])
    func faults(fault: String, status: Int32) async throws {
        let folder = try TemporaryFolder()
        let bytes = SampleBytes.random(count: 2_500_000, seed: 3)
        try folder.write(bytes, to: "a")
        try folder.write("- {\(fault)}\n", to: "faults.yaml")
        _ = try await CosplanProcess.run(["hash", "a", "-o", "m.yaml"], in: folder.url)
        let server = try ServeProcess(["--root", "store", "--faults", "faults.yaml"], in: folder.url)
        let pushed = try await Self.push(
            ["m.yaml", "--upload-part-size", "1M", "--retries", "1"], to: server, in: folder)
        #expect(pushed.status == status, "\(pushed.errors)")
        #expect(pushed.output.contains("uploaded") == (status == 0), "\(pushed.output)")
        let stored = try? folder.read("store/\(TestTarget.objects)/a")
        #expect(stored == bytes || (stored == nil && status != 0))
        server.stop()
    }

    @Test("600 GiB, dry run: parts, their size and the memory that they take at most")
    func largeDryRun() async throws {
        let folder = try TemporaryFolder()
        let size: Int64 = 600 << 30
        let partSize: Int64 = 16 << 20
        // The digests of no bytes that anybody has: a dry run reads none.
        var text = """
            ---
            cosplan: 1
            datasha: part
            files:
            - path: 'large'
              key: '/large'
              filesize: \(size)
              sha: '\(String(repeating: "1", count: 40))'
              slice_size: 1048576
              uploadparts:

            """
        let digest = String(repeating: "2", count: 40)
        for offset in stride(from: 0, to: size, by: Int(partSize)) {
            text += "  - {offset: \(offset), datalen: \(partSize), datasha: '\(digest)'}\n"
        }
        try folder.write(text, to: "m.yaml")
        try await CosplanProcess.shell("truncate -s \(size) large", in: folder.url).expectSuccess()
        for api in [
            ["--api", "xml", "--region", "ap-guangzhou", "--appid", "1251668577", "--bucket", "xy2"],
            ["--api", "s3", "--bucket", "xy2"],
        ] {
            // 61.44 slices of 1 MiB are a ten-thousandth.
            for (flags, words) in [
                ([], "begin, 9910 parts of 65011712 bytes, finish, at most 256 MiB of them in memory"),
                (
                    ["--upload-part-size", "512M"],
                    "begin, 1200 parts of 536870912 bytes, finish, at most 512 MiB of them in memory"
                ),
            ] {
                let dry = try await CosplanProcess.run(
                    ["push", "--dry-run", "m.yaml"] + api + flags, in: folder.url)
                #expect(dry.status == 0 && dry.output.contains(words), "\(dry.output)\(dry.errors)")
            }
        }
    }

    @Test("a rehearsal, a dry run and show --request speak the XML API")
    func withoutServer() async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 20 << 20, seed: 3), to: "a b")
        _ = try await CosplanProcess.run(["hash", "a b", "-o", "m.yaml"], in: folder.url)
        let rehearsed = try await CosplanProcess.run(
            ["push", "--rehearse", "--api", "xml", "m.yaml"], in: folder.url)
        #expect(rehearsed.status == 0, "\(rehearsed.errors)")
        #expect(rehearsed.output.contains("nothing was kept"))
        let host = "https://xy2-1251668577.cos.ap-guangzhou.myqcloud.com"
        let flags = ["--api", "xml", "--region", "ap-guangzhou", "--appid", "1251668577", "--bucket", "xy2"]
        let dry = try await CosplanProcess.run(
            ["push", "--dry-run", "--upload-part-size", "5M", "m.yaml"] + flags, in: folder.url)
        #expect(dry.output.contains("\(host)/a%20b"), "\(dry.output)\(dry.errors)")
        #expect(dry.output.contains("begin, 4 parts of 5242880 bytes, finish"), "\(dry.output)")
        let shown = try await CosplanProcess.run(
            ["show", "--request", "init", "m.yaml"] + flags, in: folder.url)
        #expect(shown.output.hasPrefix("POST /a%20b?uploads HTTP/1.1\r\n"), "\(shown.output)\(shown.errors)")
        #expect(shown.output.contains("host: xy2-1251668577.cos.ap-guangzhou.myqcloud.com\r\n"))
        #expect(shown.output.contains("x-cos-forbid-overwrite: true\r\n"))
        #expect(shown.output.contains("authorization: <redacted"))
        let s3 = try await CosplanProcess.run(
            [
                "show", "--request", "init", "m.yaml", "--api", "s3", "--bucket", "xy2", "--s3-checksum",
                "sha1",
            ],
            in: folder.url)
        #expect(s3.output.contains("x-amz-checksum-algorithm: SHA1\r\n"), "\(s3.output)\(s3.errors)")
        let put = try await CosplanProcess.run(
            ["show", "--request", "init", "m.yaml", "--upload-part-size", "32M"] + flags, in: folder.url)
        #expect(put.output.hasPrefix("PUT /a%20b HTTP/1.1\r\n"), "\(put.output)\(put.errors)")
    }

    @Test("a session token goes with the XML API; with json it is 78, and it is never shown")
    func tokens() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        _ = try await CosplanProcess.run(["hash", "a", "-o", "m.yaml"] + TestTarget.flags, in: folder.url)
        for (pair, token) in [
            (("COSPLAN_SECRET_ID", "COSPLAN_SECRET_KEY"), "COSPLAN_SESSION_TOKEN"),
            (("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"), "TENCENTCLOUD_TOKEN"),
        ] {
            let environment = [pair.0: "AKIDid", pair.1: "key", token: "TOKENhiddenhidden"]
            let json = try await CosplanProcess.run(
                ["push", "m.yaml"], in: folder.url, environment: environment)
            #expect(json.status == 78, "\(json.errors)")
            #expect(json.errors.contains("session token") && !json.errors.contains("hidden"))
        }
    }

    @Test("a part size out of its range is a usage error that names it", arguments: ["1023K", "513M"])
    func partSizes(size: String) async throws {
        let folder = try TemporaryFolder()
        let refused = try await CosplanProcess.run(
            ["push", "m.yaml", "--upload-part-size", size], in: folder.url)
        #expect(refused.status == 64 && refused.errors.contains("--upload-part-size"), "\(refused.errors)")
    }
}
