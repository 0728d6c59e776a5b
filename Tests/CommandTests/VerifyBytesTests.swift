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
            head -c 200M /dev/urandom > big && cosplan hash big > m.yaml &&
            printf "$(head -c 123456790 big | tail -c 1 | tr '\\000-\\377' '\\001-\\377\\000')" |
            dd of=big bs=1 seek=123456789 conv=notrunc status=none
            """, in: folder.url)
        #expect(prepared.status == 0, "\(prepared.errors)")
        let checked = try await CosplanProcess.run(["verify", "--bytes", "m.yaml"], in: folder.url)
        #expect(checked.status == 1)
        // 123456789 lies in part 117 of 1 MiB parts, at 117 · 1048576.
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

    @Test("appended and truncated files are called so")
    func lengths() async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 3_000_000, seed: 3), to: "a.bin")
        _ = try await CosplanProcess.run(["hash", "a.bin", "-o", "m.yaml"], in: folder.url)
        let longer = try await CosplanProcess.shell(
            "printf more >> a.bin; cosplan verify --bytes m.yaml", in: folder.url)
        #expect(longer.status == 1)
        #expect(longer.output.contains("appended"), "\(longer.output)")
        let shorter = try await CosplanProcess.shell(
            "truncate -s 2000000 a.bin; cosplan verify --bytes m.yaml", in: folder.url)
        #expect(shorter.status == 1)
        #expect(shorter.output.contains("truncated"), "\(shorter.output)")
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
                "cd root && rm -rf x && \(make) && timeout 20 cosplan verify --bytes ../m.yaml",
                in: folder.url)
            if make.hasPrefix("mknod"), refused.errors.contains("mknod:") { continue }
            #expect(
                refused.status == 1 || refused.status == 66, "\(make): \(refused.output)\(refused.errors)")
            #expect(
                (refused.output + refused.errors).contains(word),
                "\(make): \(refused.output)\(refused.errors)")
        }
    }
}
