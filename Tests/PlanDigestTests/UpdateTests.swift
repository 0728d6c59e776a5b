import CSHA1LanesPortable
import Glibc
import PlanCore
import PlanDigest
import PlanFiles
import Synchronization
import Testing

@Suite("Planning from an earlier plan")
struct UpdateTests {
    private static let step = 65_536

    /// Random numbers that are the same in every run.
    private struct Dice: RandomNumberGenerator {
        private var state: UInt64

        init(_ seed: Int) { state = UInt64(seed + 1) &* 0x9e37_79b9_7f4a_7c15 }

        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state &* 0x2545_f491_4f6c_dd1d
        }

        mutating func roll(_ range: Range<Int>) -> Int { .random(in: range, using: &self) }
    }

    /// What a file has become since it was planned.
    private static func edited(_ old: [UInt8], _ dice: inout Dice) -> [UInt8] {
        var bytes = old
        switch dice.roll(0..<8) {
        case 0: break
        case 1: bytes += testBytes(dice.roll(1..<3 * step), seed: dice.next())
        case 2: bytes.removeLast(dice.roll(0..<bytes.count))
        case 3: bytes[dice.roll(0..<bytes.count)] ^= 1
        case 4:
            let place = dice.roll(0..<bytes.count)
            bytes.replaceSubrange(
                place..<min(place + dice.roll(1..<2 * step), bytes.count),
                with: testBytes(dice.roll(0..<2 * step)))
        case 5:
            // Appended to, and a byte in the middle is another.
            bytes += testBytes(dice.roll(1..<step), seed: dice.next())
            bytes[dice.roll(0..<bytes.count)] &+= 1
        case 6: bytes = testBytes(bytes.count, seed: dice.next())
        default: bytes.removeLast(bytes.count % 64)
        }
        return bytes
    }

    /// What an earlier plan records, as it was or damaged.
    private static func recorded(
        _ bytes: [UInt8], path: String, partSize: Int, _ dice: inout Dice
    ) throws -> PlannedFile {
        var (sha, parts) = referenceParts(bytes, partSize: partSize, withSHA1: dice.roll(0..<2) == 0)
        func damage(_ index: Int) {
            let words = parts[index].datasha.words
            let other = Digest(words: (words.0 ^ 1, words.1, words.2, words.3, words.4))
            parts[index] = Part(range: parts[index].range, datasha: other, sha1: parts[index].sha1)
        }
        if !parts.isEmpty {
            switch dice.roll(0..<6) {
            case 0: damage(dice.roll(0..<parts.count))
            case 1: for index in parts.indices where dice.roll(0..<2) == 0 { damage(index) }
            case 2: for index in parts.indices { damage(index) }
            case 3:
                let other = dice.roll(0..<parts.count)
                let digests = (parts[0].datasha, parts[other].datasha)
                parts[0] = Part(range: parts[0].range, datasha: digests.1, sha1: nil)
                parts[other] = Part(range: parts[other].range, datasha: digests.0, sha1: nil)
            default: break
            }
        }
        return PlannedFile(
            path: try LocalPath(ByteString(path)), key: try ObjectKey("/x"), sha: sha, sliceSize: .standard,
            datashaKind: .state,
            partLayout: Layout(fileSize: Int64(bytes.count), pieceSize: Int64(partSize)), parts: parts)
    }

    @Test("whatever became of the file and of the earlier plan, the digests are the file's", arguments: 0..<8)
    func edits(_ series: Int) throws {
        let folder = try TestFolder()
        var dice = Dice(series)
        for number in 0..<50 {
            let old = testBytes(dice.roll(1..<7 * Self.step), seed: dice.next())
            let oldSize = [1, 1, 1, 2, 3].randomElement(using: &dice).map { $0 * Self.step } ?? Self.step
            let path = dice.roll(0..<4) == 0 ? "renamed" : "f"
            var earlier = EarlierPlan(bytesInMemory: dice.roll(0..<2) * 1_000_000)
            // Another file that begins alike, and is as long.
            if dice.roll(0..<3) == 0 {
                try earlier.add(
                    try Self.recorded(old.dropLast() + [0], path: "g", partSize: oldSize, &dice))
            }
            try earlier.add(try Self.recorded(old, path: path, partSize: oldSize, &dice))
            let bytes = Self.edited(old, &dice)
            try folder.write("f", bytes)

            let size = [1, 1, 2, 3].randomElement(using: &dice).map { $0 * Self.step } ?? Self.step
            let kind: DatashaKind = dice.roll(0..<5) == 0 ? .part : .state
            let withSHA1 = dice.roll(0..<4) > 0
            var checksums: Set<ChecksumKind> = []
            for kind in ChecksumKind.allCases where dice.roll(0..<5) == 0 { checksums.insert(kind) }
            var request = try folder.request(
                "f", size: Int64(bytes.count), partSize: Int64(size), kind: kind, withSHA1: withSHA1,
                checksums: checksums)
            let engine = DigestEngine(jobs: dice.roll(1..<4))
            let plain = try Self.plan([request], engine)[0].get()
            request.earlier = EarlierFile(try LocalPath("f"), in: earlier)
            let updated = try Self.plan([request], engine)[0].get()
            let expected = referenceParts(bytes, partSize: size, kind: kind, withSHA1: withSHA1)
            #expect(updated.sha == expected.sha, "\(series), \(number)")
            #expect(updated.parts == expected.parts, "\(series), \(number)")
            #expect(updated == plain, "\(series), \(number)")
        }
    }

    private static func plan(
        _ requests: [PlanRequest], _ engine: DigestEngine, _ progress: DigestProgress? = nil
    ) throws -> [Result<FileDigest, DigestError>] {
        var results: [Int: Result<FileDigest, DigestError>] = [:]
        engine.plan(requests, progress: progress) { index, result in
            #expect(results[index] == nil)
            results[index] = result
            return true
        }
        return try requests.indices.map { try #require(results[$0]) }
    }

    @Test("many files, some as planned, some not, some gone: each gets its own digests", arguments: 1..<4)
    func batch(_ jobs: Int) throws {
        let folder = try TestFolder()
        var (dice, earlier, requests) = (Dice(jobs), EarlierPlan(), [PlanRequest]())
        var expected: [Digest?] = []
        for index in 0..<30 {
            let old = testBytes(dice.roll(1..<5 * Self.step), seed: dice.next())
            try earlier.add(try Self.recorded(old, path: "f\(index)", partSize: Self.step, &dice))
            let bytes = Self.edited(old, &dice)
            if index % 10 != 9 { try folder.write("f\(index)", bytes) }
            expected.append(index % 10 != 9 ? ReferenceSHA1.digest(bytes[...]) : nil)
            var request = try folder.request("f\(index)", size: Int64(bytes.count))
            if index % 7 != 6 {
                request.earlier = EarlierFile(try LocalPath(ByteString("f\(index)")), in: earlier)
            }
            requests.append(request)
        }
        // The last ones know of all.
        for index in requests.indices where index % 7 != 6 {
            requests[index].earlier = EarlierFile(try LocalPath(ByteString("f\(index)")), in: earlier)
        }
        let progress = DigestProgress()
        let engine = DigestEngine(jobs: jobs, functions: [.portable])
        let results = try Self.plan(requests, engine, progress)
        for (index, result) in results.enumerated() {
            guard let sha = expected[index] else {
                let missing = FileError.notFound(
                    path: ByteString("f\(index)"), folder: ByteString(folder.path))
                #expect(throws: DigestError.file(missing)) { try result.get() }
                continue
            }
            let digest = try result.get()
            #expect(digest.sha == sha, "\(index)")
        }
        #expect(progress.filesDone == requests.count)
        #expect(progress.currentFiles.isEmpty)
        let sizes = results.compactMap { try? $0.get().fileSize }.reduce(0, +)
        #expect(progress.bytesDone == sizes)
    }

    /// How many blocks a kernel below hashed alone, and how many beside others: one test at a time uses it.
    private static let counted = Mutex((alone: 0, together: 0))

    /// Counts; a lane alone is in every place of the call.
    private static let counting = unsafe LaneKernel(
        name: "counting", width: 16,
        hash: { states, data, blocks in
            unsafe count(data?[0] == data?[1], blocks)
            unsafe cosplan_sha1_lanes16_portable_hash(states, data, blocks)
        },
        hashPair: { states, others, data, blocks in
            unsafe count(data?[0] == data?[1], blocks)
            unsafe cosplan_sha1_lanes16_portable_hash_pair(states, others, data, blocks)
        }, speed: 3.9, pairSpeed: 2.6)

    private static func count(_ isAlone: Bool, _ blocks: Int) {
        counted.withLock { if isAlone { $0.alone += blocks } else { $0.together += blocks } }
    }

    @Test("only what the earlier plan does not tell is hashed front to back")
    func sideBySide() throws {
        let folder = try TestFolder()
        let (size, part) = (64 * Self.step, Self.step)
        let blocksOfPart = part / 64
        let old = testBytes(size)
        let (sha, parts) = referenceParts(old, partSize: part)
        func plan(_ path: String, damaged: Int? = nil) throws -> EarlierFile {
            var parts = parts
            if let damaged { parts[damaged] = Part(range: parts[damaged].range, datasha: sha, sha1: nil) }
            var earlier = EarlierPlan()
            try earlier.add(
                PlannedFile(
                    path: try LocalPath(ByteString(path)), key: try ObjectKey("/f"), sha: sha,
                    sliceSize: .standard,
                    datashaKind: .state,
                    partLayout: Layout(fileSize: Int64(size), pieceSize: Int64(part)), parts: parts))
            return EarlierFile(try LocalPath("f"), in: earlier)
        }
        func hashedAlone(_ bytes: [UInt8], _ earlier: EarlierFile?) throws -> Int {
            try folder.write("f", bytes)
            Self.counted.withLock { $0 = (0, 0) }
            var request = try folder.request("f", size: Int64(bytes.count))
            request.earlier = earlier
            let engine = DigestEngine(jobs: 1, functions: [Self.counting])
            let digest = try Self.plan([request], engine)[0].get()
            #expect(digest.parts == referenceParts(bytes, partSize: part).parts)
            return Self.counted.withLock { $0.alone } / blocksOfPart
        }
        // A lane that is the last alive is alone at the end.
        let atEnd = 4
        let anew = try hashedAlone(old, nil)
        #expect(anew == 64)
        let unchanged = try hashedAlone(old, try plan("f"))
        #expect(unchanged <= atEnd, "\(unchanged)")
        let appended = try hashedAlone(old + testBytes(20 * part, seed: 2), try plan("f"))
        #expect((19...21 + atEnd).contains(appended), "\(appended)")
        let truncated = try hashedAlone(Array(old[..<(size / 2)]), try plan("f"))
        #expect(truncated <= atEnd, "\(truncated)")
        var changed = old
        changed[size / 2] ^= 1
        let behind = try hashedAlone(changed, try plan("f"))
        #expect((31...33 + 2 * atEnd).contains(behind), "\(behind)")
        let damaged = try hashedAlone(old, try plan("f", damaged: 32))
        #expect(damaged <= 2 * atEnd, "\(damaged)")
        let renamed = try hashedAlone(old, try plan("g"))
        #expect(renamed <= 1 + atEnd, "\(renamed)")
    }

    @Test("a file that is replaced between its check and its hashing is hashed anew")
    func replaced() throws {
        let folder = try TestFolder()
        let old = testBytes(20 * Self.step)
        var dice = Dice(0)
        var earlier = EarlierPlan()
        var recorded = try Self.recorded(old, path: "f", partSize: Self.step, &dice)
        let (sha, parts) = referenceParts(old, partSize: Self.step)
        recorded = PlannedFile(
            path: recorded.path, key: recorded.key, sha: sha, sliceSize: .standard, datashaKind: .state,
            partLayout: recorded.partLayout, parts: parts)
        try earlier.add(recorded)
        try folder.write("f", old + [1])
        let other = testBytes(20 * Self.step + 1, seed: 7)
        let opened = OpenCount()
        let path = try LocalPath("f")
        let root = folder.root
        var request = PlanRequest(
            open: { () throws(FileError) in
                if opened.next() == 2 {
                    // A failed write shows as wrong digests.
                    try? folder.write("new", other)
                    _ = unsafe rename("\(folder.path)/new", "\(folder.path)/f")
                }
                return try root.open(path)
            }, sizeHint: Int64(old.count + 1), partSize: try PartSize(bytes: 65_536), datashaKind: .state,
            withPartSHA1: true)
        request.earlier = EarlierFile(path, in: earlier)
        let result = try Self.plan([request], DigestEngine(jobs: 2, functions: [.portable]))[0].get()
        #expect(opened.count == 2)
        #expect(result.parts == referenceParts(other, partSize: Self.step).parts)
    }

    /// How often a file was opened.
    private final class OpenCount: Sendable {
        private let state = Mutex(0)
        var count: Int { state.withLock { $0 } }
        func next() -> Int {
            state.withLock {
                $0 += 1
                return $0
            }
        }
    }

    @Test("a stop between windows ends it; nothing is reported after finished returns false")
    func stopped() throws {
        let folder = try TestFolder()
        var dice = Dice(3)
        var earlier = EarlierPlan()
        var requests: [PlanRequest] = []
        for index in 0..<4 {
            let bytes = testBytes(10 * Self.step, seed: UInt64(index))
            try folder.write("f\(index)", bytes)
            try earlier.add(try Self.recorded(bytes, path: "f\(index)", partSize: Self.step, &dice))
            requests.append(try folder.request("f\(index)", size: Int64(bytes.count)))
        }
        for index in requests.indices {
            requests[index].earlier = EarlierFile(try LocalPath(ByteString("f\(index)")), in: earlier)
        }
        var results = 0
        let engine = DigestEngine(jobs: 2, functions: [.portable])
        engine.plan(requests) { _, _ in
            results += 1
            return false
        }
        #expect(results == 1)
        let cancellation = Cancellation()
        cancellation.cancel()
        engine.plan(requests, cancellation: cancellation) { _, result in
            #expect(throws: DigestError.cancelled) { try result.get() }
            return true
        }
    }
}
