import Foundation
import Testing

@Suite("Words of cosplan push")
struct PushWordsTests {
    @Test("a dry run says what would be sent, not what was done, and warns of plain http as a push does")
    func dryRun() async throws {
        let folder = try TemporaryFolder()
        for name in ["a", "b", "c"] { try folder.write("content of \(name)", to: name) }
        _ = try await CosplanProcess.run(["hash", "a", "b", "c", "-o", "m.yaml"], in: folder.url)
        let server = try ServeProcess(in: folder.url)
        let flags = TestTarget.flags + ["--endpoint", server.url, "--receipt", "r"]
        let one = try await CosplanProcess.shell(
            "cosplan hash a > a.yaml; cosplan push \(flags.joined(separator: " ")) a.yaml; "
                + "cosplan push \(flags.joined(separator: " ")) a.yaml",
            in: folder.url, environment: ServeProcess.credentials)
        #expect(one.errors.contains(", 1 skipped: the receipt says it is there"), "\(one.errors)")
        try FileManager.default.removeItem(at: folder.url.appending(path: "c"))
        let dry = try await CosplanProcess.run(["push", "--dry-run", "m.yaml"] + flags, in: folder.url)
        #expect(dry.status == 2, "\(dry.errors)")
        #expect(
            dry.output.hasSuffix(
                "dry run: would send 1 file, 12 B, skip 1, 1 could not be sent; nothing was sent\n"),
            "\(dry.output)")
        #expect(!dry.errors.contains("done"), "\(dry.errors)")
        let plain = try await CosplanProcess.run(
            ["push", "--dry-run", "a.yaml", "--endpoint", "http://example.com"] + TestTarget.flags,
            in: folder.url)
        #expect(plain.status == 0, "\(plain.errors)")
        #expect(plain.errors.contains("http://example.com: plain http"), "\(plain.errors)")
        #expect(
            plain.output.hasSuffix("dry run: would send 1 file, 12 B; nothing was sent\n"), "\(plain.output)")
        server.stop()
    }

    @Test("a part that differs is counted from 1, as verify does, and verify is named first")
    func differingPart() async throws {
        let folder = try TemporaryFolder()
        var bytes = SampleBytes.random(count: 3_000_000, seed: 60)
        try folder.write(bytes, to: "a")
        _ = try await CosplanProcess.run(["hash", "a", "-o", "m.yaml"], in: folder.url)
        bytes[2_500_000] ^= 1
        try folder.write(bytes, to: "a")
        let server = try ServeProcess(in: folder.url)
        let pushed = try await CosplanProcess.run(
            ["push", "m.yaml", "--endpoint", server.url] + TestTarget.flags, in: folder.url,
            environment: ServeProcess.credentials)
        #expect(pushed.status == 1, "\(pushed.errors)")
        #expect(
            pushed.errors.contains(
                "cosplan: error: a: part 3 of 3 (offset 2097152, length 902848) differs from the plan, none of it "
                    + "was sent; cosplan verify --bytes tells whether the file or the manifest line is damaged; "
            ),
            "\(pushed.errors)")
        let verified = try await CosplanProcess.run(["verify", "--bytes", "m.yaml"], in: folder.url)
        #expect(verified.output.contains("part 3 of 3"), "\(verified.output)")
        server.stop()
    }

    @Test("a plan of parts too long to be held is refused by a dry run and by push")
    func longParts() async throws {
        let folder = try TemporaryFolder()
        let size = (16 << 20) + 64
        try folder.write(Data(count: size), to: "a")
        // A single part as large as the file is legal; its digest is the file's.
        _ = try await CosplanProcess.shell(
            """
            sha=$(sha1sum a | cut -c1-40)
            cat > m.yaml <<END
            ---
            cosplan: 1
            datasha: state
            files:
            - path: 'a'
              key: '/a'
              filesize: \(size)
              sha: '$sha'
              slice_size: 1048576
              uploadparts:
              - {offset: 0, datalen: \(size), datasha: '$sha'}
            END
            """, in: folder.url)
        for flags in [["--dry-run"], ["--rehearse"]] {
            let pushed = try await CosplanProcess.run(
                ["push", "m.yaml"] + flags + TestTarget.flags, in: folder.url)
            #expect(pushed.status == 1, "\(pushed.errors)")
            #expect(
                pushed.errors.contains("cosplan: error: a: its parts have 16777280 bytes"), "\(pushed.errors)"
            )
            #expect(pushed.errors.contains("--part-size"), "\(pushed.errors)")
        }
    }

    @Test("-v says each request and each retry in a line of its own")
    func verbose() async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 1000, seed: 61), to: "a")
        try folder.write("- {op: data, nth: 1, do: status, status: 503, code: -181}\n", to: "faults.yaml")
        _ = try await CosplanProcess.run(["hash", "a", "-o", "m.yaml"], in: folder.url)
        let server = try ServeProcess(["--faults", "faults.yaml"], in: folder.url)
        let pushed = try await CosplanProcess.run(
            ["push", "-v", "m.yaml", "--endpoint", server.url] + TestTarget.flags, in: folder.url,
            environment: ServeProcess.credentials)
        #expect(pushed.status == 0, "\(pushed.errors)")
        let lines = pushed.errors.split(separator: "\n").map(String.init)
        #expect(lines.contains { $0.hasSuffix("s] init /a: status 200, code 0") }, "\(pushed.errors)")
        #expect(
            lines.contains { $0.hasSuffix("s] data /a offset 0: status 503, code -181") }, "\(pushed.errors)")
        #expect(
            lines.contains {
                $0.contains("s] data /a offset 0: retry 1 in 0.")
                    && $0.hasSuffix(" s: status 503, code -181 (storage error of the service)")
            }, "\(pushed.errors)")
        #expect(lines.contains { $0.hasSuffix("s] finish /a: status 200, code 0") }, "\(pushed.errors)")
        // The times since the command began never go back.
        let times = lines.compactMap {
            $0.wholeMatch(of: #/cosplan: \[(\d+\.\d{3})s\] .*/#).flatMap { Double($0.1) }
        }
        #expect(times.count >= 4 && times == times.sorted(), "\(lines)")
        server.stop()
    }

    @Test("show prints the headers that are sent; of an empty file it shows the upload it gets")
    func shownRequest() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        try folder.write("", to: "empty")
        _ = try await CosplanProcess.run(["hash", "a", "empty", "-o", "m.yaml"], in: folder.url)
        let arguments = ["show", "--request", "init", "m.yaml"] + TestTarget.flags
        let version = try await CosplanProcess.run(["--version"], in: folder.url)
        let agent = version.output.trimmingCharacters(in: .newlines).replacingOccurrences(of: " ", with: "/")
        for (path, op) in [("a", "upload_slice_init"), ("empty", "upload")] {
            let shown = try await CosplanProcess.run(arguments + ["--path", path], in: folder.url)
            #expect(shown.status == 0, "\(shown.errors)")
            let pieces = shown.output.components(separatedBy: "\r\n\r\n")
            let head = pieces[0].components(separatedBy: "\r\n")
            #expect(
                head.dropLast() == [
                    "POST /files/v2/1251668577/xy2/\(path) HTTP/1.1", "Host: gz.file.myqcloud.com",
                    "Authorization: <redacted: signed when it is sent>", "User-Agent: \(agent)",
                    "Accept: application/json",
                    "Content-Type: multipart/form-data; boundary=BOUNDARY-BOUNDARY-BOUNDARY-BOUNDARY0",
                ])
            let body = pieces.dropFirst().joined(separator: "\r\n\r\n")
            #expect(head.last == "Content-Length: \(body.utf8.count)")
            #expect(body.contains("name=\"op\"\r\nContent-Length: \(op.utf8.count)\r\n\r\n\(op)\r\n"))
            #expect(
                body.contains("name=\"filecontent\"\r\nContent-Length: 0\r\n\r\n\r\n") == (path == "empty"))
            #expect(body.hasSuffix("\r\n--BOUNDARY-BOUNDARY-BOUNDARY-BOUNDARY0--\r\n"))
        }
    }
}
