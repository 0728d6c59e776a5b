import PlanCore
import ServiceCore
import Testing

@testable import COSEmulator

@Suite("Emulator: records, plans and slices as they are kept")
struct KeptTextTests {
    private static func address(_ key: String) throws -> ObjectAddress {
        ObjectAddress(appID: try AppID(1_251_668_577), bucket: try Bucket("xy2"), key: try ObjectKey(key))
    }

    private static func record() throws -> ObjectRecord {
        ObjectRecord(
            address: try address("/a/上传 \u{e9}"), fileSize: 1_000,
            sha: Digest(hex: "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            createdAt: 1_505_201_819,
            bizAttr: "line\nend \"quoted\"", fileModified: -5)
    }

    private static func plan(parts: Int = 3) throws -> UploadPlan {
        let size = Int64(parts) * 524_288 - 7
        let datashas = try (0..<parts).map { try #require(Digest(hex: TestFile.sha1([UInt8($0)]))) }
        return UploadPlan(
            address: try address("/a"), slices: Layout(fileSize: size, pieceSize: 1_048_576),
            sha: datashas.last,
            digests: ClaimedDigests(
                kind: .state, layout: Layout(fileSize: size, pieceSize: 524_288), datashas: datashas),
            insertOnly: .overwrite, bizAttr: "x", isSerial: true)
    }

    @Test("each is read back as it was, and no flipped bit goes unseen")
    func flippedBits() throws {
        let record = try Self.record()
        let plan = try Self.plan()
        #expect(ObjectRecord(encoded: record.encoded) == record)
        #expect(UploadPlan(encoded: plan.encoded, maximumPieces: 3) == plan)
        #expect(UploadPlan(encoded: plan.encoded, maximumPieces: 2) == nil)
        for bit in 0..<record.encoded.count * 8 {
            var text = record.encoded
            text[bit / 8] ^= 1 << (bit % 8)
            #expect(ObjectRecord(encoded: text) == nil, "bit \(bit)")
        }
        for bit in 0..<plan.encoded.count * 8 {
            var text = plan.encoded
            text[bit / 8] ^= 1 << (bit % 8)
            #expect(UploadPlan(encoded: text, maximumPieces: 3) == nil, "bit \(bit)")
        }
        for line in [SliceLine(slice: 0, arrived: true), SliceLine(slice: 131_071, arrived: false)] {
            let text = Array(line.text.utf8.dropLast())
            #expect(SliceLine(text[...]) == line)
            for bit in 0..<text.count * 8 {
                var changed = text
                changed[bit / 8] ^= 1 << (bit % 8)
                #expect(SliceLine(changed[...]) == nil, "bit \(bit)")
            }
        }
    }

    @Test("the seal is the text's SHA-1, as sha1sum prints it; a record without one is of an earlier version")
    func seal() throws {
        let sealed = SealedText.sealed(Array("abc".utf8))
        #expect(String(decoding: sealed, as: UTF8.self) == "abc\na9993e364706816aba3e25717850c26c9cd0d89d\n")
        #expect(SealedText.opened(sealed) == Array("abc".utf8))
        let record = try Self.record()
        let unsealed = Array(record.encoded.dropLast(42))
        #expect(ObjectRecord(encoded: unsealed) == record)
        #expect(ObjectRecord(encoded: unsealed + [10]) == nil)
        for length in 0..<record.encoded.count where length != unsealed.count {
            #expect(ObjectRecord(encoded: Array(record.encoded.prefix(length))) == nil)
        }
    }

    @Test(
        "a plan that somebody wrote is taken only where init could have made it, whatever its numbers",
        arguments: [
            #""filesize":9223372036854775807"#, #""filesize":0"#, #""filesize":-1"#, #""filesize":1572865"#,
            #""slice_size":1"#, #""slice_size":0"#, #""slice_size":-1"#, #""slice_size":9223372036854775807"#,
            #""part_size":0"#, #""part_size":-64"#, #""part_size":1"#, #""part_size":524289"#,
            #""part_size":9223372036854775807"#, #""part_size":262144"#, #""sha":"x""#, #""kind":"other""#,
            #""insertOnly":2"#, #""appid":0"#, #""bucket":"-""#, #""key":"/../x""#, #""serial_upload":"1""#,
        ])
    func editedPlan(edit: String) throws {
        let text = try #require(SealedText.opened(try Self.plan().encoded))
        let end = text.firstIndex(of: 10) ?? text.endIndex
        let name = edit.prefix { $0 != ":" }
        let members = String(decoding: text[1..<(end - 1)], as: UTF8.self).split(separator: ",")
        let edited = members.map { $0.hasPrefix(name + ":") ? Substring(edit) : $0 }
        #expect(edited != members)
        let line = Array("{\(edited.joined(separator: ","))}".utf8)
        #expect(UploadPlan(encoded: SealedText.sealed(line + text[end...]), maximumPieces: 1 << 20) == nil)
    }

    @Test(
        "random changes of kept texts are refused or read as what was kept",
        arguments: [1, 2, 3, 4] as [UInt64])
    func mutated(seed: UInt64) throws {
        var mutator = Mutator(seed: seed)
        let record = try Self.record()
        let plan = try Self.plan()
        let line = SliceLine(slice: 12, arrived: true)
        for _ in 0..<2_000 {
            let changed = mutator.changed(record.encoded)
            let one = ObjectRecord(encoded: changed)
            // Without a line end it is accepted as an older record, which has no seal.
            #expect(one == nil || one == record || !changed.contains(10))
            let two = UploadPlan(encoded: mutator.changed(plan.encoded), maximumPieces: 3)
            #expect(two == nil || two == plan)
            let three = SliceLine(mutator.changed(Array(line.text.utf8.dropLast()))[...])
            #expect(three == nil || three == line)
            // With a valid seal any content must be handled without a trap.
            let text = SealedText.opened(plan.encoded) ?? []
            _ = UploadPlan(encoded: SealedText.sealed(mutator.changed(text)), maximumPieces: 1 << 20)
            _ = ObjectRecord(encoded: SealedText.sealed(mutator.changed(Array(record.encoded.dropLast(42)))))
        }
    }
}
