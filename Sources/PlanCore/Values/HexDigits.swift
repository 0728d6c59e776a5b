extension [UInt8] {
    /// Appends all hex digits of `number` in ASCII: two for each of its bytes, lower-case, leading zeros too.
    package mutating func append(hexDigitsOf number: some FixedWidthInteger & UnsignedInteger) {
        var place = type(of: number).bitWidth
        while place > 0 {
            place &-= 4
            let nibble =
                UInt8(truncatingIfNeeded: number &>> type(of: number).init(truncatingIfNeeded: place)) & 15
            append(nibble < 10 ? 48 &+ nibble : 87 &+ nibble)
        }
    }
}

extension FixedWidthInteger where Self: UnsignedInteger {
    /// All its hex digits: two for each byte, lower-case, leading zeros too.
    package var hexDigits: String {
        var digits: [UInt8] = []
        digits.append(hexDigitsOf: self)
        return String(decoding: digits, as: UTF8.self)
    }
}
