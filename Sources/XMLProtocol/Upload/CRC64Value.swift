/// The CRC-64 of a range of bytes with its length, so that the CRCs of adjacent ranges can be combined.
///
/// crc(A‖B) is crc(A) advanced by length(B) zero bytes, xor crc(B). Advancing is multiplication by
/// x^(8·length) modulo the polynomial. **Source**: ECMA-182 and the NVM Express base specification for the
/// polynomials, both reflected.
package struct CRC64Value: Hashable, Sendable {
    /// The polynomial.
    package enum Kind: Hashable, Sendable {
        /// CRC-64/XZ: the polynomial of ECMA-182.
        case ecma
        /// CRC-64/NVME.
        case nvme

        /// The reflected polynomial: the lowest bit is x^63.
        var polynomial: UInt64 {
            switch self {
            case .ecma: 0xc96c_5795_d787_0f42
            case .nvme: 0x9a6c_9329_ac4b_c9b5
            }
        }
    }

    /// The kind of CRC.
    package let kind: Kind
    /// Its value.
    package let value: UInt64
    /// The number of bytes.
    ///
    /// **Unit**: bytes.
    package let length: Int64

    package init(_ kind: Kind, value: UInt64, length: Int64) {
        self.kind = kind
        self.value = value
        self.length = length
    }

    /// The CRC of all pieces, in file order.
    ///
    /// **Cost**: 64 polynomial multiplications for each distinct length.
    package static func combined(_ kind: Kind, _ pieces: some Sequence<(value: UInt64, length: Int64)>)
        -> CRC64Value
    {
        var whole: UInt64 = 0
        var total: Int64 = 0
        var known: (length: Int64, factor: UInt64)?
        for piece in pieces {
            // All pieces of a layout except the last have the same length.
            let factor = known?.length == piece.length ? known?.factor : nil
            let power = factor ?? Self.power(of: piece.length, kind)
            known = (piece.length, power)
            whole = product(whole, power, kind) ^ piece.value
            total += piece.length
        }
        return CRC64Value(kind, value: whole, length: total)
    }

    /// x^(8·`bytes`) modulo the polynomial.
    private static func power(of bytes: Int64, _ kind: Kind) -> UInt64 {
        var result: UInt64 = 1 << 63  // x^0, reflected
        var square: UInt64 = 1 << 55  // x^8
        var rest = bytes
        while rest > 0 {
            if rest & 1 == 1 { result = product(result, square, kind) }
            square = product(square, square, kind)
            rest >>= 1
        }
        return result
    }

    /// The product of two reflected polynomials modulo the polynomial.
    private static func product(_ left: UInt64, _ right: UInt64, _ kind: Kind) -> UInt64 {
        var result: UInt64 = 0
        var shifted = left
        var rest = right
        while rest != 0 {
            if rest & (1 << 63) != 0 { result ^= shifted }
            rest <<= 1
            shifted = shifted >> 1 ^ (shifted & 1 == 1 ? kind.polynomial : 0)
        }
        return result
    }
}
