import PlanCore
import Testing

@Suite("Checksum")
struct ChecksumTests {
    /// Checksums of `123456789`: the CRCs from the catalogue of parametrised CRC algorithms, the others by
    /// md5sum and sha256sum.
    static let vectors: [(ChecksumKind, text: String, hex: String)] = [
        (.crc64ecma, "11051210869376104954", "995dc9bbdf1939fa"),
        (.crc64nvme, "rosUhgp5mIg=", "ae8b14860a799888"),
        (.md5, "25f9e794323b453885f5181f1b624d0b", "25f9e794323b453885f5181f1b624d0b"),
        (
            .sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
            "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"
        ),
    ]

    @Test("a value is read the way its service writes it, and written so")
    func vectors() throws {
        for (kind, text, hex) in Self.vectors {
            let checksum = try #require(Checksum(kind, text: Array(text.utf8)), "\(kind)")
            #expect(checksum.hex == hex)
            #expect(checksum.text == text)
        }
        #expect(Checksum(.crc64ecma, crc: 0x995d_c9bb_df19_39fa).text == "11051210869376104954")
        #expect(Checksum(.crc64nvme, crc: .max).text == "//////////8=")
        #expect(Checksum(.crc64ecma, crc: .max).text == "18446744073709551615")
    }

    @Test(
        "any other text is none",
        arguments: [
            (.crc64ecma, ["", "00", "01", "+1", "-1", "1.0", "0x1", "18446744073709551616", "1 ", "１"]),
            (
                .crc64nvme,
                [
                    "", "rosUhgp5mIg", "rosUhgp5mIh=", "rosUhgp5mI==", "rosUhgp5mIgA", "rosUhgp5mIgAA==",
                    "rosUhgp5m-g=",
                    "AAAAAAAAAAA==",
                ]
            ),
            (
                .md5,
                [
                    "", "25F9e794323b453885f5181f1b624d0b", "25f9e794323b453885f5181f1b624d0",
                    "25f9e794323b453885f5181f1b624d0bb",
                ]
            ),
            (.sha256, ["", "25f9e794323b453885f5181f1b624d0b", String(repeating: "g", count: 64)]),
        ] as [(ChecksumKind, [String])])
    func others(kind: ChecksumKind, texts: [String]) {
        for text in texts { #expect(Checksum(kind, text: Array(text.utf8)) == nil, "\(text)") }
    }

    @Test("what a file without bytes has")
    func ofNoBytes() {
        #expect(Checksum.ofNoBytes(.crc64ecma).text == "0")
        #expect(Checksum.ofNoBytes(.crc64nvme).text == "AAAAAAAAAAA=")
        #expect(Checksum.ofNoBytes(.md5).text == "d41d8cd98f00b204e9800998ecf8427e")
        #expect(
            Checksum.ofNoBytes(.sha256).text
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("checksums are kept in the order in which they are written, one of a kind")
    func order() {
        var checksums = Checksums([.ofNoBytes(.sha256), .ofNoBytes(.crc64ecma), .ofNoBytes(.md5)])
        #expect(checksums.all.map(\.kind) == [.crc64ecma, .md5, .sha256])
        checksums[.crc64nvme] = Checksum(.crc64nvme, crc: 1)
        checksums[.crc64ecma] = Checksum(.crc64ecma, crc: 2)
        #expect(checksums.all.map(\.text).prefix(2) == ["2", "AAAAAAAAAAE="])
        checksums[.md5] = nil
        #expect(checksums.all.map(\.kind) == [.crc64ecma, .crc64nvme, .sha256])
    }
}

@Suite("Planned file")
struct PlannedFileTests {
    static let mebibyte: Int64 = 1 << 20

    /// A plan with these parts; the digest 9 stands for its `sha`.
    static func plan(
        size: Int64, ranges: [(Int64, Int64)], kind: DatashaKind = .state, last: UInt32 = 9,
        checksums: Checksums = Checksums()
    ) throws(PlannedFileError) -> PlannedFile {
        guard let path = try? LocalPath("a"), let key = try? ObjectKey("/a") else {
            fatalError("legal names")
        }
        let digest = { (number: UInt32) in Digest(words: (0, 0, 0, 0, number)) }
        return try PlannedFile(
            path: path, key: key, fileSize: size, sha: size == 0 ? .ofNoBytes : digest(9),
            checksums: checksums,
            sliceSize: .standard, datashaKind: kind,
            parts: ranges.enumerated().map { index, range in
                Part(
                    range: ByteRange(offset: range.0, length: range.1),
                    datasha: digest(index == ranges.count - 1 ? last : UInt32(index)), sha1: nil)
            })
    }

    @Test("values that obey the rules are a plan")
    func legal() throws {
        let plan = try Self.plan(size: Self.mebibyte + 5, ranges: [(0, Self.mebibyte), (Self.mebibyte, 5)])
        #expect(plan.fileSize == Self.mebibyte + 5)
        #expect(plan.partLayout.pieceSize == Self.mebibyte)
        #expect(try Self.plan(size: 0, ranges: []).parts.isEmpty)
    }

    @Test("values that break a rule are none, and the rule is named")
    func illegal() {
        func rule(_ make: () throws(PlannedFileError) -> PlannedFile) -> Rule? {
            do throws(PlannedFileError) {
                _ = try make()
                return nil
            } catch {
                #expect("\(error)" == "a: no plan, since \(error.rule) is broken: \(error.rule.wording)")
                return error.rule
            }
        }
        #expect(rule { () throws(PlannedFileError) in try Self.plan(size: 5, ranges: []) } == .partCount)
        #expect(rule { () throws(PlannedFileError) in try Self.plan(size: -1, ranges: []) } == .fileSize)
        #expect(rule { () throws(PlannedFileError) in try Self.plan(size: 5, ranges: [(0, 4)]) } == .partSum)
        #expect(
            rule { () throws(PlannedFileError) in try Self.plan(size: 5, ranges: [(1, 5)]) } == .partOffset)
        #expect(
            rule { () throws(PlannedFileError) in
                try Self.plan(size: 66, ranges: [(0, 65), (65, 1)])
            } == .partBoundary)
        #expect(
            rule { () throws(PlannedFileError) in
                try Self.plan(size: 65, ranges: [(0, 64), (64, 1)], last: 8)
            } == .lastDatasha)
        #expect(
            rule { () throws(PlannedFileError) in
                try Self.plan(size: 0, ranges: [], checksums: Checksums([Checksum(.crc64ecma, crc: 1)]))
            } == .emptyFile)
    }
}
