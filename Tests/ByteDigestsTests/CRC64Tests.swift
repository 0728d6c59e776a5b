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

    @Test("both kinds in one pass are what each is alone, from piece to piece")
    func both() {
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: 31 * $0 + ($0 >> 9) + 3) }
        for kernel in CRC64Kernel.allCases where kernel.isAvailable {
            let cuts = ([0, bytes.count] + (0..<9).map { _ in Int.random(in: 0...bytes.count) }).sorted()
            var (ecma, nvme) = (CRC64(.ecma), CRC64(.nvme))
            for (from, to) in zip(cuts, cuts.dropFirst()) {
                unsafe bytes[from..<to].withUnsafeBytes {
                    unsafe CRC64.take($0, &ecma, &nvme, kernel: kernel)
                }
            }
            for both in [ecma, nvme] {
                var alone = CRC64(both.kind)
                unsafe bytes.withUnsafeBytes { unsafe alone.take($0, kernel: .table) }
                #expect(both == alone, "\(kernel): \(cuts)")
            }
        }
    }
}
