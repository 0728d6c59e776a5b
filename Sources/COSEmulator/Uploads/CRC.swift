/// A reflected CRC, incremental and combinable.
///
/// It does not use the planner's code, so that a bug there is not repeated here. Processes eight bytes at a
/// time with tables.
struct CRC: Hashable, Sendable {
    /// The polynomial.
    ///
    /// **Source**: ECMA-182 and the service's CRC64 page; the NVM Express base specification; RFC 1952; RFC
    /// 3720.
    enum Kind: Int, Hashable, Sendable, CaseIterable {
        /// CRC-64/XZ.
        case ecma
        /// CRC-64/NVME.
        case nvme
        /// CRC-32.
        case crc32
        /// CRC-32C.
        case crc32c

        /// The reflected polynomial.
        fileprivate var polynomial: UInt64 {
            switch self {
            case .ecma: 0xc96c_5795_d787_0f42
            case .nvme: 0x9a6c_9329_ac4b_c9b5
            case .crc32: 0xedb8_8320
            case .crc32c: 0x82f6_3b78
            }
        }

        /// All bits of a value.
        fileprivate var mask: UInt64 {
            switch self {
            case .ecma, .nvme: .max
            case .crc32, .crc32c: 0xffff_ffff
            }
        }
    }

    let kind: Kind
    private var register: UInt64
    /// The number of bytes processed.
    private(set) var length: Int64 = 0

    /// The CRC of no bytes.
    init(_ kind: Kind) {
        self.kind = kind
        register = kind.mask
    }

    /// The CRC of all bytes so far; 0 for none.
    var value: UInt64 { register ^ kind.mask }

    /// Processes the next bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        length += Int64(bytes.count)
        var register = register
        var position = 0
        unsafe Self.tables[kind.rawValue].withUnsafeBufferPointer { tables in
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
    static func combined(
        _ kind: Kind, _ pieces: some Sequence<(value: UInt64, length: Int64)>
    ) -> UInt64 {
        pieces.reduce(0) { whole, piece in shifted(kind, whole, by: piece.length) ^ piece.value }
    }

    /// The CRC after `length` zero bytes.
    ///
    /// Applies one precomputed matrix for each power of two in `length`.
    private static func shifted(_ kind: Kind, _ value: UInt64, by length: Int64) -> UInt64 {
        var value = value
        var rest = length
        var level = 0
        while rest > 0, value != 0 {
            if rest & 1 == 1 { value = product(zeroBytes[kind.rawValue][level], value) }
            rest >>= 1
            level += 1
        }
        return value
    }

    /// `value` after a zero byte.
    private static func zeroByte(_ kind: Kind, after value: UInt64) -> UInt64 {
        (0..<8).reduce(value) { value, _ in value >> 1 ^ (value & 1 == 1 ? kind.polynomial : 0) }
    }

    /// By kind; `[k * 256 + byte]` is the contribution of a byte that is followed by k zero bytes.
    private static let tables: [[UInt64]] = Kind.allCases.map { kind in
        var tables = (0..<256).map { zeroByte(kind, after: UInt64($0)) }
        for index in 256..<2_048 {
            let before = tables[index - 256]
            tables.append(before >> 8 ^ tables[Int(before & 0xff)])
        }
        return tables
    }

    /// By kind; `[n]` advances a CRC by 2^n zero bytes: column i is the image of bit i.
    private static let zeroBytes: [[[UInt64]]] = Kind.allCases.map { kind in
        var matrices = [(0..<64).map { zeroByte(kind, after: UInt64(1) << $0) }]
        for _ in 1..<63 {
            let last = matrices[matrices.count - 1]
            matrices.append(last.map { product(last, $0) })
        }
        return matrices
    }

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
