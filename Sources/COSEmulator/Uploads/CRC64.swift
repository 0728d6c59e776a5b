/// CRC-64/XZ (the reflected polynomial of ECMA-182), incremental and combinable.
///
/// It does not use the planner's code, so that a bug there is not repeated here. Processes eight bytes at a
/// time with tables.
///
/// **Source**: ECMA-182; the parameters on the service's CRC64 page.
struct CRC64: Hashable, Sendable {
    /// The reflected polynomial.
    private static let polynomial: UInt64 = 0xc96c_5795_d787_0f42

    /// `tables[k * 256 + byte]`: the contribution of a byte that is followed by k zero bytes.
    private static let tables: [UInt64] = {
        var tables = (0..<256).map { byte in
            (0..<8).reduce(UInt64(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? polynomial : 0) }
        }
        for index in 256..<2_048 {
            let before = tables[index - 256]
            tables.append(before >> 8 ^ tables[Int(before & 0xff)])
        }
        return tables
    }()

    private var register = UInt64.max
    /// The number of bytes processed.
    private(set) var length: Int64 = 0

    /// The CRC of all bytes so far; 0 for none.
    var value: UInt64 { ~register }

    /// Processes the next bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        length += Int64(bytes.count)
        var register = register
        var position = 0
        unsafe Self.tables.withUnsafeBufferPointer { tables in
            while position + 8 <= bytes.count {
                let word = unsafe bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                let mixed = register ^ UInt64(littleEndian: word)
                let low = unsafe tables[Int(mixed & 0xff) + 1_792] ^ tables[Int(mixed >> 8 & 0xff) + 1_536]
                let middle =
                    unsafe tables[Int(mixed >> 16 & 0xff) + 1_280] ^ tables[Int(mixed >> 24 & 0xff) + 1_024]
                let upper =
                    unsafe tables[Int(mixed >> 32 & 0xff) + 768] ^ tables[Int(mixed >> 40 & 0xff) + 512]
                let high = unsafe tables[Int(mixed >> 48 & 0xff) + 256] ^ tables[Int(mixed >> 56)]
                register = low ^ middle ^ upper ^ high
                position += 8
            }
            while position < bytes.count {
                let byte = unsafe UInt64(bytes[position])
                register = unsafe register >> 8 ^ tables[Int((register ^ byte) & 0xff)]
                position += 1
            }
        }
        self.register = register
    }

    /// The CRC of the concatenation of pieces with these values and lengths, in order.
    static func combined(_ pieces: some Sequence<(value: UInt64, length: Int64)>) -> UInt64 {
        pieces.reduce(0) { whole, piece in shifted(whole, by: piece.length) ^ piece.value }
    }

    /// The CRC after `length` zero bytes.
    ///
    /// Applies one precomputed matrix for each power of two in `length`.
    private static func shifted(_ value: UInt64, by length: Int64) -> UInt64 {
        var value = value
        var rest = length
        var level = 0
        while rest > 0, value != 0 {
            if rest & 1 == 1 { value = product(zeroBytes[level], value) }
            rest >>= 1
            level += 1
        }
        return value
    }

    /// `zeroBytes[n]` advances a CRC by 2^n zero bytes: column i is the image of bit i.
    private static let zeroBytes: [[UInt64]] = {
        var matrices = [
            (0..<64).map { bit in
                (0..<8).reduce(UInt64(1) << bit) { value, _ in
                    value >> 1 ^ (value & 1 == 1 ? polynomial : 0)
                }
            }
        ]
        for _ in 1..<63 {
            let last = matrices[matrices.count - 1]
            matrices.append(last.map { product(last, $0) })
        }
        return matrices
    }()

    private static func product(_ matrix: [UInt64], _ vector: UInt64) -> UInt64 {
        var rest = vector
        var sum: UInt64 = 0
        while rest != 0 {
            sum ^= matrix[rest.trailingZeroBitCount]
            rest &= rest - 1
        }
        return sum
    }
}
