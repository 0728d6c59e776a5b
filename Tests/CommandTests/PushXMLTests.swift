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

    @Test(
        "a batch arrives byte for byte, its receipt has a proof, and again nothing is sent; json sees the same objects"
    )
    func batch() async throws {
        let folder = try TemporaryFolder()
        let sizes = ["empty": 0, "one": 1, "a b 上传+~(1)": (8 << 20) + 1, "big": 20 << 20]
        for (name, size) in sizes {
            try folder.write(SampleBytes.random(count: size, seed: UInt64(size + 1)), to: "data/\(name)")
        }
        let server = try ServeProcess(["--root", "store"], in: folder.url)
        _ = try await CosplanProcess.run(["hash", "-r", "data", "-o", "m.yaml"], in: folder.url)
        let first = try await Self.push(["m.yaml", "--receipt", "r.jsonl"], to: server, in: folder)
        #expect(first.status == 0, "\(first.errors)")
        for name in sizes.keys {
            let compared = try await CosplanProcess.shell(
                "cmp 'store/\(TestTarget.objects)/data/\(name)' 'data/\(name)'", in: folder.url)
            #expect(compared.status == 0, "\(name): \(compared.output)\(compared.errors)")
        }
        for line in try folder.text("r.jsonl").split(separator: "\n") {
            let fields = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(fields["api"] as? String == "xml")
            #expect((fields["proof"] as? String)?.hasPrefix("crc64ecma ") == true, "\(line)")
        }
        let known = try await Self.push(["m.yaml", "--receipt", "r.jsonl"], to: server, in: folder)
        #expect(known.status == 0 && known.output.isEmpty, "\(known.errors)")
        let again = try await Self.push(["m.yaml"], to: server, in: folder)
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.outputLines.filter { $0.hasPrefix("already there") }.count == sizes.count)
        let json = try await CosplanProcess.run(
            ["push", "m.yaml", "--endpoint", server.url] + TestTarget.flags, in: folder.url,
            environment: ServeProcess.credentials)
        #expect(json.status == 0, "\(json.errors)")
        server.stop()
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
