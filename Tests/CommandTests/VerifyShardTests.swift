import Foundation
import PlanCore
import Testing

@testable import cosplan

@Suite("verify --bytes on many machines, and samples")
struct VerifyShardTests {
    private func folder(_ flags: String = "") async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 3_000_000, seed: 4), to: "d/big")
        try folder.write(SampleBytes.random(count: 900_000, seed: 5), to: "d/middle")
        for index in 1...9 { try folder.write("\(index)", to: "d/small\(index)") }
        try folder.write("", to: "d/empty")
        try await CosplanProcess.shell(
            "cosplan hash -r d --part-size 64K \(flags) -o plan.yaml", in: folder.url
        ).expectSuccess()
        return folder
    }

    /// Checks all shards of `count` and joins the results; prints what `--merge` says and its status.
    private func checked(_ count: Int, _ folder: TemporaryFolder, then more: String = "") async throws
        -> Finished
    {
        try await CosplanProcess.shell(
            """
            for k in $(seq \(count)); do
                cosplan verify --bytes --shard $k/\(count) --format json plan.yaml > r$k.json || true
            done
            \(more)
            cosplan verify --merge r*.json > merged; status=$?
            # Parts this small are warned of.
            grep -v R31 merged; echo $status
            rm -f r*.json
            """, in: folder.url)
    }

    @Test("the results of any number of shards are the whole answer", arguments: [1, 2, 5, 16])
    func whole(count: Int) async throws {
        let folder = try await folder("--checksum crc64ecma,crc64nvme")
        let good = try await checked(count, folder)
        #expect(
            good.output == "plan.yaml: ok\nplan.yaml: bytes: 12 of 12 files as planned, by \(count) of "
                + "\(count) shard\(count == 1 ? "" : "s")\n0\n", "\(good.output)\(good.errors)")
        // 1234567 lies in part 19 of 64 KiB parts (from 0).
        var bytes = try folder.read("d/big")
        bytes[1_234_567] ^= 1
        try folder.write(bytes, to: "d/big")
        try folder.write("other", to: "d/small3")
        let bad = try await checked(count, folder)
        #expect(bad.output.contains("data differ from the plan at offset 1245184, length 65536") == false)
        #expect(
            bad.output.contains("data differ from the plan at offset 1179648, length 65536"), "\(bad.output)")
        #expect(bad.output.contains("error B04: d/small3: 4 bytes appended"), "\(bad.output)")
        #expect(bad.output.contains("plan.yaml: files differ\n"))
        #expect(bad.output.contains("bytes: 10 of 12 files as planned"))
        #expect(bad.output.hasSuffix("\n1\n"))
    }

    @Test("where the only fault is a file that cannot be read, the whole says so")
    func unread() async throws {
        let folder = try await folder()
        try FileManager.default.removeItem(at: folder.url.appending(path: "d/small3"))
        let merged = try await checked(3, folder)
        #expect(merged.output.contains("error B01: d/small3: not found"), "\(merged.output)")
        #expect(merged.output.contains("plan.yaml: files not read\n"), "\(merged.output)")
        #expect(merged.output.hasSuffix("\n66\n"), "\(merged.output)")
    }

    @Test("patterns choose the files that are split, and those of a sample")
    func patterns() async throws {
        let folder = try await folder()
        let shown = try await CosplanProcess.shell(
            """
            for k in 1 2 3; do
                cosplan verify --bytes --include 'small*' --include big --shard $k/3 --format json plan.yaml > r$k.json
            done
            cosplan verify --merge r1.json r2.json r3.json > merged; status=$?
            grep -v R31 merged; echo $status
            cosplan verify --sample 100% --include 'small*' --seed 1 plan.yaml | tail -1
            cosplan verify --bytes --include none --shard 1/2 plan.yaml > none; echo $?
            """, in: folder.url)
        #expect(
            shown.output == """
                plan.yaml: ok
                plan.yaml: bytes: 10 of 10 files as planned, by 3 of 3 shards, 2 left out
                0
                plan.yaml: bytes: sample of 100%, seed 1: 9 of 9 parts, 9 B of 9 B, in 9 of 9 files: 9 as planned; \
                not checked: 0 parts, 3 left out
                66

                """, "\(shown.output)\(shown.errors)")
    }

    @Test("every byte is checked by exactly one shard")
    func once() async throws {
        let folder = try await folder()
        let shown = try await CosplanProcess.shell(
            """
            for k in 1 2 3 4; do cosplan verify --bytes --shard $k/4 --format json plan.yaml; done > all
            python3 - <<'END'
            import json, re, hashlib
            text, place, runs = open('all').read(), 0, {}
            decoder, sizes = json.JSONDecoder(), {}
            while text[place:].strip():
                value, end = decoder.raw_decode(text[place:].lstrip())
                text, place = text[place:].lstrip()[end:], 0
                manifest, = value['manifests']
                assert manifest['sha256'] == hashlib.sha256(open('plan.yaml', 'rb').read()).hexdigest()
                for file in manifest['checkedFiles']:
                    checked = file.get('checked', {'offset': 0, 'length': file['filesize']})
                    runs.setdefault(file['path'], []).append((checked['offset'], checked['length']))
                    sizes[file['path']] = file['filesize']
            for path, found in runs.items():
                end = 0
                for offset, length in found:
                    assert offset == end, (path, found)
                    end += length
                assert end == sizes[path], (path, found)
            print(len(runs), len(runs['d/big']))
            END
            """, in: folder.url)
        #expect(shown.output == "12 4\n" || shown.output == "12 3\n", "\(shown.output)\(shown.errors)")
        #expect(shown.status == 0)
    }

    @Test("what is said of whole files is not checked where they were cut, and CRCs are joined")
    func wholeFileDigests() async throws {
        let folder = try await folder("--checksum md5,crc64nvme")
        let cut = try await checked(3, folder)
        #expect(
            cut.output.contains("not checked: md5 of 'd/big', which was checked in parts\n"), "\(cut.output)")
        #expect(!cut.output.contains("small1'"))
        #expect(!cut.output.contains("crc64nvme of"))
        #expect(cut.output.hasSuffix("\n0\n"), "\(cut.output)")
        let drawn = try await CosplanProcess.run(
            ["verify", "--sample", "10%", "--seed", "1", "plan.yaml"], in: folder.url)
        #expect(drawn.output.contains(", crc64nvme and md5 of files in part\n"), "\(drawn.output)")
        // A CRC that is wrong shows only when all shards are together.
        let text = try folder.text("plan.yaml")
        let line = try #require(text.split(separator: "\n").first { $0.contains("crc64nvme") })
        try folder.write(
            text.replacingOccurrences(of: line, with: "  crc64nvme: 'AAAAAAAAAAA='"), to: "plan.yaml")
        let wrong = try await checked(3, folder)
        #expect(wrong.output.contains("error B11: d/big: damaged manifest line"), "\(wrong.output)")
        #expect(wrong.output.hasSuffix("\n1\n"))
    }

    @Test("in part mode the sha of a file that is cut is not checked, and said so")
    func partMode() async throws {
        let folder = try await folder("--datasha part")
        let cut = try await checked(3, folder)
        #expect(
            cut.output.contains("not checked: sha of 'd/big', which was checked in parts\n"), "\(cut.output)")
        #expect(cut.output.hasSuffix("\n0\n"))
    }

    @Test("a result that is missing, twice there, of another plan or none is named")
    func refused() async throws {
        let folder = try await folder()
        let missing = try await checked(4, folder, then: "rm r2.json r3.json")
        #expect(
            missing.output.contains(
                "not checked: shards 2 to 3 of 4, which are missing: from 'd/big' at offset "),
            "\(missing.output)")
        #expect(missing.output.contains("plan.yaml: incomplete\n"))
        #expect(
            missing.output.contains(" files as planned, 2 as far as checked, by 2 of 4 shards\n"),
            "\(missing.output)")
        #expect(missing.output.hasSuffix("\n1\n"))
        let first = try await checked(4, folder, then: "rm r1.json")
        #expect(
            first.output.contains("shard 1 of 4, which is missing: from the beginning to 'd/big' at offset "))
        let last = try await checked(4, folder, then: "rm r4.json")
        #expect(last.output.contains(" to the end\n"), "\(last.output)")
        let twice = try await checked(4, folder, then: "cp r1.json r9.json")
        #expect(twice.output == "1\n")
        #expect(
            twice.errors.contains("r9.json: shard 1/4 is there twice, also in r1.json"), "\(twice.errors)")
        let other = try await checked(
            2, folder,
            then: "cosplan hash d/big > p; cosplan verify --bytes --shard 2/2 --format json p > r2.json")
        #expect(other.output == "1\n")
        #expect(other.errors.contains("r2.json: shard 2/2 is of other manifests than r1.json"))
        let split = try await checked(
            2, folder, then: "cosplan verify --bytes --shard 2/3 --format json plan.yaml > r2.json")
        #expect(split.errors.contains("r2.json: shard 2/3 is of another split than r1.json, shard 1/2"))
        let edited = try await checked(
            2, folder, then: "sed -i 's/\"filesize\" : 900000/\"filesize\" : 900001/' r2.json")
        #expect(edited.output == "1\n")
        #expect(edited.errors.contains("r2.json: shard 2/2 is not as cosplan "), "\(edited.errors)")
        let patterns = try await checked(
            2, folder,
            then: "cosplan verify --bytes --exclude empty --shard 2/2 --format json plan.yaml > r2.json")
        #expect(
            patterns.errors.contains("r2.json: shard 2/2 has other --include or --exclude than r1.json"),
            "\(patterns.errors)")
        let unsharded = try await checked(
            1, folder, then: "cosplan verify --bytes --format json plan.yaml > r1.json")
        #expect(unsharded.errors.contains("r1.json: is no result of cosplan verify --bytes --shard"))
        let foreign = try await checked(1, folder, then: "echo '{}' > r1.json")
        #expect(foreign.output == "65\n", "\(foreign.output)\(foreign.errors)")
    }

    @Test("options that do not go together are 64")
    func usage() async throws {
        let folder = try await folder()
        for flags in [
            ["--shard", "1/2"], ["--bytes", "--shard", "1/2", "--sample", "5%"], ["--seed", "1"],
            ["--merge", "--bytes"], ["--sample", "0%"], ["--sample", "101%"], ["--sample", "5"],
            ["--bytes", "--shard", "3/2"],
        ] {
            let shown = try await CosplanProcess.run(["verify", "plan.yaml"] + flags, in: folder.url)
            #expect(shown.status == 64, "\(flags) \(shown.errors)")
        }
    }

    @Test("a sample says its seed and what it did not check, and is the same again with that seed")
    func sample() async throws {
        let folder = try await folder()
        let drawn = try await CosplanProcess.run(
            ["verify", "--sample", "25%", "--seed", "7", "plan.yaml"], in: folder.url)
        #expect(drawn.status == 0, "\(drawn.errors)")
        // 46 + 14 + 9 parts and an empty file, which counts as one: 70; a quarter, rounded up, is 18.
        #expect(drawn.output.contains("bytes: sample of 25%, seed 7: 18 of 70 parts, "), "\(drawn.output)")
        #expect(drawn.output.contains("in 12 of 12 files: 12 as planned; not checked: 52 parts\n"))
        let again = try await CosplanProcess.run(
            ["verify", "--bytes", "--sample", "25%", "--seed", "7", "plan.yaml"], in: folder.url)
        #expect(again.output == drawn.output)
        let seeded = try await CosplanProcess.shell(
            """
            cosplan verify --sample 3% --format json plan.yaml > a.json
            seed=$(python3 -c 'import json; print(json.load(open("a.json"))["sample"]["seed"])')
            cosplan verify --sample 3% --seed $seed --format json plan.yaml | cmp a.json - && echo same
            # 3 parts are in 1 to 3 of the 12 files.
            cosplan verify --sample 3% plan.yaml | grep -c 'not checked: 67 parts, among them \\(9\\|10\\|11\\) whole files$'
            cosplan verify --sample 100% plan.yaml | grep -o 'not checked: 0 parts$'
            """, in: folder.url)
        #expect(seeded.output == "same\n1\nnot checked: 0 parts\n", "\(seeded.output)")
        var bytes = try folder.read("d/big")
        for index in stride(from: 0, to: bytes.count, by: 65_536) { bytes[index] ^= 1 }
        try folder.write(bytes, to: "d/big")
        let bad = try await CosplanProcess.run(["verify", "--sample", "25%", "plan.yaml"], in: folder.url)
        #expect(bad.status == 1)
        #expect(bad.output.contains("error B05: d/big: data differ"), "\(bad.output)")
    }

    @Test("an interrupted shard is not called checked")
    func interrupted() throws {
        // What verify writes when it was stopped, cut down to what counts.
        let result = """
            {"version": 1, "exit": 130, "shard": {"index": 1, "of": 1},
             "manifests": [{"manifest": "p", "sha256": "x", "documents": 1, "files": 2, "bytes": 2,
              "verdict": "interrupted", "errors": 0, "warnings": 0, "notes": 0, "problems": [],
              "problemsOmitted": 0, "uncheckedFiles": 0, "interruptedFiles": 1, "checkedFiles": [
               {"path": "a", "key": "/a", "line": 6, "filesize": 1, "result": "as planned", "findings": []}]}]}
            """
        let folder = try TemporaryFolder()
        let written = try JSONDecoder().decode(VerifyReport.self, from: Data(result.utf8)).sealed()
        let file = try folder.write(String(decoding: written.json, as: UTF8.self), to: "r.json")
        let report = try VerifyMerge([file.path]).report
        #expect(report.exit == 1)
        #expect(report.manifests.map(\.verdict) == [.incomplete])
        #expect(report.notChecked == ["1 file of shard 1/1, which was interrupted, those after 'a'"])
    }
}
