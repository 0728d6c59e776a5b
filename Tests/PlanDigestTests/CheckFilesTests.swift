import Glibc
import PlanCore
import PlanDigest
import PlanFiles
import Testing

@Suite("Checking several files")
struct CheckFilesTests {
    /// Files of all kinds, and the expected results of their check.
    private struct Files {
        let folder: TestFolder
        var plans: [PlannedFile] = []
        var expected: [Result<[Finding], DigestError>] = []

        init() throws { folder = try TestFolder() }

        /// Adds a file of `length` bytes and its plan; `spoil` changes the bytes that are written.
        mutating func add(
            _ length: Int, kind: DatashaKind = .state, withSHA1: Bool = true,
            _ findings: [Finding] = [], spoil: (inout [UInt8]) -> Void = { _ in }
        ) throws {
            var bytes = testBytes(length, seed: UInt64(plans.count + 1))
            let (sha, parts) = referenceParts(bytes, partSize: 65_536, kind: kind, withSHA1: withSHA1)
            let name = "f\(plans.count)"
            plans.append(
                PlannedFile(
                    path: try LocalPath(ByteString(name)), key: try ObjectKey("/f"), sha: sha,
                    sliceSize: .standard,
                    datashaKind: kind, partLayout: Layout(fileSize: Int64(length), pieceSize: 65_536),
                    parts: parts))
            expected.append(.success(findings))
            spoil(&bytes)
            try folder.write(name, bytes)
        }

        func check(
            jobs: Int, cancellation: Cancellation? = nil,
            _ finished: (Int, Result<CheckReport, DigestError>) throws -> Bool
        ) throws {
            var (next, reported) = (0, 0)
            try DigestEngine(jobs: jobs).check(
                next: {
                    guard next < plans.count else { return nil }
                    defer { next += 1 }
                    return request(plans[next])
                }, cancellation: cancellation,
                finished: { result in
                    defer { reported += 1 }
                    return try finished(reported, result)
                })
        }

        func request(_ plan: PlannedFile) -> CheckRequest {
            CheckRequest(open: folder.opening(plan.path), plan: plan)
        }
    }

    private static let lengths = [
        70_000, 300_001, 131_072, 4_096, 65_536, 0, 1_000_000, 66_000, 65_537, 1, 64, 262_144,
    ]

    /// A hundred files of every length and kind, some of which differ from their plans.
    private func mixed() throws -> Files {
        var files = try Files()
        for index in 0..<100 {
            let length = Self.lengths[index % Self.lengths.count]
            let kind = index % 7 == 3 ? DatashaKind.part : .state
            let withSHA1 = index % 5 != 2
            switch index % 11 {
            case 4 where length > 65_536:
                let first = ByteRange(offset: 0, length: 65_536)
                // A datasha alone does not distinguish changed bytes from a damaged digest.
                try files.add(
                    length, kind: kind, withSHA1: withSHA1,
                    [withSHA1 ? .dataDiffers(first, parts: 0..<1) : .dataOrLinesDiffer(first, parts: 0..<1)]
                ) { $0[40_000] ^= 1 }
            case 8:
                let found = Int64(length) + 3
                try files.add(
                    length, kind: kind, withSHA1: withSHA1, [.appended(planned: Int64(length), found: found)]
                ) { $0 += [1, 2, 3] }
            default: try files.add(length, kind: kind, withSHA1: withSHA1)
            }
            if index % 13 == 6 {
                try #require(unsafe unlink("\(files.folder.path)/f\(index)") == 0)
                let folder = ByteString(files.folder.path)
                files.expected[index] = .failure(
                    .file(.notFound(path: ByteString("f\(index)"), folder: folder)))
            }
        }
        return files
    }

    @Test("each gets its own report, in order", arguments: [1, 2, 3])
    func reports(_ jobs: Int) throws {
        let files = try mixed()
        var reported: [Result<[Finding], DigestError>] = []
        try files.check(jobs: jobs) { _, result in
            reported.append(result.map(\.findings))
            return true
        }
        #expect(reported.count == 100)
        for index in reported.indices { #expect(reported[index] == files.expected[index], "file \(index)") }
    }

    @Test("files behind a long one are opened meanwhile, 40 at the most; reports are in order")
    func longFirst() throws {
        var files = try Files()
        // 40 parts, fewer than two threads want to have queued.
        try files.add(2_600_000)
        for index in 0..<120 { try files.add(70_000 + index) }
        var (asked, reported) = (0, 0)
        try DigestEngine(jobs: 2, functions: [.portable]).check(
            next: {
                guard asked < files.plans.count else { return nil }
                defer { asked += 1 }
                #expect(asked - reported < 40)
                return files.request(files.plans[asked])
            },
            finished: { result in
                if reported == 0 { #expect(asked > 1) }
                #expect((try? result.get())?.agrees == true)
                #expect((try? result.get())?.bytesChecked == files.plans[reported].fileSize)
                reported += 1
                return true
            })
        #expect(reported == 121)
    }

    @Test("a file that changes meanwhile is an error of that file alone", arguments: [1, 2])
    func changedMeanwhile(_ jobs: Int) throws {
        var files = try Files()
        for _ in 0..<30 { try files.add(200_000) }
        var next = 0
        var reported: [Result<[Finding], DigestError>] = []
        try DigestEngine(jobs: jobs).check(
            next: {
                guard next < 30 else { return nil }
                defer { next += 1 }
                let plan = files.plans[next]
                guard next == 11 else { return files.request(plan) }
                let shrinking = files.folder.opening(plan.path) { [folder = files.folder] in
                    unsafe truncate("\(folder.path)/f11", 70_000) == 0
                }
                return CheckRequest(open: shrinking, plan: plan)
            },
            finished: {
                reported.append($0.map(\.findings))
                return true
            })
        files.expected[11] = .failure(.file(.truncated(path: "f11", before: 200_000, now: 70_000)))
        #expect(reported == files.expected)
    }

    private struct Stopped: Error {}

    @Test("what is thrown instead of a further file comes out after the reports before it")
    func nextThrows() throws {
        var files = try Files()
        for _ in 0..<5 { try files.add(200_000) }
        var (next, reported) = (0, 0)
        #expect(throws: Stopped.self) {
            try DigestEngine(jobs: 2).check(
                next: {
                    guard next < 5 else { throw Stopped() }
                    defer { next += 1 }
                    return files.request(files.plans[next])
                },
                finished: { _ in
                    reported += 1
                    return true
                })
        }
        #expect(reported == 5)
    }

    @Test(
        "nothing is reported after a report that threw, or that was the last one wanted", arguments: [1, 2])
    func stopped(_ jobs: Int) throws {
        let files = try mixed()
        var reported = 0
        #expect(throws: Stopped.self) {
            try files.check(jobs: jobs) { _, _ in
                reported += 1
                if reported == 3 { throw Stopped() }
                return true
            }
        }
        #expect(reported == 3)
        try files.check(jobs: jobs) { _, _ in
            reported += 1
            return reported < 7
        }
        #expect(reported == 7)
    }

    @Test(
        "after a cancellation files are as planned or cancelled, and no further one is begun",
        arguments: [1, 2])
    func cancelled(_ jobs: Int) throws {
        var files = try Files()
        for _ in 0..<200 { try files.add(200_000) }
        let cancellation = Cancellation()
        var (agreed, cancelled) = (0, 0)
        try files.check(jobs: jobs, cancellation: cancellation) { index, result in
            if index == 20 { cancellation.cancel() }
            switch result {
            case .success(let report):
                #expect(report.agrees)
                agreed += 1
            case .failure(let error):
                #expect(error == .cancelled)
                cancelled += 1
            }
            return true
        }
        #expect(agreed >= 20)
        #expect(agreed + cancelled < 100)
    }

    @Test("no files, no reports")
    func none() throws {
        try DigestEngine(jobs: 2).check(
            next: { nil },
            finished: { _ in
                Issue.record("there is nothing to report")
                return true
            })
    }
}
