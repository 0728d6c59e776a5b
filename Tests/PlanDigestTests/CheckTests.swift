import PlanCore
import PlanDigest
import PlanFiles
import Testing

@Suite("Checking")
struct CheckTests {
    static let lengths = [0, 1, 63, 64, 65, 65_535, 65_536, 65_537, 131_072, 1_000_000, 2_000_001]

    @Test(
        "what was planned agrees, in every form and at every length", arguments: lengths, DatashaKind.allCases
    )
    func agrees(_ length: Int, _ kind: DatashaKind) throws {
        let folder = try TestFolder()
        let bytes = testBytes(length)
        try folder.write("f", bytes)
        for withSHA1 in [true, false] {
            let (sha, parts) = referenceParts(bytes, partSize: 65_536, kind: kind, withSHA1: withSHA1)
            let plan = try planned(length, sha: sha, parts: parts, partSize: 65_536, kind: kind)
            for kernel in Kernel.available {
                for jobs in [1, 3] {
                    let report = try DigestEngine(jobs: jobs, kernel: kernel).check(
                        try folder.file("f"), against: plan)
                    #expect(report.agrees)
                    #expect(report.bytesChecked == Int64(length))
                }
            }
        }
    }

    @Test("sixteen lanes plan and check like any other", arguments: [1, 2])
    func sixteenLanes(_ jobs: Int) throws {
        let engine = DigestEngine(jobs: jobs, functions: [.portable])
        let batch = try TestBatch(files: 20)
        let (digests, failures) = batch.plan(engine)
        #expect(failures.isEmpty)
        for index in batch.requests.indices {
            let digest = try #require(digests[index])
            #expect(digest.sha == batch.expected[index].sha)
            #expect(digest.parts == batch.expected[index].parts)
            let plan = try planned(
                Int(digest.fileSize), sha: digest.sha, parts: digest.parts, partSize: 65_536)
            #expect(try engine.check(try batch.folder.file("f\(index)"), against: plan).agrees)
        }
    }

    @Test("a file that changes while it is checked is an error, never a finding")
    func changedMeanwhile() throws {
        let folder = try TestFolder()
        let bytes = testBytes(200_000)
        try folder.write("f", bytes)
        let (sha, parts) = referenceParts(bytes, partSize: 65_536)
        let plan = try planned(bytes.count, sha: sha, parts: parts, partSize: 65_536)
        let file = try folder.file("f")
        try folder.write("f", testBytes(200_000, seed: 2))
        #expect(throws: DigestError.file(.modified(path: "f"))) {
            try DigestEngine(jobs: 2).check(file, against: plan)
        }
        let shorter = try folder.file("f")
        try folder.write("f", testBytes(70_000))
        #expect(throws: DigestError.file(.truncated(path: "f", before: 200_000, now: 70_000))) {
            try DigestEngine(jobs: 2).check(shorter, against: plan)
        }
    }

    @Test("a cancelled check says so")
    func cancelled() throws {
        let bytes = testBytes(200_000)
        let (sha, parts) = referenceParts(bytes, partSize: 65_536)
        let plan = try planned(bytes.count, sha: sha, parts: parts, partSize: 65_536)
        let cancellation = Cancellation()
        cancellation.cancel()
        #expect(throws: DigestError.cancelled) {
            try unsafe bytes.withUnsafeBytes {
                unsafe try DigestEngine(jobs: 1).check($0, against: plan, cancellation: cancellation)
            }
        }
    }

    @Test("progress counts every checked byte once", arguments: [1, 2])
    func progress(_ jobs: Int) throws {
        let folder = try TestFolder()
        let bytes = testBytes(1_000_000)
        try folder.write("f", bytes)
        let (sha, parts) = referenceParts(bytes, partSize: 65_536)
        let plan = try planned(bytes.count, sha: sha, parts: parts, partSize: 65_536)
        let progress = DigestProgress()
        _ = try DigestEngine(jobs: jobs).check(try folder.file("f"), against: plan, progress: progress)
        #expect(progress.bytesDone == 1_000_000)
        #expect(progress.filesDone == 1)
    }
}
