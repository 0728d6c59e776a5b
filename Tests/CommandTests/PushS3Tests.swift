import Foundation
import Testing

/// `push --api s3` against a server by others.
@Suite("cosplan push to S3, a real server", .serialized)
struct PushS3Tests {
    static let bucket = "backup"

    private static func push(
        _ arguments: [String], to server: SeaweedServer, in folder: TemporaryFolder
    ) async throws -> Finished {
        try await CosplanProcess.run(
            ["push", "--api", "s3", "--endpoint", server.url, "--bucket", bucket] + arguments,
            in: folder.url, environment: SeaweedServer.credentials)
    }

    @Test(
        "a batch is the same by download and by its CRC-64, nothing is replaced, and what was killed goes on",
        .enabled(if: SeaweedServer.executable != nil, SeaweedServer.missing))
    func server() async throws {
        let folder = try TemporaryFolder()
        let server = try await SeaweedServer.start(in: folder, bucket: Self.bucket)
        try await batch(server, folder)
        try await overwrite(server, folder)
        try await kills(server, folder, rounds: 3)
    }

    private func batch(_ server: SeaweedServer, _ folder: TemporaryFolder) async throws {
        var batch = PushXMLTests.batch
        batch["w?*:|<>\"&=%41#;,@$!"] = 1_000
        for (name, size) in batch {
            try folder.write(SampleBytes.random(count: size, seed: UInt64(size + 1)), to: "data/\(name)")
        }
        // Characters that only the JSON API refuses.
        let planned = try await CosplanProcess.run(
            [
                "hash", "-r", "data", "--api", "s3", "--checksum", "crc64nvme", "--format", "json", "-o",
                "m.json",
            ], in: folder.url)
        #expect(planned.status == 0, "\(planned.errors)")
        let first = try await Self.push(["m.json", "--receipt", "r.jsonl"], to: server, in: folder)
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.outputLines.count { $0.hasPrefix("uploaded") } == batch.count, "\(first.output)")
        let keys = batch.keys.map { "data/\($0)" }
        let client = ObjectClient(kind: .s3, url: server.url, bucket: Self.bucket, folder: folder)
        try await client.expectSame(keys)
        let heads = try await client.heads(keys)
        for file in try PlannedChecksums(folder.read("m.json")).files {
            let head = try #require(heads[String(file.key.dropFirst())])
            #expect(head.length == file.filesize && head.crc64nvme == file.crc64nvme, "\(head)")
        }
        for line in try folder.text("r.jsonl").split(separator: "\n") {
            #expect(line.contains("\"proof\":\"crc64nvme "), "\(line)")
        }
        let again = try await Self.push(["m.json"], to: server, in: folder)
        #expect(
            again.outputLines.count { $0.hasPrefix("already there") } == batch.count,
            "\(again.output)\(again.errors)")
    }

    private func overwrite(_ server: SeaweedServer, _ folder: TemporaryFolder) async throws {
        let client = ObjectClient(kind: .s3, url: server.url, bucket: Self.bucket, folder: folder)
        for (name, size) in [("one", 1), ("above", (8 << 20) + 1)] {
            let before = try #require(try await client.heads(["data/\(name)"])["data/\(name)"])
            try folder.write(SampleBytes.random(count: size, seed: 99), to: "other")
            for mode in ["1", "0"] {
                _ = try await CosplanProcess.run(
                    ["hash", "other", "--key", "/data/\(name)", "--insert-only", mode, "-o", "o.yaml"],
                    in: folder.url)
                let pushed = try await Self.push(["o.yaml"], to: server, in: folder)
                let after = try #require(try await client.heads(["data/\(name)"])["data/\(name)"])
                #expect(pushed.status == (mode == "1" ? 69 : 0), "\(pushed.errors)")
                #expect((after.crc64nvme == before.crc64nvme) == (mode == "1"), "\(after)")
            }
        }
    }

    private func kills(_ server: SeaweedServer, _ folder: TemporaryFolder, rounds: Int) async throws {
        let client = ObjectClient(kind: .s3, url: server.url, bucket: Self.bucket, folder: folder)
        for round in 0..<rounds {
            let size = 27_000_000
            let key = "killed/\(round)"
            try folder.write(SampleBytes.random(count: size, seed: UInt64(1000 + round)), to: key)
            _ = try await CosplanProcess.run(["hash", key, "-o", "k.yaml"], in: folder.url)
            let delay = Double.random(in: 0.1...1.5)
            let flags =
                "--api s3 --endpoint \(server.url) --bucket \(Self.bucket) --upload-part-size 5M k.yaml"
            _ = try await CosplanProcess.shell(
                "cosplan push --limit-rate 20M \(flags) & pid=$!; sleep \(delay); kill -9 $pid; wait $pid",
                in: folder.url, environment: SeaweedServer.credentials)
            let before = try await client.parts([key])[key] ?? 0
            let comment = Comment("round \(round), killed after \(delay) s, \(before) parts there")
            let again = try await Self.push(
                ["--upload-part-size", "5M", "--receipt", "k\(round).jsonl", "k.yaml"], to: server, in: folder
            )
            #expect(again.status == 0, "\(comment): \(again.errors)")
            let line = try folder.text("k\(round).jsonl")
            let fields = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            if fields["result"] as? String == "uploaded" {
                let (found, sent) = (
                    fields["slices_found"] as? Int ?? -1, fields["slices_sent"] as? Int ?? -1
                )
                #expect(found + sent == 6 && found >= before, "\(comment): \(line)")
            }
            try await client.expectSame([key])
        }
    }

    /// Whether AWS's kit for Python is there.
    private static let hasBoto3: Bool = {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", "import boto3"]
        process.standardError = FileHandle.nullDevice
        // Without Python there is no kit either.
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    @Test(
        "AWS's kit for Python signs against the emulator, sends parts, reads them back and is refused what it may not do",
        .enabled(if: hasBoto3, "boto3 is not installed"))
    func kit() async throws {
        let folder = try TemporaryFolder()
        let server = try ServeProcess(["--api", "s3", "--root", "store"], in: folder.url)
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "boto3_client.py")
        let done = try await CosplanProcess.run(
            URL(filePath: "/usr/bin/env"), ["python3", script.path, server.url], in: folder.url,
            environment: ServeProcess.credentials)
        #expect(done.status == 0, "\(done.output)\(done.errors)")
        server.stop()
    }

    @Test("a rehearsal and serve speak S3; each API's objects are the others' where the bucket says so")
    func emulator() async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 20_000_000, seed: 3), to: "a b")
        _ = try await CosplanProcess.run(["hash", "a b", "-o", "m.yaml"], in: folder.url)
        for more in [[], ["--s3-checksum", "sha1"], ["--s3-checksum", "md5", "--bucket", "some.bucket"]] {
            let rehearsed = try await CosplanProcess.run(
                ["push", "--rehearse", "--api", "s3", "m.yaml"] + more, in: folder.url)
            #expect(rehearsed.status == 0, "\(rehearsed.errors)")
            #expect(rehearsed.output.contains("3 parts sent"), "\(rehearsed.output)")
        }
        let server = try ServeProcess(["--api", "json,xml,s3", "--root", "store"], in: folder.url)
        func push(_ target: [String]) async throws -> Finished {
            try await CosplanProcess.run(
                ["push", "m.yaml", "--endpoint", server.url] + target, in: folder.url,
                environment: ServeProcess.credentials)
        }
        let s3 = try await push(["--api", "s3", "--bucket", "xy2-1251668577"])
        #expect(s3.status == 0 && s3.output.hasPrefix("uploaded"), "\(s3.errors)")
        #expect(try folder.read("store/\(TestTarget.objects)/a b") == folder.read("a b"))
        let xml = try await push(
            ["--api", "xml", "--region", "ap-guangzhou", "--appid", "1251668577", "--bucket", "xy2"])
        #expect(xml.status == 0 && xml.output.hasPrefix("already there"), "\(xml.output)\(xml.errors)")
        server.stop()
    }

    @Test("a store without the checksum is 69, and the words name --s3-checksum")
    func noChecksum() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        try folder.write(
            "- {op: put, times: all, do: no_checksum}\n- {op: head, times: all, do: no_checksum}\n",
            to: "f.yaml")
        _ = try await CosplanProcess.run(["hash", "a", "-o", "m.yaml"], in: folder.url)
        let server = try ServeProcess(["--api", "s3", "--faults", "f.yaml"], in: folder.url)
        let pushed = try await CosplanProcess.run(
            ["push", "m.yaml", "--api", "s3", "--endpoint", server.url, "--bucket", "data"], in: folder.url,
            environment: ServeProcess.credentials)
        #expect(
            pushed.status == 69 && pushed.errors.contains("--s3-checksum sha1 or md5"), "\(pushed.errors)")
        server.stop()
    }
}
