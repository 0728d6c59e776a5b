extension [UInt8] {
    /// Appends the lowest `digits` hex digits of `number`, lower-case, in ASCII.
    package mutating func append(hex number: UInt32, digits: UInt32) {
        for place in (0..<digits).reversed() {
            let nibble = UInt8(truncatingIfNeeded: number >> (4 * place)) & 15
            append(nibble < 10 ? 48 + nibble : 87 + nibble)
        }
    }
}

extension FixedWidthInteger where Self: UnsignedInteger {
    /// All its hex digits, lower-case: two for each byte, leading zeros too.
    package var hexDigits: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: Self.bitWidth / 4 - digits.utf8.count) + digits
    }
}
