import CCRC64
import Foundation
import Testing

@Suite("CRC-64 kernels")
struct CRC64Tests {
    /// A kernel under test.
    @safe struct Kernel: Sendable, CustomTestStringConvertible {
        let name: String
        let update:
            @convention(c) (
                UnsafePointer<cosplan_crc64_constants>?, UInt64, UnsafePointer<UInt8>?, Int
            ) -> UInt64
        let updatePair:
            @convention(c) (
                UnsafePointer<cosplan_crc64_pair_constants>?, cosplan_crc64_pair, UnsafePointer<UInt8>?, Int
            ) -> cosplan_crc64_pair
        var testDescription: String { name }

        static let available: [Kernel] = {
            var kernels = unsafe [
                Kernel(
                    name: "tables", update: cosplan_crc64_table_update,
                    updatePair: cosplan_crc64_table_update_pair)
            ]
            #if arch(x86_64)
                if cosplan_crc64_pclmul_is_available() {
                    unsafe kernels.append(
                        Kernel(
                            name: "pclmul", update: cosplan_crc64_pclmul_update,
                            updatePair: cosplan_crc64_pclmul_update_pair))
                }
                if cosplan_crc64_vpclmul256_is_available() {
                    unsafe kernels.append(
                        Kernel(
                            name: "vpclmul, 256 bits", update: cosplan_crc64_vpclmul256_update,
                            updatePair: cosplan_crc64_vpclmul256_update_pair))
                }
                if cosplan_crc64_vpclmul512_is_available() {
                    unsafe kernels.append(
                        Kernel(
                            name: "vpclmul, 512 bits", update: cosplan_crc64_vpclmul512_update,
                            updatePair: cosplan_crc64_vpclmul512_update_pair))
                }
            #endif
            return kernels
        }()
    }

    /// The constants of a polynomial.
    ///
    /// A class, because it owns the memory.
    @safe final class Constants {
        let pointer: UnsafeMutablePointer<cosplan_crc64_constants>

        init(_ polynomial: UInt64) {
            unsafe pointer = .allocate(capacity: 1)
            unsafe cosplan_crc64_constants_fill(pointer, polynomial)
        }

        deinit { unsafe pointer.deallocate() }

        func value(_ bytes: ArraySlice<UInt8>, after crc: UInt64 = 0, _ kernel: Kernel) -> UInt64 {
            unsafe bytes.withUnsafeBufferPointer {
                unsafe kernel.update(pointer, crc, $0.baseAddress, $0.count)
            }
        }
    }

    /// The constants of two polynomials.
    ///
    /// A class, because it owns the memory.
    @safe final class PairConstants {
        let constants: (Constants, Constants)
        let pointer: UnsafeMutablePointer<cosplan_crc64_pair_constants>

        init(_ first: UInt64, _ second: UInt64) {
            constants = (Constants(first), Constants(second))
            unsafe pointer = .allocate(capacity: 1)
            unsafe cosplan_crc64_pair_constants_fill(pointer, constants.0.pointer, constants.1.pointer)
        }

        deinit { unsafe pointer.deallocate() }

        func values(
            _ bytes: ArraySlice<UInt8>, after crcs: (UInt64, UInt64) = (0, 0), _ kernel: Kernel
        ) -> (UInt64, UInt64) {
            let values = unsafe bytes.withUnsafeBufferPointer {
                unsafe kernel.updatePair(
                    pointer, .init(first: crcs.0, second: crcs.1), $0.baseAddress, $0.count)
            }
            return (values.first, values.second)
        }
    }

    /// The polynomials, reflected.
    ///
    /// **Source**: the catalogue of parametrised CRC algorithms.
    static let ecma: UInt64 = 0xc96c_5795_d787_0f42
    static let nvme: UInt64 = 0x9a6c_9329_ac4b_c9b5

    /// Computed by `crc64.py`, bit by bit.
    struct Vector {
        let count: Int
        let ecma: UInt64
        let nvme: UInt64

        static func all() throws -> [Vector] {
            let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "vectors.txt")
            return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map { line in
                let words = line.split(separator: " ")
                return Vector(
                    count: try #require(Int(words[0])), ecma: try #require(UInt64(words[1], radix: 16)),
                    nvme: try #require(UInt64(words[2], radix: 16)))
            }
        }
    }

    /// The bytes of the vectors.
    static let bytes: [UInt8] = (0..<100_000).map { UInt8(truncatingIfNeeded: 131 * $0 + ($0 >> 8) + 7) }

    @Test("the catalogue's check values, of the digits 1 to 9", arguments: Kernel.available)
    func check(_ kernel: Kernel) {
        let digits = Array("123456789".utf8)[...]
        #expect(Constants(Self.ecma).value(digits, kernel) == 0x995d_c9bb_df19_39fa)
        #expect(Constants(Self.nvme).value(digits, kernel) == 0xae8b_1486_0a79_9888)
    }

    @Test("every kernel gives every vector's value, wherever the bytes begin", arguments: Kernel.available)
    func vectors(_ kernel: Kernel) throws {
        let (ecma, nvme) = (Constants(Self.ecma), Constants(Self.nvme))
        let pair = PairConstants(Self.ecma, Self.nvme)
        let vectors = try Vector.all()
        #expect(vectors.count > 100)
        for shift in [0, 1, 8, 17, 63] {
            let moved = [UInt8](repeating: 0xaa, count: shift) + Self.bytes
            for vector in vectors {
                let bytes = moved[shift..<(shift + vector.count)]
                #expect(ecma.value(bytes, kernel) == vector.ecma, "\(vector.count) bytes at \(shift)")
                #expect(nvme.value(bytes, kernel) == vector.nvme, "\(vector.count) bytes at \(shift)")
                let both = pair.values(bytes, kernel)
                #expect(both == (vector.ecma, vector.nvme), "both, \(vector.count) bytes at \(shift)")
            }
        }
    }

    @Test(
        "bytes taken in pieces, and pieces combined, give the value of the whole", arguments: Kernel.available
    )
    func pieces(_ kernel: Kernel) throws {
        var random = SystemRandomNumberGenerator()
        let (ecma, nvme) = (Constants(Self.ecma), Constants(Self.nvme))
        let pair = PairConstants(Self.ecma, Self.nvme)
        for vector in try Vector.all() {
            for _ in 0..<5 {
                let cut = Int.random(in: 0...vector.count, using: &random)
                let (first, second) = (Self.bytes[..<cut], Self.bytes[cut..<vector.count])
                for (constants, whole) in [(ecma, vector.ecma), (nvme, vector.nvme)] {
                    let begun = constants.value(first, kernel)
                    #expect(
                        constants.value(second, after: begun, kernel) == whole, "\(cut) of \(vector.count)")
                    let combined = unsafe cosplan_crc64_combine(
                        constants.pointer, begun, constants.value(second, kernel), UInt64(second.count))
                    #expect(combined == whole, "\(cut) of \(vector.count)")
                }
                let both = pair.values(second, after: pair.values(first, kernel), kernel)
                #expect(both == (vector.ecma, vector.nvme), "both, \(cut) of \(vector.count)")
            }
        }
    }

    @Test("both in one pass go on from any two values, at every length", arguments: Kernel.available)
    func pairs(_ kernel: Kernel) throws {
        var random = SystemRandomNumberGenerator()
        let (ecma, nvme) = (Constants(Self.ecma), Constants(Self.nvme))
        let pair = PairConstants(Self.ecma, Self.nvme)
        for count in 0..<2100 {
            let bytes = Self.bytes[..<count]
            let crcs = (UInt64.random(in: 0...UInt64.max, using: &random), UInt64(count))
            let both = pair.values(bytes, after: crcs, kernel)
            let tables = Kernel.available[0]
            let expected = (
                ecma.value(bytes, after: crcs.0, tables), nvme.value(bytes, after: crcs.1, tables)
            )
            #expect(both == expected, "\(count) bytes after \(crcs)")
        }
    }

    @Test("a combination over a length of 48.8 TB is that over its halves")
    func longCombination() {
        let constants = Constants(Self.ecma)
        let length: UInt64 = 48_820_000_000_001
        let (first, second): (UInt64, UInt64) = (0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210)
        let whole = unsafe cosplan_crc64_combine(constants.pointer, first, second, length)
        let half = unsafe cosplan_crc64_combine(constants.pointer, first, 0, length / 2)
        #expect(unsafe cosplan_crc64_combine(constants.pointer, half, second, length - length / 2) == whole)
    }
}
