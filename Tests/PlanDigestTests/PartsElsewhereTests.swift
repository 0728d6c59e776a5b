import CSHA1LanesPortable
import Glibc
import PlanCore
import PlanDigest
import PlanFiles
import Synchronization
import Testing

@Suite("Parts hashed by other threads than their file")
struct PartsElsewhereTests {
    @Test(
        "where files fill the lanes of some threads only, each gets its own digests",
        arguments: [(16, 2), (12, 2), (10, 3), (30, 3), (40, 4)], [0, 7_777, 65_536])
    func fewFiles(_ shape: (files: Int, jobs: Int), _ growth: Int) throws {
        let batch = try TestBatch(files: shape.files, growth: growth)
        let (digests, failures) = batch.plan(DigestEngine(jobs: shape.jobs, functions: [.portable]))
        #expect(failures.isEmpty)
        for index in batch.requests.indices {
            let digest = try #require(digests[index])
            #expect(digest.sha == batch.expected[index].sha)
            #expect(digest.parts == batch.expected[index].parts)
        }
    }

    @Test("a file that cannot be opened, and one that shrinks, fail alone", arguments: [2, 3])
    func failures(_ jobs: Int) throws {
        var batch = try TestBatch(files: 16, growth: 0)
        let folder = batch.folder
        batch.requests[5] = try folder.request("f5", size: 100_000) {
            unsafe truncate("\(folder.path)/f5", 70_000) == 0
        }
        try #require(unsafe unlink("\(folder.path)/f9") == 0)
        let (digests, failures) = batch.plan(DigestEngine(jobs: jobs, functions: [.portable]))
        #expect(failures.count == 2)
        #expect(failures[5] == .file(.truncated(path: "f5", before: 100_000, now: 70_000)))
        #expect(failures[9] == .file(.notFound(path: "f9", folder: ByteString(folder.path))))
        for (index, digest) in digests { #expect(digest.parts == batch.expected[index].parts) }
        #expect(digests.count == 14)
    }

    @Test("the planning ends at once when it is told to")
    func told() throws {
        let batch = try TestBatch(files: 16)
        var results = 0
        DigestEngine(jobs: 2, functions: [.portable]).plan(batch.requests) { _, _ in
            results += 1
            return false
        }
        #expect(results == 1)
    }

    /// A change that a kernel below waits for and triggers; one test uses it.
    private final class Change: Sendable {
        struct State {
            var hashedByFile = 0
            var blocks = 0
            var change: (@Sendable () -> Void)?
        }
        let state = Mutex(State())

        func hashed(_ blocks: Int) { state.withLock { $0.hashedByFile += blocks } }

        /// Waits until the file's running state is done, then changes the file, once.
        func beforeParts() {
            for _ in 0..<10_000 {
                if state.withLock({ $0.hashedByFile >= $0.blocks }) { break }
                usleep(1_000)
            }
            // The other thread still executes some instructions outside the kernel.
            usleep(50_000)
            state.withLock { $0.change.take() }?()
        }
    }

    private static let change = Change()

    @Test("a file that changes when its running state is over and its parts are not is an error")
    func changedBeforeItsParts() throws {
        let kernel = unsafe LaneKernel(
            name: "waiting", width: 16,
            hash: { states, data, blocks in
                // A single lane occupies every position of the call.
                let isFile = unsafe data?[0] == data?[1]
                if !isFile { Self.change.beforeParts() }
                unsafe cosplan_sha1_lanes16_portable_hash(states, data, blocks)
                if isFile { Self.change.hashed(blocks) }
            },
            hashPair: { states, others, data, blocks in
                unsafe cosplan_sha1_lanes16_portable_hash_pair(states, others, data, blocks)
                Self.change.hashed(blocks)
            }, speed: 3.9, pairSpeed: 2.6)
        let folder = try TestFolder()
        let size = 48 * 65_536
        try folder.write("f", testBytes(size))
        Self.change.state.withLock {
            $0.blocks = size / 64
            $0.change = {
                let file = unsafe open("\(folder.path)/f", O_WRONLY)
                #expect(unsafe pwrite(file, "changed", 7, off_t(size - 7)) == 7)
                close(file)
            }
        }
        var results: [Result<FileDigest, DigestError>] = []
        DigestEngine(jobs: 2, functions: [kernel]).plan([try folder.request("f", size: Int64(size))]) {
            results.append($1)
            return true
        }
        #expect(results.count == 1)
        #expect(throws: DigestError.file(.modified(path: "f"))) { try results[0].get() }
        #expect(Self.change.state.withLock { $0.change == nil })
    }
}
