import Foundation
import Testing

@Suite("cosplan hash")
struct HashTests {
    /// The digests of the pattern file of 2,621,440 bytes, from the vendor's SDKs.
    private static let vendorDigests: [Int64: String] = [
        524_288: "a0ac5bf5d8a544edbe3605aa92685399170c423f",
        1_048_576: "ab9a20fd6c98fc1f8f0c985cd552ff14c6feacfd",
        1_572_864: "788488d00b8d20fb144fb581d93f03967a0e9f04",
        2_097_152: "2ccc5923b75f46ebd8ccb78e8c413c18025178b9",
        2_621_440: "7f24f7278b3693cf9fe1fd4eb48eb51532e587d0",
    ]

    @Test(
        "the vendor's vectors come out, in YAML and JSON, at 512K and 1M",
        arguments: ["512K", "1M"], ["yaml", "json"])
    func vendorVectors(slice: String, format: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.pattern(count: 2_621_440), to: "p.bin")
        let hashed = try await CosplanProcess.run(
            ["hash", "p.bin", "--slice-size", slice, "--format", format], in: folder.url)
        #expect(hashed.status == 0, "\(hashed.errors)")
        try folder.write(hashed.standardOutput, to: "plan")
        let shown = try await CosplanProcess.run(["show", "--uploadparts", "plan"], in: folder.url)
        #expect(shown.status == 0, "\(shown.errors)")
        let parts = try JSONDecoder().decode([SecondOpinion.Part].self, from: shown.standardOutput)
        let step: Int64 = slice == "1M" ? 1_048_576 : 524_288
        #expect(parts.count == (slice == "1M" ? 3 : 5))
        for (index, part) in parts.enumerated() {
            #expect(part.offset == Int64(index) * step)
            #expect(part.datasha == Self.vendorDigests[part.offset + part.datalen])
        }
    }

    @Test(
        "the last part's datasha is the vendor's at other ends of the pattern",
        arguments: [
            (2_097_152, "634eb30bef97fab397ee8d52ed06fd0d8fff4aed"),
            (1_048_577, "b6fa3ae086b93b36da9300c318b2ba057f755525"),
            (26_585, "9cfa6477265233231b7e48d9fae396d68ad31b8b"),
        ])
    func vendorEnds(size: Int, digest: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.pattern(count: size), to: "p.bin")
        let plan = try await Self.planned(["p.bin"], in: folder)
        #expect(plan.files[0].sha == digest)
        #expect(plan.files[0].uploadparts.last?.datasha == digest)
        #expect(plan.files[0].uploadparts.last?.sha1 != nil)
    }

    @Test(
        "sha, datasha and sha1 are what hashlib and libcrypto compute",
        arguments: [1, 63, 64, 65, 524_287, 524_288, 524_289, 1_048_575, 1_048_576, 1_048_577, 3_145_745])
    func secondOpinion(size: Int) async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write(SampleBytes.random(count: size, seed: UInt64(size)), to: "r.bin")
        for (slice, part) in [("512K", 524_288), ("1M", 1_048_576), ("3M", 1_048_576)] as [(String, Int64)] {
            let plan = try await Self.planned(["r.bin", "--slice-size", slice], in: folder)
            #expect(plan.files[0].plan == (try await SecondOpinion.of(file, partSize: part)))
        }
        let parts = try await Self.planned(["r.bin", "--datasha", "part"], in: folder)
        #expect(parts.datasha == "part")
        #expect(parts.files[0].plan == (try await SecondOpinion.of(file, partSize: 1_048_576, kind: "part")))
        let small = try await Self.planned(["r.bin", "--part-size", "64K"], in: folder)
        #expect(small.files[0].plan == (try await SecondOpinion.of(file, partSize: 65_536)))
        let sum = try await CosplanProcess.shell("sha1sum r.bin", in: folder.url)
        #expect(sum.output.prefix(40) == plan(parts))
    }

    private func plan(_ document: ManifestDocument) -> Substring { document.files[0].sha[...] }

    @Test("300 MiB of random data hash as hashlib and libcrypto compute")
    func large() async throws {
        let folder = try TemporaryFolder()
        let made = try await CosplanProcess.shell("head -c 300M /dev/urandom > r.bin", in: folder.url)
        #expect(made.status == 0)
        let plan = try await Self.planned(["r.bin"], in: folder)
        let file = folder.url.appending(path: "r.bin")
        #expect(plan.files[0].plan == (try await SecondOpinion.of(file, partSize: 1_048_576)))
    }

    @Test("an empty file is planned without parts and with the SHA-1 of nothing")
    func emptyFile() async throws {
        let folder = try TemporaryFolder()
        try folder.write(Data(), to: "empty")
        let plan = try await Self.planned(["empty"], in: folder)
        #expect(plan.files[0].filesize == 0)
        #expect(plan.files[0].uploadparts.isEmpty)
        #expect(plan.files[0].sha == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
    }

    @Test("--no-part-sha1 leaves the digests out that are never sent")
    func withoutPartDigests() async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.pattern(count: 2_621_440), to: "p.bin")
        let plan = try await Self.planned(["p.bin", "--no-part-sha1"], in: folder)
        #expect(plan.files[0].uploadparts.allSatisfy { $0.sha1 == nil })
        #expect(plan.files[0].uploadparts.map(\.datasha).first == Self.vendorDigests[1_048_576])
    }

    @Test("the same input gives the same bytes, sorted by path bytes, whatever order it is named in")
    func deterministic() async throws {
        let folder = try TemporaryFolder()
        for name in ["b", "aa", "é", "a.b/c", "a/b"] { try folder.write(name, to: name) }
        let first = try await CosplanProcess.run(
            ["hash", "b", "a.b/c", "é", "a/b", "aa", "--jobs", "1"], in: folder.url)
        let second = try await CosplanProcess.run(
            ["hash", "é", "./b", "a//b", "aa", "a.b/./c", "b", "--jobs", "4"], in: folder.url)
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.standardOutput == second.standardOutput)
        let json = try await Self.planned(["-r", "."], in: folder)
        #expect(json.files.map(\.path) == ["a.b/c", "a/b", "aa", "b", "é"])
    }

    @Test("names with spaces, quotes, line ends, emoji and both normal forms keep their bytes")
    func nastyNames() async throws {
        let folder = try TemporaryFolder()
        let plain = [
            "two words", "it's", "#hash", "a, b", "- dash", "{x}", "[y]", "&a", "!t", "@at", "%p", "🎉 party",
            "e\u{301}", "\u{e9}", "null", "true", "012", "1e6", "~", " lead", "trail ", "上传",
        ]
        for name in plain { try folder.write(name, to: "d/" + name) }
        let hashed = try await CosplanProcess.run(["hash", "-r", "d", "-o", "m.yaml"], in: folder.url)
        #expect(hashed.status == 0, "\(hashed.errors)")
        let checked = try await CosplanProcess.run(["verify", "--bytes", "m.yaml"], in: folder.url)
        #expect(checked.status == 0, "\(checked.output)\(checked.errors)")
        let plan = try await Self.planned(["-r", "d"], in: folder)
        let found = Set(plan.files.map { Array($0.path.utf8) })
        #expect(found == Set(plain.map { Array(("d/" + $0).utf8) }))
        #expect(plan.files.allSatisfy { Array($0.key.utf8) == Array(("/" + $0.path).utf8) })
    }

    @Test(
        "a name that cannot be a key stops it with the character and offers --key",
        arguments: ["a:b", "q?", "star*", "back\\slash", "line\nend", "<x", "say \"x\""])
    func illegalDefaultKey(name: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: name)
        let refused = try await CosplanProcess.run(["hash", name], in: folder.url)
        #expect(refused.status == 64)
        #expect(refused.standardOutput.isEmpty)
        #expect(refused.errors.contains("--key"))
        #expect(refused.messages.split(separator: "\n").count == 1)
        let named = try await Self.planned([name, "--key", "/fine"], in: folder)
        #expect(named.files[0].path == name)
        #expect(named.files[0].key == "/fine")
        #expect(named.files[0].sha == "11f6ad8ec52a2984abaafd7c3b516503785c2072")
    }

    /// Hashes to JSON and parses the result independently.
    static func planned(_ arguments: [String], in folder: TemporaryFolder) async throws -> ManifestDocument {
        let hashed = try await CosplanProcess.run(
            ["hash", "--format", "json"] + arguments, in: folder.url)
        try #require(hashed.status == 0, "\(hashed.errors)")
        return try ManifestDocument(hashed.standardOutput)
    }
}
