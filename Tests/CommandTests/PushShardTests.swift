import Foundation
import Testing

@Suite("push on many machines")
struct PushShardTests {
    @Test("each file goes up from exactly one machine, and the receipts together are the whole one")
    func shards() async throws {
        let folder = try TemporaryFolder()
        for index in 1...17 {
            try folder.write(
                SampleBytes.random(count: index * 40_000, seed: UInt64(index)), to: "d/f\(index)")
        }
        try folder.write("", to: "d/empty")
        let serve = try ServeProcess(["--root", "store"], in: folder.url)
        let flags = "--endpoint \(serve.url) " + TestTarget.flags.joined(separator: " ")
        let shown = try await CosplanProcess.shell(
            """
            cosplan hash -r d -o plan.yaml || exit 3
            for k in 0 1 2; do
                JOB_COMPLETION_INDEX=$k cosplan push plan.yaml \(flags) --shard auto/3 --receipt r$k.jsonl > out$k \
                    || exit 4
                cosplan push plan.yaml \(flags) --shard $((k + 1))/3 --dry-run | grep -c -v 'dry run:' > dry$k
                test $(cat dry$k) = $(wc -l < r$k.jsonl) || exit 5
            done
            cat r0.jsonl r1.jsonl r2.jsonl > all.jsonl; chmod 600 all.jsonl
            sort out0 out1 out2 | uniq -d
            cat out0 out1 out2 | wc -l
            diff -r d \(folder.url.path)/store/\(TestTarget.objects)/d && echo same
            cosplan push plan.yaml \(flags) --receipt all.jsonl 2>&1 | grep -o '18 skipped: the receipt says they are there'
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(
            shown.output
                == "18\nsame\n18 skipped: the receipt says they are there\n",
            "\(shown.status) \(shown.output)\(shown.errors)")
    }

    @Test("patterns choose the files that are split; two schedulers at once are 64 before anything is read")
    func patterns() async throws {
        let folder = try TemporaryFolder()
        for name in ["a1", "a2", "a3", "b1"] { try folder.write(name, to: name) }
        let shown = try await CosplanProcess.shell(
            """
            cosplan hash a1 a2 a3 b1 \(TestTarget.flags.joined(separator: " ")) -o plan.yaml
            for k in 1 2; do cosplan push -n plan.yaml --include 'a*' --shard $k/2; done > out
            grep -o '^send  a[123] ' out | sort | uniq -c | tr -s ' '
            grep -o 'would send .* files\\{0,1\\},' out
            SLURM_ARRAY_TASK_ID=1 JOB_COMPLETION_INDEX=0 cosplan push -n none.yaml --shard auto/2; echo $?
            """, in: folder.url)
        #expect(
            shown.output
                == " 1 send a1 \n 1 send a2 \n 1 send a3 \nwould send 2 files,\nwould send 1 file,\n64\n",
            "\(shown.output)\(shown.errors)")
        #expect(
            shown.errors.contains(
                "SLURM_ARRAY_TASK_ID and JOB_COMPLETION_INDEX are set: two schedulers at once"))
    }

    @Test("an empty shard sends nothing and is 0; a rehearsal can be of a shard")
    func empty() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        let shown = try await CosplanProcess.shell(
            """
            cosplan hash a -o plan.yaml
            cosplan push --rehearse plan.yaml --shard 2/2 | tail -1
            cosplan push --rehearse plan.yaml --shard 1/2 | tail -1
            """, in: folder.url)
        #expect(
            shown.output == "rehearsal: 0 files went up to the emulator; nothing was kept\n"
                + "rehearsal: 1 file went up to the emulator; nothing was kept\n", "\(shown.errors)")
    }
}
