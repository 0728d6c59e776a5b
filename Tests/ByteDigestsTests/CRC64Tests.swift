import ByteDigests
import Testing

@Suite("CRC-64 in pieces")
struct CRC64Tests {
    @Test("CRCs of pieces combine to that of the whole, on random cuts", arguments: [CRC64.Kind.ecma, .nvme])
    func combination(_ kind: CRC64.Kind) {
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: 131 * $0 + ($0 >> 8) + 7) }
        func crc(_ range: Range<Int>, _ kernel: CRC64Kernel) -> CRC64 {
            var crc = CRC64(kind)
            unsafe bytes[range].withUnsafeBytes { unsafe crc.take($0, kernel: kernel) }
            return crc
        }
        for kernel in CRC64Kernel.allCases where kernel.isAvailable {
            let whole = crc(0..<bytes.count, kernel)
            for _ in 0..<20 {
                let cuts = ([0, bytes.count] + (0..<5).map { _ in Int.random(in: 0...bytes.count) }).sorted()
                var combined = CRC64(kind)
                for (from, to) in zip(cuts, cuts.dropFirst()) { combined.append(crc(from..<to, kernel)) }
                #expect(combined == whole, "\(cuts)")
            }
        }
    }
}
