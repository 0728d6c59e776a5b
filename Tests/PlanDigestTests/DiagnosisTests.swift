import ByteDigests
import PlanCore
import PlanDigest
import Testing

@Suite("Telling changed data from damaged lines")
struct DiagnosisTests {
    /// A planned file in memory whose bytes and digests a test damages.
    struct Subject {
        static let partSize = 65_536
        var bytes: [UInt8]
        var sha: Digest
        var parts: [Part]
        var checksums = Checksums()
        let kind: DatashaKind
        let planned: (sha: Digest, parts: [Part])

        init(_ kind: DatashaKind = .state, withSHA1: Bool, wholeParts: Int = 6) {
            self.kind = kind
            bytes = testBytes(wholeParts * Self.partSize + 100)
            planned = referenceParts(bytes, partSize: Self.partSize, kind: kind, withSHA1: withSHA1)
            sha = planned.sha
            parts = planned.parts
        }

        mutating func changeData(part: Int) { bytes[part * Self.partSize + 3] ^= 0x40 }

        mutating func setDatasha(_ part: Int, _ digest: Digest) {
            parts[part] = Part(range: parts[part].range, datasha: digest, sha1: parts[part].sha1)
        }

        mutating func setSHA1(_ part: Int, _ digest: Digest) {
            parts[part] = Part(range: parts[part].range, datasha: parts[part].datasha, sha1: digest)
        }

        func findings(size: Int? = nil) throws -> [Finding] {
            let plan = try PlanDigestTests.planned(
                size ?? planned.parts.reduce(0) { $0 + Int($1.range.length) }, sha: sha, parts: parts,
                partSize: Self.partSize, kind: kind, checksums: checksums)
            return try unsafe bytes.withUnsafeBytes { bytes in
                unsafe try DigestEngine(jobs: 2).check(bytes, against: plan).findings
            }
        }

        func range(_ parts: Range<Int>) -> ByteRange {
            let start = Int64(parts.lowerBound * Self.partSize)
            return ByteRange(
                offset: start, length: self.planned.parts[parts].reduce(0) { $0 + $1.range.length })
        }

        func dataDiffers(_ parts: Range<Int>) -> Finding { .dataDiffers(range(parts), parts: parts) }
        func ambiguous(_ parts: Range<Int>) -> Finding { .dataOrLinesDiffer(range(parts), parts: parts) }
        func damagedLine(_ part: Int) -> Finding {
            .damagedDatasha(part: part, recorded: parts[part].datasha, computed: planned.parts[part].datasha)
        }
        var damagedSHA: Finding { .damagedSHA(recorded: sha, computed: planned.sha) }
    }

    static let wrong = Digest(words: (1, 2, 3, 4, 5))

    @Test("an untouched file and plan agree", arguments: DatashaKind.allCases, [true, false])
    func untouched(_ kind: DatashaKind, _ withSHA1: Bool) throws {
        #expect(try Subject(kind, withSHA1: withSHA1).findings().isEmpty)
    }

    @Test(
        "one damaged line is named, the first and any but the last", arguments: [0, 1, 3, 5], [true, false])
    func oneLine(_ part: Int, _ withSHA1: Bool) throws {
        var subject = Subject(withSHA1: withSHA1)
        subject.setDatasha(part, Self.wrong)
        #expect(try subject.findings() == [subject.damagedLine(part)])
    }

    @Test("the last line damaged and sha not: the line is named", arguments: [true, false])
    func lastLine(_ withSHA1: Bool) throws {
        var subject = Subject(withSHA1: withSHA1)
        subject.setDatasha(6, Self.wrong)
        #expect(try subject.findings() == [subject.damagedLine(6)])
    }

    @Test("the last line and sha damaged alike: both are named if sha1 proves the bytes")
    func lastLineAndSHA() throws {
        var subject = Subject(withSHA1: true)
        subject.setDatasha(6, Self.wrong)
        subject.sha = Self.wrong
        #expect(try subject.findings() == [subject.damagedLine(6), subject.damagedSHA])
        subject = Subject(withSHA1: false)
        subject.setDatasha(6, Self.wrong)
        subject.sha = Self.wrong
        #expect(try subject.findings() == [subject.ambiguous(6..<7)])
    }

    @Test("sha alone damaged is named", arguments: DatashaKind.allCases, [true, false])
    func onlySHA(_ kind: DatashaKind, _ withSHA1: Bool) throws {
        var subject = Subject(kind, withSHA1: withSHA1)
        subject.sha = Self.wrong
        #expect(try subject.findings() == [subject.damagedSHA])
    }

    @Test("two damaged lines in a row are named", arguments: [true, false])
    func twoLines(_ withSHA1: Bool) throws {
        var subject = Subject(withSHA1: withSHA1)
        subject.setDatasha(2, Self.wrong)
        subject.setDatasha(3, Digest(words: (9, 8, 7, 6, 5)))
        #expect(try subject.findings() == [subject.damagedLine(2), subject.damagedLine(3)])
    }

    @Test("two swapped lines are named", arguments: [true, false])
    func swappedLines(_ withSHA1: Bool) throws {
        var subject = Subject(withSHA1: withSHA1)
        subject.setDatasha(1, subject.planned.parts[2].datasha)
        subject.setDatasha(2, subject.planned.parts[1].datasha)
        #expect(try subject.findings() == [subject.damagedLine(1), subject.damagedLine(2)])
    }

    @Test("the last two lines swapped are named, since sha proves the bytes", arguments: [true, false])
    func lastTwoSwapped(_ withSHA1: Bool) throws {
        var subject = Subject(withSHA1: withSHA1)
        subject.setDatasha(5, subject.planned.parts[6].datasha)
        subject.setDatasha(6, subject.planned.parts[5].datasha)
        #expect(try subject.findings() == [subject.damagedLine(5), subject.damagedLine(6)])
    }

    @Test(
        "changed data is named with its range, in the first, a middle and the last part",
        arguments: [0, 3, 6])
    func changedData(_ part: Int) throws {
        var subject = Subject(withSHA1: true)
        subject.changeData(part: part)
        #expect(try subject.findings() == [subject.dataDiffers(part..<(part + 1))])
        subject = Subject(withSHA1: false)
        subject.changeData(part: part)
        #expect(try subject.findings() == [subject.ambiguous(part..<(part + 1))])
    }

    @Test("neighbouring changed parts are one range")
    func changedRun() throws {
        var subject = Subject(withSHA1: true)
        for part in [2, 3, 4] { subject.changeData(part: part) }
        #expect(try subject.findings() == [subject.dataDiffers(2..<5)])
        subject = Subject(withSHA1: false)
        for part in [2, 3, 4] { subject.changeData(part: part) }
        #expect(try subject.findings() == [subject.ambiguous(2..<5)])
    }

    @Test("data changed in part 3 with line 2 damaged: sha1 tells the two apart, nothing else can")
    func lineThenData() throws {
        var subject = Subject(withSHA1: true)
        subject.setDatasha(2, Self.wrong)
        subject.changeData(part: 3)
        #expect(try subject.findings() == [subject.damagedLine(2), subject.dataDiffers(3..<4)])
        subject = Subject(withSHA1: false)
        subject.setDatasha(2, Self.wrong)
        subject.changeData(part: 3)
        #expect(try subject.findings() == [subject.ambiguous(2..<4)])
    }

    @Test("data changed in part 2 with its own line damaged: a line is wrong, and which cannot be proven")
    func dataAndItsLine() throws {
        var subject = Subject(withSHA1: true)
        subject.changeData(part: 2)
        subject.setDatasha(2, Self.wrong)
        #expect(try subject.findings() == [subject.dataDiffers(2..<3), .damagedDatashaAmong(parts: 3..<4)])
    }

    @Test("a damaged sha1 beside right states is named", arguments: [0, 4, 6])
    func damagedSHA1(_ part: Int) throws {
        var subject = Subject(withSHA1: true)
        subject.setSHA1(part, Self.wrong)
        let computed = try #require(subject.planned.parts[part].sha1)
        #expect(
            try subject.findings() == [.damagedSHA1(part: part, recorded: Self.wrong, computed: computed)])
    }

    @Test("a damaged sha1 beside a damaged datasha: both are named, the state after them proves the bytes")
    func damagedSHA1AndDatasha() throws {
        var subject = Subject(withSHA1: true)
        subject.setSHA1(3, Self.wrong)
        subject.setDatasha(3, Self.wrong)
        let computed = try #require(subject.planned.parts[3].sha1)
        #expect(
            try subject.findings() == [
                subject.damagedLine(3), .damagedSHA1(part: 3, recorded: Self.wrong, computed: computed),
            ])
    }

    @Test("appended bytes are told by size; the planned ones are checked all the same")
    func appended() throws {
        var subject = Subject(withSHA1: true)
        let size = subject.bytes.count
        subject.bytes += [1, 2, 3]
        #expect(try subject.findings() == [.appended(planned: Int64(size), found: Int64(size + 3))])
        subject.changeData(part: 1)
        #expect(
            try subject.findings() == [
                .appended(planned: Int64(size), found: Int64(size + 3)), subject.dataDiffers(1..<2),
            ])
    }

    @Test(
        "truncated bytes are told by size; whole parts are checked all the same",
        arguments: DatashaKind.allCases)
    func truncated(_ kind: DatashaKind) throws {
        var subject = Subject(kind, withSHA1: true)
        let size = subject.bytes.count
        subject.bytes.removeLast(Subject.partSize)
        let cut = Finding.truncated(planned: Int64(size), found: Int64(size - Subject.partSize))
        #expect(try subject.findings() == [cut])
        subject.changeData(part: 1)
        #expect(try subject.findings() == [cut, subject.dataDiffers(1..<2)])
        subject.bytes = []
        #expect(try subject.findings() == [.truncated(planned: Int64(size), found: 0)])
    }

    @Test("big-endian states are recognised, and damage beneath them", arguments: [true, false])
    func bigEndian(_ withSHA1: Bool) throws {
        var subject = Subject(withSHA1: withSHA1)
        for part in 0..<6 {
            subject.setDatasha(part, RunningState(datasha: subject.parts[part].datasha).bigEndian)
        }
        #expect(try subject.findings() == [.bigEndianStates])
        subject.changeData(part: 3)
        #expect(
            try subject.findings() == [
                .bigEndianStates, withSHA1 ? subject.dataDiffers(3..<4) : subject.ambiguous(3..<4),
            ])
    }

    @Test(
        "plain digests in place of states are recognised, and damage beneath them", arguments: [true, false])
    func plainDigests(_ withSHA1: Bool) throws {
        var subject = Subject(withSHA1: withSHA1)
        let plain = Subject(.part, withSHA1: true).parts
        for part in 0..<6 { subject.setDatasha(part, plain[part].datasha) }
        #expect(try subject.findings() == [.plainDigestsInsteadOfStates])
        subject.setDatasha(6, plain[6].datasha)
        #expect(try subject.findings() == [.plainDigestsInsteadOfStates])
        subject.changeData(part: 3)
        let changed = withSHA1 ? subject.dataDiffers(3..<4) : subject.ambiguous(3..<4)
        #expect(try subject.findings() == [.plainDigestsInsteadOfStates, changed])
    }

    @Test(
        "in a file of few parts a wrong form is recognised beside one damaged part", arguments: 2...6,
        [true, false])
    func wrongFormOfFewParts(_ count: Int, _ withSHA1: Bool) throws {
        let plain = Subject(.part, withSHA1: true, wholeParts: count).parts
        for damaged in 0..<count {
            var bigEndian = Subject(withSHA1: withSHA1, wholeParts: count)
            var plainDigests = bigEndian
            for part in 0..<count {
                let state = RunningState(datasha: bigEndian.parts[part].datasha).bigEndian
                bigEndian.setDatasha(part, state)
                plainDigests.setDatasha(part, plain[part].datasha)
            }
            bigEndian.changeData(part: damaged)
            plainDigests.changeData(part: damaged)
            let range = damaged..<(damaged + 1)
            #expect(
                try bigEndian.findings() == [
                    .bigEndianStates,
                    withSHA1 ? bigEndian.dataDiffers(range) : bigEndian.ambiguous(range),
                ], "part \(damaged)")
            #expect(
                try plainDigests.findings() == [
                    .plainDigestsInsteadOfStates,
                    withSHA1 ? plainDigests.dataDiffers(range) : plainDigests.ambiguous(range),
                ], "part \(damaged)")
        }
    }

    @Test(
        "under plain digests a last part that may have changed is named, since sha disagrees and nothing else does"
    )
    func lastPartUnderPlainDigests() throws {
        var subject = Subject(withSHA1: false)
        let plain = Subject(.part, withSHA1: true).parts
        for part in 0..<6 { subject.setDatasha(part, plain[part].datasha) }
        subject.changeData(part: 6)
        #expect(try subject.findings() == [.plainDigestsInsteadOfStates, subject.ambiguous(6..<7)])
    }

    @Test("states in place of plain digests are recognised", arguments: [true, false])
    func statesForPlain(_ withSHA1: Bool) throws {
        var subject = Subject(.part, withSHA1: withSHA1)
        let states = Subject(withSHA1: withSHA1).parts
        for part in 0..<7 { subject.setDatasha(part, states[part].datasha) }
        #expect(try subject.findings() == [.statesInsteadOfPlainDigests])
    }

    @Test(
        "in part mode a damaged line is told from changed data by sha", arguments: [0, 3, 6], [true, false])
    func partMode(_ part: Int, _ withSHA1: Bool) throws {
        var subject = Subject(.part, withSHA1: withSHA1)
        subject.setDatasha(part, Self.wrong)
        #expect(try subject.findings() == [subject.damagedLine(part)])
        subject = Subject(.part, withSHA1: withSHA1)
        subject.changeData(part: part)
        let parts = part..<(part + 1)
        let changed = withSHA1 ? subject.dataDiffers(parts) : subject.ambiguous(parts)
        #expect(try subject.findings() == [changed])
    }

    @Test(
        "in part mode a datasha and sha damaged alike are told from changed data by sha1 only",
        arguments: [0, 3, 6])
    func partModeTwoLines(_ part: Int) throws {
        var subject = Subject(.part, withSHA1: false)
        subject.setDatasha(part, Self.wrong)
        subject.sha = Self.wrong
        #expect(try subject.findings() == [subject.ambiguous(part..<(part + 1))])
        subject = Subject(.part, withSHA1: true)
        subject.setDatasha(part, Self.wrong)
        subject.sha = Self.wrong
        #expect(try subject.findings() == [subject.damagedLine(part), subject.damagedSHA])
    }

    /// The checksums of the planned bytes, by OpenSSL; the CRCs by ``CRC64``, which has tests of its own.
    private func checksums(_ bytes: [UInt8]) -> Checksums {
        var (ecma, nvme) = (CRC64(.ecma), CRC64(.nvme))
        var (md5, sha256) = (DigestStream(.md5), DigestStream(.sha256))
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe ecma.take(bytes)
            unsafe nvme.take(bytes)
            unsafe md5.take(bytes)
            unsafe sha256.take(bytes)
        }
        return Checksums([
            Checksum(.crc64ecma, crc: ecma.value), Checksum(.crc64nvme, crc: nvme.value),
            Checksum(.md5, bytes: md5.digest), Checksum(.sha256, bytes: sha256.digest),
        ])
    }

    @Test(
        "a damaged checksum of the file is named, whatever else is recorded",
        arguments: ChecksumKind.allCases,
        DatashaKind.allCases)
    func damagedChecksum(_ kind: ChecksumKind, _ datasha: DatashaKind) throws {
        for withSHA1 in [true, false] {
            var subject = Subject(datasha, withSHA1: withSHA1)
            let right = checksums(subject.bytes)
            let damaged = Checksum(kind, bytes: [UInt8](repeating: 7, count: kind.byteCount))
            let computed = try #require(right[kind])
            // Next to correct ones, and alone.
            for others in [right, Checksums()] {
                subject.checksums = others
                subject.checksums[kind] = damaged
                #expect(
                    try subject.findings() == [.damagedChecksum(recorded: damaged, computed: computed)])
            }
            subject.checksums = right
            #expect(try subject.findings().isEmpty)
        }
    }

    @Test(
        "a right checksum proves the bytes where lines without sha1 cannot", arguments: ChecksumKind.allCases)
    func provenByChecksum(_ kind: ChecksumKind) throws {
        let right = checksums(Subject(withSHA1: false).bytes)
        let proof = Checksums([try #require(right[kind])])
        for part in [0, 3, 6] {
            var subject = Subject(.part, withSHA1: false)
            subject.checksums = proof
            subject.setDatasha(part, Self.wrong)
            subject.sha = Self.wrong
            #expect(try subject.findings() == [subject.damagedLine(part), subject.damagedSHA])
        }
        var subject = Subject(withSHA1: false)
        subject.checksums = proof
        subject.setDatasha(6, Self.wrong)
        subject.sha = Self.wrong
        #expect(try subject.findings() == [subject.damagedLine(6), subject.damagedSHA])
    }

    @Test("where data changed, the checksums are not called damaged", arguments: DatashaKind.allCases)
    func changedDataUnderChecksums(_ datasha: DatashaKind) throws {
        var subject = Subject(datasha, withSHA1: true)
        subject.checksums = checksums(subject.bytes)
        subject.changeData(part: 2)
        #expect(try subject.findings() == [subject.dataDiffers(2..<3)])
        subject.bytes.removeLast()
        let size = Int64(subject.bytes.count)
        #expect(
            try subject.findings() == [
                .truncated(planned: size + 1, found: size), subject.dataDiffers(2..<3),
            ])
    }

    @Test("a part of less than 64 KiB is checked by its own bytes, in a small file too")
    func smallParts() throws {
        let folder = try TestFolder()
        let bytes = testBytes(20_000)
        try folder.write("f", bytes)
        for withSHA1 in [true, false] {
            let (sha, parts) = referenceParts(bytes, partSize: 4096, kind: .state, withSHA1: withSHA1)
            let plan = try PlanDigestTests.planned(bytes.count, sha: sha, parts: parts, partSize: 4096)
            #expect(try DigestEngine(jobs: 2).check(try folder.file("f"), against: plan).findings.isEmpty)
        }
    }

    @Test("an empty file's only digest is checked")
    func emptyFile() throws {
        let plan = try PlanDigestTests.planned(0, sha: Self.wrong, parts: [], partSize: 65_536)
        let report = try unsafe DigestEngine(jobs: 1).check(
            UnsafeRawBufferPointer(start: nil, count: 0), against: plan)
        #expect(report.findings == [.damagedSHA(recorded: Self.wrong, computed: .ofNoBytes)])
    }
}
