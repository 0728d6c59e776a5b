import Foundation
import Testing

@Suite("cosplan hash --checksum")
struct ChecksumTests {
    private static let all = "crc64ecma,crc64nvme,md5,sha256"

    /// Prints the four checksums of a file, one per line, with Python: hashlib, and a table-driven CRC-64.
    private static let otherProgram = """
        import base64, hashlib, sys
        data = open(sys.argv[1], "rb").read()
        def crc64(polynomial):
            table = []
            for value in range(256):
                for _ in range(8): value = value >> 1 ^ (polynomial if value & 1 else 0)
                table.append(value)
            register = (1 << 64) - 1
            for byte in data: register = register >> 8 ^ table[(register ^ byte) & 255]
            return register ^ (1 << 64) - 1
        print(crc64(0xC96C5795D7870F42))
        print(base64.b64encode(crc64(0x9A6C9329AC4BC9B5).to_bytes(8, "big")).decode())
        print(hashlib.md5(data).hexdigest())
        print(hashlib.sha256(data).hexdigest())
        """

    private struct Manifest: Decodable {
        struct File: Decodable {
            var crc64ecma: String?
            var crc64nvme: String?
            var md5: String?
            var sha256: String?
            var checksums: [String] { [crc64ecma, crc64nvme, md5, sha256].compactMap(\.self) }
        }
        var cosplan: Int
        var files: [File]
    }

    @Test(
        "the whole file's checksums are those of another program, at any length",
        arguments: [0, 1, 65_536, 65_537, 1_048_576, 3_500_001])
    func values(length: Int) async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: length, seed: UInt64(length)), to: "f")
        let other = try await CosplanProcess.run(
            URL(filePath: "/usr/bin/env"), ["python3", "-c", Self.otherProgram, "f"], in: folder.url)
        let expected = other.output.split(separator: "\n").map(String.init)
        try #require(expected.count == 4, "\(other.errors)")
        for jobs in ["1", "3"] {
            let hashed = try await CosplanProcess.run(
                ["hash", "--jobs", jobs, "--checksum", Self.all, "--format", "json", "f"], in: folder.url)
            #expect(hashed.status == 0, "\(hashed.errors)")
            let manifest = try JSONDecoder().decode(Manifest.self, from: hashed.standardOutput)
            #expect(manifest.cosplan == 2)
            #expect(manifest.files.map(\.checksums) == [expected])
        }
    }

    @Test("a plan without --checksum is of version 1 and has none")
    func none() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "f")
        let hashed = try await CosplanProcess.run(["hash", "--format", "json", "f"], in: folder.url)
        let manifest = try JSONDecoder().decode(Manifest.self, from: hashed.standardOutput)
        #expect(manifest.cosplan == 1)
        #expect(manifest.files.map(\.checksums) == [[]])
    }

    @Test(
        "verify --bytes proves every checksum, and names the line that is wrong",
        arguments: ["md5", "crc64ecma"])
    func damaged(kind: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 2_000_000, seed: 5), to: "f")
        let good = try await CosplanProcess.shell(
            "cosplan hash --checksum \(Self.all) f -o m.yaml && cosplan verify -q --bytes m.yaml",
            in: folder.url)
        #expect(good.status == 0, "\(good.output)\(good.errors)")
        var lines = try folder.text("m.yaml").split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
        let line = try #require(lines.firstIndex { $0.contains("\(kind): '") })
        let last = lines[line].index(lines[line].endIndex, offsetBy: -2)
        lines[line].replaceSubrange(last...last, with: lines[line][last] == "0" ? "1" : "0")
        try folder.write(lines.joined(separator: "\n"), to: "n.yaml")
        let made = try await CosplanProcess.run(["verify", "--bytes", "n.yaml"], in: folder.url)
        #expect(made.status == 1, "\(made.output)\(made.errors)")
        let found = made.output.split(separator: "\n").filter { $0.contains(" error B") }
        #expect(found.count == 1, "\(made.output)")
        #expect(
            found.first?.hasPrefix("n.yaml:\(line + 1):") == true
                && found.first?.contains(
                    "B11: f: damaged manifest line: the bytes are as planned, but \(kind) is ")
                    == true,
            "\(made.output)")
    }

    @Test(
        "a checksum that is none is a usage error that lists those there are",
        arguments: ["crc32", "md5,", ""])
    func unknown(list: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "f")
        let refused = try await CosplanProcess.run(["hash", "--checksum", list, "f"], in: folder.url)
        #expect(refused.status == 64)
        #expect(refused.errors.contains("--checksum"), "\(refused.errors)")
        #expect(refused.errors.contains("crc64ecma, crc64nvme, md5, sha256"), "\(refused.errors)")
    }
}
