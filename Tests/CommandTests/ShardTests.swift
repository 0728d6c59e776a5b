import Foundation
import PlanCore
import PlanFiles
import Testing

@testable import cosplan

@Suite("Shards of hash")
struct ShardTests {
    /// Files of many sizes, some empty, some of several parts.
    private func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for index in 1...23 {
            try folder.write(String(repeating: "\(index) ", count: index * 3119), to: "d/f\(index)")
        }
        try folder.write("", to: "d/empty")
        try folder.write("x", to: "d/sub/a b")
        return folder
    }

    @Test("the shards of any number of machines make the plan of one, byte for byte")
    func whole() async throws {
        let folder = try folder()
        let shown = try await CosplanProcess.shell(
            """
            set -e
            flags="-r d --part-size 64K --region gz --prefix /p --checksum crc64nvme"
            cosplan hash $flags -o one.yaml
            cosplan hash $flags --format json -o one.json
            for n in 1 2 5 30; do
                rm -rf s; mkdir s
                for k in $(seq $n); do cosplan hash $flags --shard $k/$n > s/$k.yaml; done
                cosplan verify s/*.yaml > /dev/null
                cosplan merge s/*.yaml | cmp one.yaml -
            done
            rm s/*
            cosplan hash $flags --shard 1/2 --format json -o s/1.json
            cosplan hash $flags --shard 2/2 -o s/2.yaml
            cosplan merge s/* --format json | cmp one.json -
            """, in: folder.url)
        #expect(shown.status == 0, "\(shown.output)\(shown.errors)")
        #expect(!shown.errors.contains("warning"), "\(shown.errors)")
    }

    @Test("files are dealt by their bytes and 64 KiB each, the heaviest first, to whoever has the least")
    func split() throws {
        func places(_ index: Int64, _ count: Int64, _ sizes: [Int64]) throws -> [Int] {
            ShardSplit.places(of: try ShardNumber(index: index, count: count), sizes: sizes)
        }
        let mib: Int64 = 1 << 20
        // By hand: 9 to the first, 6 to the second, 5 to the second (11), 4 to the first (13), 1 to the second.
        let sizes = [4 * mib, 9 * mib, mib, 6 * mib, 5 * mib]
        #expect(try places(1, 2, sizes) == [0, 1])
        #expect(try places(2, 2, sizes) == [2, 3, 4])
        // Empty files weigh something: each shard has as many.
        #expect(try places(1, 3, [0, 0, 0, 0, 0, 0]) == [0, 3])
        #expect(try places(3, 3, [0, 0, 0, 0, 0, 0]) == [2, 5])
        // One file of 64 KiB weighs as two empty ones.
        #expect(try places(1, 2, [0, 65_536, 0]) == [1])
        #expect(try places(9, Int64.max, [1, 2, 3]) == [])
        #expect(try places(1, 1, []) == [])
        #expect(try places(2, 2, [Int64.max, Int64.max, Int64.max]) == [1])
    }

    @Test("every file is in exactly one shard, and no shard is heavier than its shard and one file")
    func balance() throws {
        var generator = SystemRandomNumberGenerator()
        for count in [1, 2, 3, 7, 16, 100] as [Int64] {
            let sizes = (0..<500).map { _ in Int64.random(in: 0...3_000_000, using: &generator) }
            var seen: [Int] = []
            for index in 1...count {
                let places = ShardSplit.places(of: try ShardNumber(index: index, count: count), sizes: sizes)
                #expect(places == places.sorted())
                seen += places
                let weight = places.reduce(Int64(0)) { $0 + sizes[$1] + 65_536 }
                #expect(weight <= sizes.reduce(0, +) / count + 500 * 65_536 / count + 3_065_536)
            }
            #expect(seen.sorted() == Array(sizes.indices), "\(count)")
        }
    }

    @Test("names and keys are held against each other over the whole list, whichever shard has them")
    func collisions() async throws {
        let folder = try TemporaryFolder()
        for name in ["a", "b", "c:d"] { try folder.write("x", to: "d/\(name)") }
        for shard in ["1/3", "2/3", "3/3"] {
            let hashed = try await CosplanProcess.run(["hash", "-r", "d", "--shard", shard], in: folder.url)
            #expect(hashed.status == 64)
            #expect(hashed.errors.contains("c:d"), "\(hashed.errors)")
            let key = try await CosplanProcess.run(
                ["hash", "d/a", "d/b", "--key", "/k", "--shard", shard], in: folder.url)
            #expect(key.status == 64)
        }
    }

    @Test("an empty shard writes a document without files and is 0; a shard goes up alone")
    func alone() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "d/a")
        let empty = try await CosplanProcess.run(["hash", "-r", "d", "--shard", "2/2"], in: folder.url)
        #expect(empty.status == 0)
        #expect(empty.output.contains("shard: {index: 2, of: 2, list: '"))
        #expect(empty.output.hasSuffix("files:\n  []\n"))
        let shown = try await CosplanProcess.shell(
            """
            cosplan hash -r d --shard 1/2 > s1.yaml && cosplan push --rehearse s1.yaml
            cosplan verify s1.yaml > /dev/null; echo $?
            cosplan verify --strict s1.yaml > /dev/null; echo $?
            cosplan verify --format json s1.yaml | python3 -c 'import json, sys
            print([(m["of"], m["missing"], m["first"]) for m in json.load(sys.stdin)["missingShards"]])'
            """, in: folder.url)
        #expect(shown.output.contains("rehearsal: 1 file went up"), "\(shown.output)\(shown.errors)")
        #expect(shown.output.hasSuffix("0\n1\n[(2, 1, [2])]\n"), "\(shown.output)")
        #expect(shown.errors.contains("warning: shard 2 of 2 is missing; a shard can be pushed alone"))
    }

    @Test("--keep-going, and an output in the folders that are planned, are 64")
    func refused() async throws {
        let folder = try folder()
        let shown = try await CosplanProcess.shell(
            """
            refused() { cosplan hash "$@" --shard 1/2; echo "$?"; }
            refused -r d --keep-going
            refused -r d --stamps stamps
            refused -r d -o d/sub/s.yaml
            refused -r . -o s.yaml
            refused -r d > d/s.yaml; cat d/s.yaml
            refused d/f1 d/s.yaml -o d/s.yaml
            refused -r d -o s.yaml
            refused d/f1 -o d/s.yaml
            """, in: folder.url)
        #expect(shown.outputLines == ["64", "64", "64", "64", "64", "64", "0", "0", ""], "\(shown.output)")
        #expect(shown.errors.contains("the output goes to the folder 'd/sub', which is to be planned"))
        #expect(shown.errors.contains("--shard and --keep-going exclude each other"))
    }

    @Test("a size that changed since the list was made is 1")
    func changedSize() throws {
        let folder = try TemporaryFolder()
        try folder.write("12345", to: "a")
        let root = try Root(path: ByteString(folder.url.path))
        let file = HashRun.File(
            path: try LocalPath("a"), key: try ObjectKey("/a"),
            found: try root.open(try LocalPath("a")).identity)
        let shard = HashShard(try ShardNumber(index: 1, count: 1), of: [file])
        try shard.check(file, plannedSize: 5)
        let failure = #expect(throws: CommandFailure.self) { try shard.check(file, plannedSize: 6) }
        #expect(failure?.status == .answerIsNo)
        #expect(
            failure?.message
                == "a: it had 5 bytes when the list was made, and has 6 now; plan all shards again")
    }

    @Test(
        "K/N is read in no other form",
        arguments: [
            "", "3", "0/4", "5/4", "1/0", "-1/4", "+1/4", "1/4/1", "1 /4", "1/", "/4", "a/4", "auto/",
            "auto/0",
            "Auto", "99999999999999999999/99999999999999999999",
        ])
    func form(text: String) {
        #expect(throws: (any Error).self) { try ShardArgument.read(text) }
    }

    /// Variables of a scheduler's task, the argument, and the shard; nil where it is refused.
    private static let tasks: [(String, String, String?)] = [
        ("", "3/16", "3/16"),
        ("SLURM_ARRAY_TASK_ID=7", "1/1", "1/1"),
        ("", "auto", nil),
        ("", "auto/4", nil),
        (
            "SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_MIN=1 SLURM_ARRAY_TASK_MAX=4 SLURM_ARRAY_TASK_COUNT=4",
            "auto", "3/4"
        ),
        (
            "SLURM_ARRAY_TASK_ID=0 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=3 SLURM_ARRAY_TASK_COUNT=4",
            "auto/4", "1/4"
        ),
        (
            "SLURM_ARRAY_TASK_ID=0 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=3 SLURM_ARRAY_TASK_COUNT=4",
            "auto/5", nil
        ),
        (
            "SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=6 SLURM_ARRAY_TASK_COUNT=4",
            "auto", nil
        ),
        ("SLURM_ARRAY_TASK_ID=2", "auto", nil),
        (
            "SLURM_ARRAY_TASK_ID=x SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=3 SLURM_ARRAY_TASK_COUNT=4",
            "auto", nil
        ),
        (
            "SLURM_ARRAY_TASK_ID=9 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=3 SLURM_ARRAY_TASK_COUNT=4",
            "auto", nil
        ),
        ("AWS_BATCH_JOB_ARRAY_INDEX=0 AWS_BATCH_JOB_ARRAY_SIZE=16", "auto", "1/16"),
        ("AWS_BATCH_JOB_ARRAY_INDEX=15 AWS_BATCH_JOB_ARRAY_SIZE=16", "auto", "16/16"),
        ("AWS_BATCH_JOB_ARRAY_INDEX=16 AWS_BATCH_JOB_ARRAY_SIZE=16", "auto", nil),
        ("AWS_BATCH_JOB_ARRAY_INDEX=1", "auto", nil),
        ("JOB_COMPLETION_INDEX=0", "auto/8", "1/8"),
        ("JOB_COMPLETION_INDEX=7", "auto/8", "8/8"),
        ("JOB_COMPLETION_INDEX=8", "auto/8", nil),
        ("JOB_COMPLETION_INDEX=1", "auto", nil),
        ("JOB_COMPLETION_INDEX=1 SLURM_ARRAY_TASK_ID=", "auto/8", "2/8"),
        ("JOB_COMPLETION_INDEX=1 AWS_BATCH_JOB_ARRAY_INDEX=1 AWS_BATCH_JOB_ARRAY_SIZE=8", "auto/8", nil),
    ]

    @Test(
        "auto reads the scheduler's variables, of one scheduler; what does not tell the shard is 64",
        arguments: tasks)
    func auto(variables: String, argument: String, shard: String?) throws {
        var environment: [String: String] = [:]
        for setting in variables.split(separator: " ") {
            let fields = setting.split(separator: "=", omittingEmptySubsequences: false)
            environment[String(fields[0])] = String(fields[1])
        }
        var options = ShardOptions()
        options.shard = try ShardArgument.read(argument)
        do throws(CommandFailure) {
            let number = try options.number(environment: environment)
            #expect(number?.description == shard)
        } catch {
            #expect(shard == nil && error.status == .usage, "\(error)")
            #expect(error.message?.hasPrefix("--shard auto: ") == true)
        }
    }

    @Test("a shard's size, list or number that is another's is named by merge, from what hash wrote")
    func foreign() async throws {
        let folder = try folder()
        let shown = try await CosplanProcess.shell(
            """
            shard() { cosplan hash -r d --region gz --shard $1 -o $2; }
            shard 1/3 s1; shard 2/3 s2; shard 3/3 s3; shard 2/2 t2
            cosplan merge s1 s3 -o m; echo $?
            cosplan merge s1 s2 s3 s2 -o m; echo $?
            cp s2 again; cosplan merge s1 s2 s3 again -o m; echo $?
            cosplan merge s1 t2 s3 -o m; echo $?
            sed -i "s/f23'/f24'/" s1 s2 s3
            cosplan merge s1 s2 s3 -o m; echo $?
            shard 1/3 s1; shard 2/3 s2; printf more >> d/f1; shard 3/3 s3
            cosplan merge s1 s2 s3 -o m; echo $?
            shard 1/2 s1; cosplan hash -r d --region gz --slice-size 2M --shard 2/2 -o s2
            cosplan merge s1 s2 -o m; echo $?
            ls m
            """, in: folder.url)
        #expect(shown.outputLines == ["1", "1", "1", "1", "1", "1", "1", ""], "\(shown.output)")
        for words in [
            "shard 2 of 3 is missing; plan it with cosplan hash --shard 2/3",
            "s2: shard 2 of 3 is given twice",
            "again: shard 2 of 3 is there twice, also in s2",
            "t2: shard 2 of 2 is of another list than s1, shard 1 of 3",
            "its entries are not those that its shard was written with",
            "s3: shard 3 of 3 is of another list than s1",
            "was planned with other settings than the files of s",
        ] {
            #expect(shown.errors.contains(words), "\(words)\n\(shown.errors)")
        }
    }
}
