import Foundation
import Testing

@Suite("cosplan bench")
struct BenchTests {
    @Test("a file that is written to meanwhile ends it with 1, in words", arguments: ["append", "overwrite"])
    func changed(way: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 64_000_000, seed: 4), to: "big")
        let write =
            way == "append" ? "echo >> big" : "printf x | dd of=big bs=1 seek=99 conv=notrunc status=none"
        let ended = try await CosplanProcess.shell(
            """
            mkfifo pipe; cosplan bench --file big --rounds 1000 --progress bar > o 2> pipe & exec 3< pipe
            while IFS= read -r line <&3; do case $line in *measuring*) \(write); break;; esac; done
            cat <&3 | tail -n 1 | tr -d '\\r'; wait $!
            """, in: folder.url)
        #expect(ended.status == 1, "\(ended.output)\(ended.errors)")
        #expect(
            ended.output.contains("cosplan: error: big: was written to")
                || ended.output.contains("cosplan: error: big: grew from "), "\(ended.output)")
    }

    @Test("a batch of a file is small, and what will be read is said first")
    func announcement() async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 1 << 20, seed: 4), to: "big")
        let one = try await CosplanProcess.run(
            ["bench", "--file", "big", "--rounds", "1", "--jobs", "1", "--files", "1"], in: folder.url)
        #expect(one.status == 0, "\(one.errors)")
        #expect(one.errors.contains(" measurements in one round: "), "\(one.errors)")
        #expect(one.output.contains(" in big, 1 round, "), "\(one.output)")
        #expect(one.output.contains("plan 1 file at once"), "\(one.output)")
        let usual = try await CosplanProcess.run(
            ["bench", "--file", "big", "--rounds", "1", "--jobs", "1"], in: folder.url)
        #expect(usual.output.contains("plan 2 files at once"), "\(usual.output)")
    }
}
