import Glibc
import PlanCore
import PlanDigest
import PlanFiles
import Synchronization
import Testing

@Suite("Planning")
struct PlanTests {
    @Test("the pattern file has the digests that the service's own SDKs compute", arguments: Kernel.available)
    func vendorVectors(_ kernel: Kernel) throws {
        let folder = try TestFolder()
        try folder.write("pattern", patternBytes(2_621_440))
        // Observed: the vendor's Python, Java, C++ and JS SDKs on this file; sha by sha1sum.
        let digest = try plan(folder, kernel, "pattern", partSize: 524_288)
        #expect(digest.sha.hex == "7f24f7278b3693cf9fe1fd4eb48eb51532e587d0")
        #expect(
            digest.parts.map(\.datasha.hex) == [
                "a0ac5bf5d8a544edbe3605aa92685399170c423f", "ab9a20fd6c98fc1f8f0c985cd552ff14c6feacfd",
                "788488d00b8d20fb144fb581d93f03967a0e9f04", "2ccc5923b75f46ebd8ccb78e8c413c18025178b9",
                "7f24f7278b3693cf9fe1fd4eb48eb51532e587d0",
            ])
        let coarse = try plan(folder, kernel, "pattern", partSize: 1_048_576)
        #expect(
            coarse.parts.map(\.datasha.hex) == [
                "ab9a20fd6c98fc1f8f0c985cd552ff14c6feacfd", "2ccc5923b75f46ebd8ccb78e8c413c18025178b9",
                "7f24f7278b3693cf9fe1fd4eb48eb51532e587d0",
            ])
    }

    @Test(
        "the pattern's other lengths have the vendor's digests",
        arguments: [
            (2_097_152, "634eb30bef97fab397ee8d52ed06fd0d8fff4aed"),
            (1_048_577, "b6fa3ae086b93b36da9300c318b2ba057f755525"),
            (26_585, "9cfa6477265233231b7e48d9fae396d68ad31b8b"),
        ])
    func vendorLengths(_ length: Int, _ sha: String) throws {
        let folder = try TestFolder()
        try folder.write("pattern", patternBytes(length))
        let digest = try plan(folder, .best, "pattern", partSize: 1_048_576)
        #expect(digest.sha.hex == sha)
        #expect(digest.parts.last?.datasha.hex == sha)
    }

    @Test(
        "every length around a block's, a part's and a small file's edge agrees with the reference",
        arguments: [
            0, 1, 55, 56, 63, 64, 65, 65_535, 65_536, 65_537, 65_599, 65_600, 131_071, 131_072, 131_073,
            200_000, 262_144,
        ])
    func edges(_ length: Int) throws {
        let folder = try TestFolder()
        let bytes = testBytes(length, seed: UInt64(length))
        try folder.write("f", bytes)
        for kind in DatashaKind.allCases {
            for withSHA1 in [true, false] {
                let expected = referenceParts(bytes, partSize: 65_536, kind: kind, withSHA1: withSHA1)
                for jobs in [1, 2] {
                    let digest = try plan(
                        folder, .best, "f", partSize: 65_536, jobs: jobs, kind: kind, withSHA1: withSHA1)
                    #expect(digest.sha == expected.sha)
                    #expect(digest.parts == expected.parts)
                    #expect(digest.fileSize == Int64(length))
                }
            }
        }
    }

    @Test(
        "a batch gives each file its own digests, whatever the kernel and the threads",
        arguments: Kernel.available)
    func batch(_ kernel: Kernel) throws {
        let folder = try TestFolder()
        var requests: [PlanRequest] = []
        var expected: [(sha: Digest, parts: [Part])] = []
        for index in 0..<40 {
            let length =
                [70_000, 300_001, 131_072, 4_096, 65_536, 0, 250_000, 66_000][index % 8] + index * 64
            let bytes = testBytes(length, seed: UInt64(index + 1))
            try folder.write("f\(index)", bytes)
            requests.append(try folder.request("f\(index)", size: Int64(length)))
            expected.append(referenceParts(bytes, partSize: 65_536))
        }
        for jobs in [1, 2, 3] {
            var found: [Int: FileDigest] = [:]
            var failures: [DigestError] = []
            DigestEngine(jobs: jobs, kernel: kernel).plan(requests) { index, result in
                switch result {
                case .success(let digest): found[index] = digest
                case .failure(let error): failures.append(error)
                }
                return true
            }
            #expect(failures.isEmpty)
            #expect(found.count == requests.count)
            for (index, digest) in found {
                #expect(digest.sha == expected[index].sha)
                #expect(digest.parts == expected[index].parts)
            }
        }
    }

    @Test(
        "files too small to be worth a thread are hashed on the calling one, others are not",
        arguments: [([1000, 0, 1], true), ([65_536], true), ([65_536, 1], false), ([65_537], false)])
    func threads(_ lengths: [Int], _ isInline: Bool) throws {
        let folder = try TestFolder()
        let caller = pthread_self()
        let opened = Mutex((here: 0, elsewhere: 0))
        let requests = try lengths.enumerated().map { index, length in
            try folder.write("f\(index)", testBytes(length, seed: UInt64(index)))
            return try folder.request("f\(index)", size: Int64(length)) {
                opened.withLock { if pthread_self() == caller { $0.here += 1 } else { $0.elsewhere += 1 } }
                return true
            }
        }
        var done = 0
        DigestEngine(jobs: 2).plan(requests) { _, result in
            if case .success = result { done += 1 }
            return true
        }
        #expect(done == lengths.count)
        opened.withLock { #expect(($0.here, $0.elsewhere) == (isInline ? (done, 0) : (0, done))) }
    }

    @Test("a file that was small when it was listed and has grown since has its own digests")
    func grown() throws {
        let folder = try TestFolder()
        let bytes = testBytes(300_000)
        try folder.write("f", bytes)
        let expected = referenceParts(bytes, partSize: 65_536)
        var found: [FileDigest] = []
        DigestEngine(jobs: 2).plan([try folder.request("f", size: 10)]) { _, result in
            if case .success(let digest) = result { found.append(digest) }
            return true
        }
        #expect(found.map(\.sha) == [expected.sha])
        #expect(found.map(\.parts) == [expected.parts])
    }

    @Test("a file of several windows, its parts hashed beside it or with it", arguments: Kernel.available)
    func severalWindows(_ kernel: Kernel) throws {
        let folder = try TestFolder()
        let bytes = testBytes(19 * 1_048_576 + 77)
        try folder.write("f", bytes)
        let expected = referenceParts(bytes, partSize: 1_048_576)
        for jobs in [1, 2, 3] {
            let digest = try plan(folder, kernel, "f", partSize: 1_048_576, jobs: jobs)
            #expect(digest.sha == expected.sha)
            #expect(digest.parts == expected.parts)
        }
    }

    @Test("a length whose count of bits needs more than 32 bits")
    func longerThan32Bits() throws {
        let folder = try TestFolder()
        try folder.write("zeros", [])
        try #require(unsafe truncate("\(folder.path)/zeros", 629_145_607) == 0)
        // sha1sum of as many zero bytes.
        let digest = try plan(folder, .openssl, "zeros", partSize: 3_145_728, withSHA1: false)
        #expect(digest.sha.hex == "1b7c7435243929095f591110b0c96e8d896f0ed9")
        #expect(digest.parts.count == 201)
    }

    @Test(
        "a file that changes once it is open gives an error that says how, never digests",
        arguments: [1_000, 100_000, 3_000_000], [1, 2])
    func changedMeanwhile(_ length: Int, _ jobs: Int) throws {
        let folder = try TestFolder()
        let changes: [(FileError, @Sendable () -> Bool)] = [
            (
                .truncated(path: "f", before: Int64(length), now: 10),
                { unsafe truncate("\(folder.path)/f", 10) == 0 }
            ),
            (
                .grown(path: "f", before: Int64(length), now: Int64(length) + 1),
                { unsafe truncate("\(folder.path)/f", length + 1) == 0 }
            ),
            (.deleted(path: "f"), { unsafe unlink("\(folder.path)/f") == 0 }),
            (.replaced(path: "f"), { unsafe rename("\(folder.path)/other", "\(folder.path)/f") == 0 }),
            (
                .modified(path: "f"),
                { (try? folder.write("f", testBytes(length, seed: 9))) != nil }
            ),
        ]
        for (expected, change) in changes {
            try folder.write("f", testBytes(length))
            try folder.write("other", testBytes(length))
            let request = try folder.request("f", size: Int64(length), onceOpen: change)
            var failures: [DigestError] = []
            DigestEngine(jobs: jobs).plan([request]) { _, result in
                if case .failure(let error) = result { failures.append(error) }
                return true
            }
            #expect(failures == [.file(expected)])
        }
    }

    @Test("a wrong size hint changes the order of work and nothing else", arguments: [0, 1 << 40] as [Int64])
    func wrongHint(_ hint: Int64) throws {
        let folder = try TestFolder()
        let bytes = testBytes(300_000)
        try folder.write("f", bytes)
        let expected = referenceParts(bytes, partSize: 65_536)
        let request = try folder.request("f", size: hint)
        var digests: [FileDigest] = []
        DigestEngine(jobs: 2).plan([request, request, request]) { _, result in
            if let digest = try? result.get() { digests.append(digest) }  // the count below tells of failures
            return true
        }
        #expect(digests.count == 3)
        #expect(digests.allSatisfy { $0.sha == expected.sha && $0.parts == expected.parts })
    }

    @Test("a file that cannot be opened fails alone")
    func missingFile() throws {
        let folder = try TestFolder()
        try folder.write("good", testBytes(100_000))
        let requests = [
            try folder.request("missing", size: 5), try folder.request("good", size: 100_000),
            try folder.request("missing-large", size: 1 << 20),
        ]
        var failed: Set<Int> = []
        var done: Set<Int> = []
        DigestEngine(jobs: 2).plan(requests) { index, result in
            if case .failure(.file(.notFound)) = result { failed.insert(index) } else { done.insert(index) }
            return true
        }
        #expect(failed == [0, 2])
        #expect(done == [1])
    }

    @Test("returning false stops the planning, and nothing is reported after it")
    func stopped() throws {
        let folder = try TestFolder()
        try folder.write("f", testBytes(200_000))
        let requests = try (0..<50).map { _ in try folder.request("f", size: 200_000) }
        var reports = 0
        DigestEngine(jobs: 2).plan(requests) { _, _ in
            reports += 1
            return false
        }
        #expect(reports == 1)
    }

    @Test("a cancelled planning gives no digests")
    func cancelled() throws {
        let folder = try TestFolder()
        try folder.write("f", testBytes(200_000))
        let cancellation = Cancellation()
        cancellation.cancel()
        var successes = 0
        let request = try folder.request("f", size: 200_000)
        DigestEngine(jobs: 1).plan([request], cancellation: cancellation) { _, result in
            if case .success = result { successes += 1 }
            return true
        }
        #expect(successes == 0)
    }

    @Test("progress counts every byte once and every file")
    func progress() throws {
        let folder = try TestFolder()
        var requests: [PlanRequest] = []
        for (index, size) in [10, 70_000, 200_000, 400_000].enumerated() {
            try folder.write("f\(index)", testBytes(size))
            requests.append(try folder.request("f\(index)", size: Int64(size)))
        }
        let progress = DigestProgress()
        DigestEngine(jobs: 2).plan(requests, progress: progress) { _, _ in true }
        #expect(progress.bytesDone == 670_010)
        #expect(progress.filesDone == 4)
        #expect(progress.currentFiles.isEmpty)
        #expect(progress.phase == .finished)
    }

    private func plan(
        _ folder: TestFolder, _ kernel: Kernel, _ name: String, partSize: Int64, jobs: Int = 2,
        kind: DatashaKind = .state, withSHA1: Bool = true
    ) throws -> FileDigest {
        let size = try folder.file(name).identity.size
        let request = try folder.request(name, size: size, partSize: partSize, kind: kind, withSHA1: withSHA1)
        var results: [Result<FileDigest, DigestError>] = []
        DigestEngine(jobs: jobs, kernel: kernel).plan([request]) { index, result in
            #expect(index == 0)
            results.append(result)
            return true
        }
        #expect(results.count == 1)
        return try #require(results.first).get()
    }
}
