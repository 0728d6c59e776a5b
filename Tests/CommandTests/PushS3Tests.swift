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
        "a batch is the same by download and by its CRC-64, an audit tells what changed, nothing is replaced, and what was killed at 30 moments goes on",
        .enabled(if: SeaweedServer.executable != nil, SeaweedServer.missing))
    func server() async throws {
        let folder = try TemporaryFolder()
        let server = try await SeaweedServer.start(in: folder, bucket: Self.bucket)
        try await batch(server, folder)
        try await overwrite(server, folder)
        try await audit(server, folder)
        try await otherChecksums(server, folder)
        for round in 0..<5 { try await kills(server, folder, round: round) }
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

    /// `verify --remote` of objects that are as planned, changed at equal size, longer, and gone.
    private func audit(_ server: SeaweedServer, _ folder: TemporaryFolder) async throws {
        let client = ObjectClient(kind: .s3, url: server.url, bucket: Self.bucket, folder: folder)
        func verify(_ arguments: [String]) async throws -> Finished {
            try await CosplanProcess.run(
                ["verify", "--remote", "-q"] + arguments, in: folder.url,
                environment: SeaweedServer.credentials)
        }
        let target = ["--api", "s3", "--endpoint", server.url, "--bucket", Self.bucket]
        for name in ["a b 上传", "big", "changed", "empty", "gone", "longer"] {
            let size = name == "empty" ? 0 : name == "big" ? 9_000_000 : 5_000
            try folder.write(SampleBytes.random(count: size, seed: UInt64(size + 7)), to: "audit/\(name)")
        }
        try await CosplanProcess.run(
            ["hash", "-q", "-r", "audit", "--checksum", "crc64nvme", "-o", "audit.yaml"], in: folder.url
        ).expectSuccess()
        let pushed = try await Self.push(
            ["-q", "audit.yaml", "--receipt", "audit.jsonl"], to: server, in: folder)
        #expect(pushed.status == 0, "\(pushed.errors)")
        for input in [["audit.yaml"] + target, ["audit.jsonl"]] {
            let same = try await verify(input)
            #expect(same.status == 0, "\(same.output)\(same.errors)")
            #expect(same.outputLines.count { $0.hasSuffix("  by crc64nvme") } == 5, "\(same.output)")
            #expect(same.outputLines.contains("same  /audit/empty  0 B  by size"), "\(same.output)")
        }
        try folder.write(SampleBytes.random(count: 5_000, seed: 1), to: "other")
        _ = try await client.run(["put", "other", "audit/changed"])
        try folder.write(SampleBytes.random(count: 5_001, seed: 1), to: "other")
        _ = try await client.run(["put", "other", "audit/longer"])
        _ = try await client.run(["delete", "audit/gone"])
        for input in [["audit.yaml"] + target, ["audit.jsonl"]] {
            let changed = try await verify(input)
            #expect(changed.status == 1, "\(changed.output)\(changed.errors)")
            let lines = changed.outputLines
            #expect(lines.count { $0.hasPrefix("same  ") } == 3, "\(changed.output)")
            #expect(lines.contains("missing  /audit/gone"), "\(changed.output)")
            #expect(
                lines.contains("differs  /audit/longer  size: planned 5000, found 5001"), "\(changed.output)")
            // Nothing says that a PUT without a checksum gets one: what the store answers decides.
            #expect(
                lines.contains {
                    $0.hasPrefix("differs  /audit/changed  crc64nvme: planned ")
                        || $0.hasPrefix("cannot tell  /audit/changed  ")
                }, "\(changed.output)")
        }
        // As of a push that replaces it.
        try folder.write(SampleBytes.random(count: 5_000, seed: 2), to: "other")
        try await CosplanProcess.run(
            ["hash", "-q", "other", "--key", "/audit/changed", "--insert-only", "0", "-o", "o.yaml"],
            in: folder.url
        ).expectSuccess()
        try await Self.push(["-q", "o.yaml"], to: server, in: folder).expectSuccess()
        let replaced = try await verify(["audit.yaml"] + target)
        #expect(
            replaced.outputLines.contains {
                $0.hasPrefix("differs  /audit/changed  crc64nvme: planned ")
            }, "\(replaced.output)")
    }

    /// The checksums of stores without CRC64NVME, in one request and in parts.
    private func otherChecksums(_ server: SeaweedServer, _ folder: TemporaryFolder) async throws {
        for (checksum, proofs) in [
            ("sha1", ["sha1 of parts", "sha1"]), ("md5", ["md5 of parts", "md5"]),
        ] {
            try await CosplanProcess.run(
                ["hash", "-q", "audit/big", "audit/changed", "--prefix", "/\(checksum)", "-o", "c.yaml"],
                in: folder.url
            ).expectSuccess()
            let receipt = "\(checksum).jsonl"
            let pushed = try await Self.push(
                ["-q", "c.yaml", "--s3-checksum", checksum, "--receipt", receipt], to: server, in: folder)
            #expect(pushed.status == 0, "\(pushed.errors)")
            let asked = try await CosplanProcess.run(
                ["verify", "--remote", "-q", receipt], in: folder.url,
                environment: SeaweedServer.credentials)
            #expect(asked.status == 0, "\(asked.output)\(asked.errors)")
            for proof in proofs {
                #expect(asked.outputLines.contains { $0.hasSuffix("  by \(proof)") }, "\(asked.output)")
            }
        }
    }

    /// Six pushes at once, each killed at a moment of its own and run again.
    private func kills(_ server: SeaweedServer, _ folder: TemporaryFolder, round: Int) async throws {
        let client = ObjectClient(kind: .s3, url: server.url, bucket: Self.bucket, folder: folder)
        let keys = (0..<6).map { "killed/\(round)-\($0)" }
        let flags = "--api s3 --endpoint \(server.url) --bucket \(Self.bucket) --upload-part-size 5M"
        var (plans, killed, again): (String, String, String) = ("", "", "")
        var delays: [Double] = []
        for (number, key) in keys.enumerated() {
            try folder.write(
                SampleBytes.random(count: 11_000_000, seed: UInt64(1000 + 10 * round + number)), to: key)
            let delay = Double.random(in: 0.05...1.2)
            delays.append(delay)
            plans += "cosplan hash -q \(key) -o k\(number).yaml || exit\n"
            killed += """
                (cosplan push -q --limit-rate 10M \(flags) k\(number).yaml & pid=$!
                 sleep \(delay); kill -9 $pid; wait $pid) &

                """
            again += """
                cosplan push -q \(flags) --receipt \(round)-\(number).jsonl k\(number).yaml || exit

                """
        }
        let environment = SeaweedServer.credentials
        try await CosplanProcess.shell(plans, in: folder.url).expectSuccess()
        _ = try await CosplanProcess.shell(killed + "wait", in: folder.url, environment: environment)
        let before = try await client.parts(keys)
        let ended = try await CosplanProcess.shell(again, in: folder.url, environment: environment)
        #expect(ended.status == 0, "round \(round): \(ended.errors)")
        for (number, key) in keys.enumerated() {
            let there = before[key] ?? 0
            let comment = Comment("\(key), killed after \(delays[number]) s, \(there) parts there")
            let line = try folder.text("\(round)-\(number).jsonl")
            let fields = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            guard fields["result"] as? String == "uploaded" else { continue }
            let (found, sent) = (fields["slices_found"] as? Int ?? -1, fields["slices_sent"] as? Int ?? -1)
            // What was on its way at the kill may still have arrived after the count.
            #expect(found + sent == 3 && found >= there, "\(comment): \(line)")
        }
        try await client.expectSame(keys)
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
