import ByteDigests
import Foundation
import Testing

@Suite("Combined CRC-64s")
struct CombinedCRCTests {
    /// **Source**: the catalogue of CRC parameters, entries CRC-64/XZ and CRC-64/NVME.
    static let checks: [(CRC64.Kind, UInt64)] = [
        (.ecma, 0x995d_c9bb_df19_39fa), (.nvme, 0xae8b_1486_0a79_9888),
    ]

    @Test("every split of 123456789 combines to the published value", arguments: checks)
    func splits(kind: CRC64.Kind, check: UInt64) {
        let text = Array("123456789".utf8)
        for first in 0...9 {
            for second in first...9 {
                let pieces = [text[..<first], text[first..<second], text[second...]].map {
                    (value: crc64($0, kind), length: Int64($0.count))
                }
                let whole = CRC64.combined(kind, pieces)
                #expect(whole.value == check && whole.length == 9)
            }
        }
        #expect(CRC64.combined(kind, []).value == 0)
    }

    @Test(
        "random splits combine to what a Python program computes over the whole",
        .enabled(if: SecondOpinion.isThere, "python3 is not installed"))
    func secondOpinion() throws {
        var random = Seeded(state: 64)
        var (cases, ours): ([[String: Any]], [String]) = ([], [])
        for round in 0..<40 {
            let kind: CRC64.Kind = round % 2 == 0 ? .ecma : .nvme
            let bytes = (0..<Int.random(in: 0...5000, using: &random)).map { _ in
                UInt8(truncatingIfNeeded: random.next())
            }
            let cuts = (0..<4).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
            let edges = [0] + cuts + [bytes.count]
            let pieces = zip(edges, edges.dropFirst()).map { from, to in
                (value: crc64(bytes[from..<to], kind), length: Int64(to - from))
            }
            ours.append(String(CRC64.combined(kind, pieces).value))
            cases.append([
                "kind": "crc64", "crc": kind == .ecma ? "ecma" : "nvme",
                "bytes": Data(bytes).base64EncodedString(),
            ])
        }
        #expect(try SecondOpinion.answers(to: cases) == ours)
    }

    @Test("terabytes of zeros are carried over in a moment: squaring, not stepping")
    func long() {
        // 2^40 zero bytes in one piece, and in two.
        let long: [(value: UInt64, length: Int64)] = [(7, 1), (0, 1 << 40)]
        let halves: [(value: UInt64, length: Int64)] = [(7, 1), (0, 1 << 39), (0, 1 << 39)]
        let (one, two) = (CRC64.combined(.nvme, long), CRC64.combined(.nvme, halves))
        #expect(one.value == two.value && one.length == two.length)
    }
}
