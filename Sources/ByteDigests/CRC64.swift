import CCRC64

/// The CRC-64 of a sequence of bytes; can be extended, and combined with the CRC of the bytes that follow.
package struct CRC64: Hashable, Sendable {
    /// The CRC-64 variant.
    package enum Kind: Hashable, Sendable {
        /// CRC-64/XZ. **Source**: ECMA-182, with the polynomial reflected.
        case ecma
        /// CRC-64/NVME. **Source**: NVM Express, NVM Command Set Specification.
        case nvme

        /// The reflected polynomial without x^64; bit 63 is the coefficient of x^0.
        package var polynomial: UInt64 {
            switch self {
            case .ecma: 0xc96c_5795_d787_0f42
            case .nvme: 0x9a6c_9329_ac4b_c9b5
            }
        }

        fileprivate var constants: Constants<cosplan_crc64_constants> {
            switch self {
            case .ecma: CRC64.ecma
            case .nvme: CRC64.nvme
            }
        }
    }

    /// The variant.
    package let kind: Kind
    /// The CRC so far; 0 for no bytes.
    package private(set) var value: UInt64 = 0
    /// The number of bytes.
    package private(set) var length: Int64 = 0

    /// Starts a CRC.
    package init(_ kind: Kind) { self.kind = kind }

    /// The CRC `value` of `length` bytes.
    package init(_ kind: Kind, value: UInt64, length: Int64) {
        self.kind = kind
        self.value = value
        self.length = length
    }

    /// The CRC of all pieces, in the order of the file.
    package static func combined(
        _ kind: Kind, _ pieces: some Sequence<(value: UInt64, length: Int64)>
    ) -> CRC64 {
        pieces.reduce(into: CRC64(kind)) { whole, piece in
            whole.append(CRC64(kind, value: piece.value, length: piece.length))
        }
    }

    /// Processes the next bytes.
    package mutating func take(_ bytes: UnsafeRawBufferPointer, kernel: CRC64Kernel = .best) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        value = unsafe kernel.update(
            kind.constants.pointer, value, start.assumingMemoryBound(to: UInt8.self), bytes.count)
        length += Int64(bytes.count)
    }

    /// Processes the next bytes for both, in one pass where the kernel can.
    ///
    /// - Precondition: the first is of kind ecma, the second of kind nvme.
    package static func take(
        _ bytes: UnsafeRawBufferPointer, _ ecma: inout CRC64, _ nvme: inout CRC64, kernel: CRC64Kernel = .best
    ) {
        precondition(ecma.kind == .ecma && nvme.kind == .nvme, "CRCs in this order")
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        let values = unsafe kernel.update(
            pair.pointer, .init(first: ecma.value, second: nvme.value),
            start.assumingMemoryBound(to: UInt8.self), bytes.count)
        (ecma.value, nvme.value) = (values.first, values.second)
        ecma.length += Int64(bytes.count)
        nvme.length += Int64(bytes.count)
    }

    /// Appends the CRC of the bytes that follow.
    ///
    /// **Cost**: one step for each set bit in their number.
    ///
    /// - Precondition: both are of the same kind.
    package mutating func append(_ next: CRC64) {
        precondition(kind == next.kind, "one CRC does not continue another")
        value = unsafe cosplan_crc64_combine(kind.constants.pointer, value, next.value, UInt64(next.length))
        length += next.length
    }

    /// Constants computed once, of a polynomial or of both.
    ///
    /// A class, because it owns the memory.
    @safe fileprivate final class Constants<Values>: @unchecked Sendable {
        // Safety: the memory is written before the pointer is shared, and never again.
        let pointer: UnsafePointer<Values>

        init(_ fill: (UnsafeMutablePointer<Values>) -> Void) {
            let memory = UnsafeMutablePointer<Values>.allocate(capacity: 1)
            unsafe fill(memory)
            unsafe pointer = UnsafePointer(memory)
        }
    }

    private static let ecma = unsafe Constants {
        unsafe cosplan_crc64_constants_fill($0, Kind.ecma.polynomial)
    }
    private static let nvme = unsafe Constants {
        unsafe cosplan_crc64_constants_fill($0, Kind.nvme.polynomial)
    }
    /// Of both; the second is the one whose polynomial is irreducible.
    private static let pair = unsafe Constants {
        unsafe cosplan_crc64_pair_constants_fill($0, ecma.pointer, nvme.pointer)
    }
}

/// The instructions that compute CRC-64s.
///
/// All give the same values.
package enum CRC64Kernel: Hashable, Sendable, CaseIterable {
    /// Tables; available on every processor.
    case table
    /// PCLMULQDQ, 16 bytes at a time.
    case pclmul
    /// VPCLMULQDQ and AVX2, 32 bytes at a time.
    case vpclmul256
    /// VPCLMULQDQ and AVX-512, 64 bytes at a time.
    case vpclmul512

    /// Whether the processor has the instructions.
    package var isAvailable: Bool {
        switch self {
        case .table: true
        case .pclmul: cosplan_crc64_pclmul_is_available()
        case .vpclmul256: cosplan_crc64_vpclmul256_is_available()
        case .vpclmul512: cosplan_crc64_vpclmul512_is_available()
        }
    }

    /// The widest that this processor has.
    package static let best = allCases.last(where: \.isAvailable) ?? .table

    fileprivate func update(
        _ constants: UnsafePointer<cosplan_crc64_constants>, _ value: UInt64,
        _ bytes: UnsafePointer<UInt8>, _ count: Int
    ) -> UInt64 {
        #if arch(x86_64)
            switch self {
            case .table: unsafe cosplan_crc64_table_update(constants, value, bytes, count)
            case .pclmul: unsafe cosplan_crc64_pclmul_update(constants, value, bytes, count)
            case .vpclmul256: unsafe cosplan_crc64_vpclmul256_update(constants, value, bytes, count)
            case .vpclmul512: unsafe cosplan_crc64_vpclmul512_update(constants, value, bytes, count)
            }
        #else
            unsafe cosplan_crc64_table_update(constants, value, bytes, count)
        #endif
    }

    fileprivate func update(
        _ constants: UnsafePointer<cosplan_crc64_pair_constants>, _ values: cosplan_crc64_pair,
        _ bytes: UnsafePointer<UInt8>, _ count: Int
    ) -> cosplan_crc64_pair {
        #if arch(x86_64)
            switch self {
            case .table: unsafe cosplan_crc64_table_update_pair(constants, values, bytes, count)
            case .pclmul: unsafe cosplan_crc64_pclmul_update_pair(constants, values, bytes, count)
            case .vpclmul256: unsafe cosplan_crc64_vpclmul256_update_pair(constants, values, bytes, count)
            case .vpclmul512: unsafe cosplan_crc64_vpclmul512_update_pair(constants, values, bytes, count)
            }
        #else
            unsafe cosplan_crc64_table_update_pair(constants, values, bytes, count)
        #endif
    }
}
