import CSHA1LanesPortable
import PlanCore
import PlanDigest
import Testing

/// Files of two or more parts, with their expected digests.
struct TestBatch {
    let folder: TestFolder
    var requests: [PlanRequest] = []
    let expected: [(sha: Digest, parts: [Part])]

    init(files: Int, growth: Int = 7_777) throws {
        folder = try TestFolder()
        var expected: [(sha: Digest, parts: [Part])] = []
        for index in 0..<files {
            let bytes = testBytes(100_000 + index * growth, seed: UInt64(index + 1))
            try folder.write("f\(index)", bytes)
            requests.append(try folder.request("f\(index)", size: Int64(bytes.count)))
            expected.append(referenceParts(bytes, partSize: 65_536))
        }
        self.expected = expected
    }

    func plan(_ engine: DigestEngine) -> (digests: [Int: FileDigest], failures: [Int: DigestError]) {
        var digests: [Int: FileDigest] = [:]
        var failures: [Int: DigestError] = [:]
        engine.plan(requests) { index, result in
            switch result {
            case .success(let digest): digests[index] = digest
            case .failure(let error): failures[index] = error
            }
            return true
        }
        return (digests, failures)
    }
}

extension LaneKernel {
    /// Sixteen lanes on every processor, with the declared speed of AVX-512.
    static let portable = unsafe LaneKernel(
        name: "portable", width: 16, hash: cosplan_sha1_lanes16_portable_hash,
        hashPair: cosplan_sha1_lanes16_portable_hash_pair, speed: 3.9, pairSpeed: 2.6)
}
