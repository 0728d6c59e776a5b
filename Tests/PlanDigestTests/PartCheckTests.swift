import PlanCore
import PlanDigest
import Testing

@Suite("Part check")
struct PartCheckTests {
    @Test(
        "every part of the plan matches, no byte may differ, and no other part's digests do",
        arguments: Kernel.available, DatashaKind.allCases)
    func matches(_ kernel: Kernel, _ kind: DatashaKind) throws {
        let size = 65_536
        var bytes = testBytes(5 * size + 1_001)
        for withSHA1 in [true, false] {
            let (sha, parts) = referenceParts(bytes, partSize: size, kind: kind, withSHA1: withSHA1)
            let plan = try planned(bytes.count, sha: sha, parts: parts, partSize: size, kind: kind)
            for jobs in [1, 2] {
                let check = PartCheck(DigestEngine(jobs: jobs, kernel: kernel), jobs: jobs)
                #expect(results(check, bytes, plan) == Array(repeating: true, count: 6))
                for damaged in 0..<6 {
                    bytes[damaged * size + 1_000] ^= 1
                    let expected = (0..<6).map { $0 != damaged }
                    #expect(results(check, bytes, plan) == expected)
                    bytes[damaged * size + 1_000] ^= 1
                }
                unsafe bytes.withUnsafeBytes { all in
                    let first = unsafe UnsafeRawBufferPointer(rebasing: all[0..<size])
                    #expect(unsafe check.matches(first, part: 0, of: plan))
                    #expect(unsafe !check.matches(first, part: 1, of: plan))
                    #expect(unsafe !check.matches(first, part: 5, of: plan))
                }
            }
        }
    }

    @Test("a right state proves the bytes, whatever is recorded as the part's own sha1")
    func damagedSHA1() throws {
        let bytes = testBytes(65_536 + 10)
        var (sha, parts) = referenceParts(bytes, partSize: 65_536)
        parts[0] = Part(range: parts[0].range, datasha: parts[0].datasha, sha1: sha)
        let plan = try planned(bytes.count, sha: sha, parts: parts, partSize: 65_536)
        #expect(results(PartCheck(DigestEngine(jobs: 1)), bytes, plan) == [true, true])
    }

    @Test("no items, no results")
    func noItems() {
        #expect(PartCheck(DigestEngine(jobs: 2), jobs: 2).matches([]) == [])
    }

    private func results(_ check: PartCheck, _ bytes: [UInt8], _ plan: PlannedFile) -> [Bool] {
        unsafe bytes.withUnsafeBytes { all in
            let items = plan.parts.indices.map { part in
                let range = plan.parts[part].range
                return unsafe PartCheck.Item(
                    bytes: UnsafeRawBufferPointer(rebasing: all[Int(range.offset)..<Int(range.end)]),
                    part: part, of: plan)
            }
            return check.matches(items)
        }
    }
}
