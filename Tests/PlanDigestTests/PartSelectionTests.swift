import ByteDigests
import PlanCore
import Testing

@testable import PlanDigest

@Suite("Checking some of the parts")
struct PartSelectionTests {
    /// A plan of `size` bytes whose digests nobody looks at.
    private func plan(_ size: Int64, partSize: Int64 = 65_536) throws -> PlannedFile {
        let layout = Layout(fileSize: size, pieceSize: partSize)
        let parts = (0..<layout.count).map {
            Part(range: layout.range(of: $0), datasha: .ofNoBytes, sha1: nil)
        }
        return try planned(Int(size), sha: .ofNoBytes, parts: parts, partSize: Int(partSize))
    }

    @Test("every part is in the shard in which it begins, by the rule worked out part by part")
    func cut() throws {
        var generator = SystemRandomNumberGenerator()
        for count in [1, 2, 3, 4, 7, 16, 1000] as [Int64] {
            let files = try (0..<Int.random(in: 1...12, using: &generator)).map { _ in
                try plan(Int64.random(in: 0...1_500_000, using: &generator) / 3 * Int64.random(in: 0...3))
            }
            let total = files.reduce(Int64(0)) { $0 + ShardCut.weight($1) }
            // The shard of each part: floor(begin · count / total), where a file's first part begins with its weight.
            var shards: [[Int64]] = []
            var position: Int64 = 0
            for file in files {
                shards.append(
                    (0..<max(1, file.parts.count)).map { part in
                        let begin = part == 0 ? 0 : 65_536 + Int64(part) * 65_536
                        return (position + begin) * count / total
                    })
                position += file.fileSize + 65_536
            }
            for index in 1...count {
                var cut = ShardCut(try ShardNumber(index: index, count: count), total: total)
                for (file, expected) in zip(files, shards) {
                    let piece = cut.next(file)
                    let own = expected.indices.filter { expected[$0] == index - 1 }
                    #expect(Array(piece.parts) == own, "\(index)/\(count)")
                    #expect(piece.count == expected.count)
                    #expect(piece.isWhole == (own.count == expected.count))
                }
            }
        }
    }

    @Test("sixteen machines have a sixteenth each of one file")
    func oneFile() throws {
        let file = try plan(1600 * 65_536)
        for index in 1...16 as ClosedRange<Int64> {
            var cut = ShardCut(try ShardNumber(index: index, count: 16), total: ShardCut.weight(file))
            #expect((99...101).contains(cut.next(file).parts.count))
        }
    }

    @Test("a sample has as many parts as asked, at least one of each file, and is the same for one seed")
    func sample() throws {
        let files = try [0, 1, 65_536, 100 * 65_536, 30 * 65_536, 200 * 65_536].map { try plan($0) }
        let parts = files.reduce(0) { $0 + max(1, $1.parts.count) }
        func draw(_ fraction: Double, _ seed: UInt64) -> [[Int]] {
            var draw = SampleDraw(fraction: fraction, seed: seed, files: files.count, parts: parts)
            return files.map { draw.next($0) }
        }
        for seed in 0..<50 as Range<UInt64> {
            let drawn = draw(0.05, seed)
            // 5 % of 333 parts, rounded up.
            #expect(drawn.reduce(0) { $0 + $1.count } == 17)
            #expect(drawn.allSatisfy { !$0.isEmpty })
            #expect(drawn.allSatisfy { $0 == $0.sorted() && Set($0).count == $0.count })
            // Evenly: the file of 200 parts has about 11 of them.
            #expect((6...9).contains(drawn[5].count), "\(drawn[5].count)")
            #expect(drawn == draw(0.05, seed))
        }
        #expect(Set((0..<50).map { draw(0.05, $0) }).count > 40)
        #expect(draw(1, 7).map(\.count) == files.map { max(1, $0.parts.count) })
        #expect(draw(0.0001, 7).reduce(0) { $0 + $1.count } == 1)
    }

    @Test("where there are more files than parts to draw, whole files are left out, evenly")
    func manyFiles() throws {
        let file = try plan(5)
        var draw = SampleDraw(fraction: 0.05, seed: 3, files: 1000, parts: 1000)
        let drawn = (0..<1000).filter { _ in !draw.next(file).isEmpty }
        #expect(drawn.count == 50)
        for stretch in 0..<50 {
            #expect(drawn.count { ($0 / 20) == stretch } == 1)
        }
    }

    /// A planned file in memory of six parts and a bit, some of which are checked.
    private func findings(
        _ selection: PartSelection, withSHA1: Bool = true, kind: DatashaKind = .state,
        damage: (inout [UInt8], inout [Part]) -> Void
    ) throws -> (report: CheckReport, parts: [Part]) {
        var bytes = testBytes(6 * 65_536 + 100)
        var (sha, parts) = referenceParts(bytes, partSize: 65_536, kind: kind, withSHA1: withSHA1)
        let good = parts
        damage(&bytes, &parts)
        let plan = try planned(bytes.count, sha: sha, parts: parts, partSize: 65_536, kind: kind)
        let folder = try TestFolder()
        try folder.write("f", bytes)
        let request = CheckRequest(
            open: folder.opening(try LocalPath("f")), plan: plan, selection: selection, progress: nil)
        var reports: [CheckReport] = []
        var requests = [request][...]
        try DigestEngine(jobs: 2).check(next: { requests.popFirst() }) { result in
            reports.append(try result.get())
            return true
        }
        return (try #require(reports.first), good)
    }

    private static let wrong = Digest(words: (1, 2, 3, 4, 5))

    private func set(_ part: Int, in parts: inout [Part], datasha: Digest) {
        parts[part] = Part(range: parts[part].range, datasha: datasha, sha1: parts[part].sha1)
    }

    @Test("only the parts chosen are read, and each is counted", arguments: DatashaKind.allCases)
    func chosen(kind: DatashaKind) throws {
        let (report, _) = try findings(PartSelection([1, 2, 4, 6]), kind: kind) { bytes, _ in
            bytes[3 * 65_536] ^= 1
        }
        #expect(report.agrees)
        #expect(report.bytesChecked == 3 * 65_536 + 100)
        let (other, _) = try findings(PartSelection([3, 4]), kind: kind) { bytes, _ in
            bytes[3 * 65_536] ^= 1
        }
        #expect(
            other.findings == [.dataDiffers(ByteRange(offset: 3 * 65_536, length: 65_536), parts: 3..<4)])
    }

    @Test("a line damaged at a shard's end is named there; the next shard says that one from it on is")
    func damagedBoundary() throws {
        let (last, good) = try findings(PartSelection(0..<3)) { _, parts in
            set(2, in: &parts, datasha: Self.wrong)
        }
        #expect(
            last.findings == [.damagedDatasha(part: 2, recorded: Self.wrong, computed: good[2].datasha)])
        let (next, _) = try findings(PartSelection(3..<7)) { _, parts in
            set(2, in: &parts, datasha: Self.wrong)
        }
        #expect(next.findings == [.damagedDatashaAmong(parts: 3..<4)])
        // Inside a shard nothing is new.
        let (inside, _) = try findings(PartSelection(1..<5)) { _, parts in
            set(2, in: &parts, datasha: Self.wrong)
        }
        #expect(
            inside.findings == [.damagedDatasha(part: 2, recorded: Self.wrong, computed: good[2].datasha)])
    }

    @Test("without sha1, a part that does not follow is data or lines, at a boundary too")
    func ambiguousBoundary() throws {
        let (next, _) = try findings(PartSelection(3..<7), withSHA1: false) { _, parts in
            set(2, in: &parts, datasha: Self.wrong)
        }
        #expect(
            next.findings == [.dataOrLinesDiffer(ByteRange(offset: 3 * 65_536, length: 65_536), parts: 3..<4)]
        )
    }

    @Test("the CRC-64s of two runs of parts give that of both")
    func joined() throws {
        let bytes = testBytes(200_000)
        for (kind, crc) in [(ChecksumKind.crc64ecma, CRC64.Kind.ecma), (.crc64nvme, .nvme)] {
            func checksum(_ range: Range<Int>) -> Checksum {
                var value = CRC64(crc)
                unsafe bytes[range].withUnsafeBytes { unsafe value.take($0) }
                return Checksum(kind, crc: value.value)
            }
            let (first, second) = (checksum(0..<70_001), checksum(70_001..<200_000))
            #expect(first.joined(with: second, length: 129_999) == checksum(0..<200_000))
        }
        let digest = Checksum(.md5, bytes: [UInt8](repeating: 0, count: 16))
        #expect(digest.joined(with: digest, length: 1) == nil)
    }
}
