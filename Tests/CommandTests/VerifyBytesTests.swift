import Foundation
import Testing

@Suite("cosplan verify --bytes")
struct VerifyBytesTests {
    @Test("unchanged files pass, one or many, from a file or standard input")
    func unchanged() async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 2_500_000, seed: 1), to: "a.bin")
        try folder.write(Data(), to: "b.bin")
        let both = try await CosplanProcess.shell(
            "cosplan hash a.bin b.bin > both && cosplan verify both && cosplan verify --bytes both",
            in: folder.url)
        #expect(both.status == 0, "\(both.errors)\(both.output)")
        let joined = try await CosplanProcess.shell(
            "cosplan hash a.bin > m; cosplan hash b.bin >> m; cosplan verify --bytes m", in: folder.url)
        #expect(joined.status == 0, "\(joined.errors)\(joined.output)")
        let piped = try await CosplanProcess.shell(
            "cosplan hash a.bin | cosplan verify -", in: folder.url)
        #expect(piped.status == 0, "\(piped.errors)\(piped.output)")
        let pipedBytes = try await CosplanProcess.shell(
            "cosplan hash a.bin | cosplan verify --bytes -", in: folder.url)
        #expect(pipedBytes.status == 0, "\(pipedBytes.errors)\(pipedBytes.output)")
    }

    @Test("one byte flipped in 200 MiB names its part and no other")
    func oneByte() async throws {
        let folder = try TemporaryFolder()
        let prepared = try await CosplanProcess.shell(
            """
            head -c 200M /dev/urandom > big && cosplan hash -q big > m.yaml &&
            python3 -c 'f = open("big", "r+b"); f.seek(123456789); b = f.read(1)[0]; f.seek(-1, 1)
            f.write(bytes([b ^ 1]))'
            """, in: folder.url)
        #expect(prepared.status == 0, "\(prepared.errors)")
        let checked = try await CosplanProcess.run(["verify", "--bytes", "m.yaml"], in: folder.url)
        #expect(checked.status == 1)
        // Offset 123456789 is in part 117 of 1 MiB, which begins at 117 · 1048576.
        let said = checked.output.split(separator: "\n").filter { $0.contains("offset") }
        #expect(said.count == 1, "\(checked.output)")
        #expect(said.first?.contains("offset 122683392, length 1048576") == true, "\(checked.output)")
    }

    @Test("a damaged datasha is told from changed data, and its line is named")
    func damagedLine() async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 5_000_000, seed: 2), to: "a.bin")
        _ = try await CosplanProcess.run(["hash", "a.bin", "-o", "m.yaml"], in: folder.url)
        var lines = try folder.text("m.yaml").split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
        let target = try #require(lines.firstIndex { $0.contains("offset: 1048576,") })
        let position = try #require(lines[target].range(of: "datasha: '")?.upperBound)
        let digit = lines[target][position]
        lines[target].replaceSubrange(position...position, with: digit == "0" ? "1" : "0")
        try folder.write(lines.joined(separator: "\n"), to: "m.yaml")
        let checked = try await CosplanProcess.run(["verify", "--bytes", "m.yaml"], in: folder.url)
        #expect(checked.status == 1)
        #expect(checked.output.contains("m.yaml:\(target + 1):"), "\(checked.output)")
        #expect(checked.output.contains("damaged"), "\(checked.output)")
        #expect(!checked.output.contains("data differ"), "\(checked.output)")
    }

    @Test(
        "appended and missing bytes are named, and the parts that could not be checked",
        arguments: [
            (4_194_303, 3_000_000, 1_194_303, "1194303 bytes appended at offset 3000000, length 1194303: "),
            (3_000_001, 3_000_000, 1, "1 byte appended at offset 3000000, length 1: "),
            (2_999_999, 2_999_999, 1, "truncated: 1 byte missing at offset 2999999, length 1: "),
            (
                2_097_152, 2_097_152, 902_848,
                "truncated: 902848 bytes missing at "
                    + "offset 2097152, length 902848: "
            ),
            (
                2_097_151, 2_097_151, 902_849,
                "truncated: 902849 bytes missing at "
                    + "offset 2097151, length 902849: "
            ),
            (0, 0, 3_000_000, "truncated: 3000000 bytes missing at offset 0, length 3000000: "),
        ])
    func lengths(size: Int, offset: Int, length: Int, words: String) async throws {
        struct Report: Decodable {
            struct Manifest: Decodable { var checkedFiles: [File] }
            struct File: Decodable { var findings: [Finding] }
            struct Finding: Decodable {
                var rule: String
                var line: Int
                var offset: Int?
                var length: Int?
                var message: String
            }
            var manifests: [Manifest]
        }
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 3_000_000, seed: 3), to: "a")
        let checked = try await CosplanProcess.shell(
            """
            cosplan hash a -o m.yaml && truncate -s \(size) a
            cosplan verify --bytes m.yaml > text; cosplan verify --bytes --format json m.yaml
            """, in: folder.url)
        #expect(checked.status == 1)
        // The parts of 1 MiB are on lines 14 to 16 of the manifest.
        let unchecked =
            switch size {
            case 3_000_000...: ""
            case 2_097_152...: "; not checked: part 3 of 3, line 16"
            case 1_048_576...: "; not checked: parts 2 to 3 of 3, lines 15 to 16"
            default: "; not checked: parts 1 to 3 of 3, lines 14 to 16"
            }
        let message = "a: \(words)planned as 3000000 bytes, now \(size)\(unchecked)"
        let rule = size > 3_000_000 ? "B04" : "B03"
        let line = try #require(try folder.text("text").split(separator: "\n").first { $0.contains("B0") })
        #expect(line.hasSuffix(": error \(rule): \(message)"), "\(line)")
        let report = try JSONDecoder().decode(Report.self, from: checked.standardOutput)
        let findings = report.manifests[0].checkedFiles[0].findings
        #expect(findings.count == 1)
        #expect(findings.first?.rule == rule && findings.first?.message == message)
        #expect(findings.first?.offset == offset && findings.first?.length == length)
    }

    @Test("what leaves the root, blocks, or is no file is refused and not read")
    func confinement() async throws {
        let folder = try TemporaryFolder()
        try folder.write("secret", to: "outside/x")
        try folder.write("secret", to: "root/x")
        let planned = try await CosplanProcess.shell(
            """
            cd root && cosplan hash x -o ../m.yaml &&
            rm x && ln -s ../outside/x x && cosplan verify --bytes ../m.yaml
            """, in: folder.url)
        #expect(planned.status == 1 || planned.status == 66, "\(planned.output)\(planned.errors)")
        #expect((planned.output + planned.errors).contains("root"), "\(planned.output)\(planned.errors)")
        for (make, word) in [
            ("mkfifo x", "FIFO"), ("mknod x c 1 5", "device"), ("mkdir x", "folder"),
            ("ln -s /etc/hostname x", "root"),
        ] {
            let refused = try await CosplanProcess.shell(
                "cd root && rm -rf x && \(make) && timeout 900 cosplan verify --bytes ../m.yaml",
                in: folder.url)
            if make.hasPrefix("mknod"), refused.errors.contains("mknod:") { continue }
            #expect(
                refused.status == 1 || refused.status == 66, "\(make): \(refused.output)\(refused.errors)")
            #expect(
                (refused.output + refused.errors).contains(word),
                "\(make): \(refused.output)\(refused.errors)")
        }
    }

    /// The part of `verify --format json` that these tests read.
    private struct Report: Decodable {
        struct Manifest: Decodable {
            var verdict: String
            var errors: Int
            var checkedFiles: [File]?
        }
        struct File: Decodable { var result: String }
        var exit: Int
        var manifests: [Manifest]
    }

    @Test(
        "a manifest is called ok only once its bytes are checked, and its errors count what they say",
        arguments: [
            ("true", "ok", 0, 0), ("printf x | dd of=b conv=notrunc status=none", "files differ", 1, 1),
            ("rm b", "files not read", 1, 66), ("rm b; echo >> a", "files differ", 2, 66),
        ])
    func verdict(spoil: String, verdict: String, errors: Int, status: Int) async throws {
        let folder = try TemporaryFolder()
        try folder.write("one", to: "a")
        try folder.write("two", to: "b")
        let text = try await CosplanProcess.shell(
            "cosplan hash a b -o m.yaml && { \(spoil); } && cosplan verify -q --bytes m.yaml", in: folder.url)
        #expect(text.status == Int32(status), "\(text.errors)")
        let lines = text.output.split(separator: "\n")
        let counted = errors == 0 ? "" : errors == 1 ? ", 1 error" : ", \(errors) errors"
        #expect(
            lines.suffix(2).first == "m.yaml: \(verdict): 1 document, 2 files, 6 B\(counted)",
            "\(text.output)")
        #expect(lines.dropLast(2).count == errors, "\(text.output)")
        #expect(lines.contains { $0.contains(": ok") } == (verdict == "ok"), "\(text.output)")
        let json = try await CosplanProcess.run(
            ["verify", "--bytes", "--format", "json", "m.yaml"], in: folder.url)
        let report = try JSONDecoder().decode(Report.self, from: json.standardOutput)
        #expect(report.exit == status && report.manifests.count == 1)
        #expect(report.manifests.first?.verdict == verdict)
        #expect(report.manifests.first?.errors == errors)
    }

    @Test("where the exit is not 0, some manifest's errors are not 0 either")
    func unreadableManifest() async throws {
        let folder = try TemporaryFolder()
        try folder.write("nothing: here", to: "broken.yaml")
        try folder.write("a: [", to: "text.yaml")
        let json = try await CosplanProcess.run(
            ["verify", "--format", "json", "missing.yaml", "broken.yaml", "text.yaml"], in: folder.url)
        let report = try JSONDecoder().decode(Report.self, from: json.standardOutput)
        #expect(report.exit == 66)
        #expect(report.manifests.map(\.verdict) == ["unreadable", "broken", "not a manifest"])
        #expect(report.manifests.allSatisfy { $0.errors > 0 })
    }

    @Test("a note that goes for every small file is one line a command")
    func slicingNote() async throws {
        let folder = try TemporaryFolder()
        for name in ["a", "b", "c"] { try folder.write(name, to: name) }
        let verified = try await CosplanProcess.shell(
            """
            cosplan hash a b -o m.yaml; cosplan hash c >> m.yaml; cosplan hash c -o n.yaml
            cosplan verify m.yaml n.yaml
            """, in: folder.url)
        #expect(verified.status == 1)  // c has one key in both
        let notes = verified.output.split(separator: "\n").filter { $0.contains("note R32") }
        #expect(notes.count == 1, "\(verified.output)")
        #expect(
            notes.first?.hasSuffix(
                "(3 files of this manifest are not larger); push --simple-up-to sends small files in one request"
            )
                == true, "\(notes)")
    }

    @Test("files whose stated sizes add up to more than 64 bits are checked, and no figure is negative")
    func hugeSizes() async throws {
        let folder = try TemporaryFolder()
        for name in ["a", "b", "c"] { try folder.write(name, to: name) }
        let checked = try await CosplanProcess.shell(
            """
            cosplan hash -q a b c -o small.yaml
            sed -E 's/(filesize|datalen): 1/\\1: 9223372036854775807/' small.yaml > m.yaml
            cosplan verify --bytes --progress lines m.yaml
            """, in: folder.url)
        #expect(checked.status == 1, "\(checked.errors)")
        #expect(
            checked.output.split(separator: "\n").count { $0.contains("error B03: ") } == 3,
            "\(checked.output)")
        #expect(checked.output.contains("bytes: 0 of 3 files as planned"), "\(checked.output)")
        #expect(!(checked.output + checked.errors).contains(" -"), "\(checked.output)\(checked.errors)")
    }

    @Test("many tiny files, some of them spoilt, are reported in their order")
    func tiny() async throws {
        let folder = try TemporaryFolder()
        let checked = try await CosplanProcess.shell(
            """
            mkdir d; for i in {1000..1499}; do echo $i > d/$i; done; cosplan hash -r d -o m.yaml
            echo more >> d/1007; rm d/1300; echo 1401 > d/1400; cosplan verify -q --jobs 3 --bytes m.yaml
            """, in: folder.url)
        #expect(checked.status == 66, "\(checked.errors)")
        let rules = checked.output.split(separator: "\n").dropLast(2).map { line in
            line.split(separator: " ").dropFirst(2).prefix(2).joined(separator: " ")
        }
        #expect(rules == ["B04: d/1007:", "B01: d/1300:", "B05: d/1400:"], "\(checked.output)")
        #expect(
            checked.output.hasSuffix("m.yaml: bytes: 497 of 500 files as planned, 1 not read\n"),
            "\(checked.output)")
    }
}
