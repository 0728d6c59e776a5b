/// Twenty bytes, written as 40 lower-case hex digits in manifests and requests.
///
/// Either a SHA-1 (FIPS 180-4) or the wire form of a running state (`RunningState.datasha`), depending on
/// the field.
public struct Digest: Hashable, Sendable {
    /// The bytes as five big-endian words, in the order they are written.
    package let words: (UInt32, UInt32, UInt32, UInt32, UInt32)

    /// Creates a digest from its words, in the order they are written.
    package init(words: (UInt32, UInt32, UInt32, UInt32, UInt32)) {
        self.words = words
    }

    /// Creates a digest from its bytes.
    ///
    /// - Precondition: there are 20.
    package init(bytes: ArraySlice<UInt8>) {
        precondition(bytes.count == 20, "a digest has 20 bytes")
        var words = [UInt32](repeating: 0, count: 5)
        for (place, byte) in bytes.enumerated() { words[place / 4] = words[place / 4] << 8 | UInt32(byte) }
        self.init(words: (words[0], words[1], words[2], words[3], words[4]))
    }

    /// The 20 bytes, in the order they are written.
    package var bytes: [UInt8] {
        [words.0, words.1, words.2, words.3, words.4].flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
        }
    }

    /// Parses exactly 40 digits of `0-9a-f`; nil for anything else.
    package init?(hex: some Collection<UInt8>) {
        self.init(hex: Array(hex.prefix(41)))
    }

    /// Parses exactly 40 digits of `0-9a-f`; nil for anything else.
    ///
    /// **Cost**: no allocation.
    package init?(hex: [UInt8]) {
        guard hex.count == 40 else { return nil }
        self.init(hex: hex, from: 0)
    }

    /// Reads 40 digits of `0-9a-f` that stand in `text` from `start` on; nil for anything else.
    ///
    /// **Cost**: no allocation.
    package init?(hex text: [UInt8], from start: Int) {
        guard start >= 0, start <= text.count - 40 else { return nil }
        var invalid: UInt32 = 0
        func word(_ index: Int) -> UInt32 {
            var word: UInt32 = 0
            for place in (start + 8 * index)..<(start + 8 * index + 8) {
                let digit = text[place]
                let (decimal, letter) = (digit &- UInt8(ascii: "0"), digit &- UInt8(ascii: "a"))
                invalid |= decimal < 10 || letter < 6 ? 0 : 1
                word = word << 4 | UInt32(decimal < 10 ? decimal : letter &+ 10)
            }
            return word
        }
        words = (word(0), word(1), word(2), word(3), word(4))
        guard invalid == 0 else { return nil }
    }

    /// Parses exactly 40 digits of `0-9a-f`; nil for anything else.
    public init?(hex: String) {
        self.init(hex: hex.utf8)
    }

    /// The 40 lower-case hex digits.
    public var hex: String { String(decoding: hexBytes, as: UTF8.self) }

    /// The 40 lower-case hex digits as ASCII bytes.
    package var hexBytes: [UInt8] {
        var digits: [UInt8] = []
        digits.reserveCapacity(40)
        appendHex(to: &digits)
        return digits
    }

    /// Appends the 40 lower-case hex digits as ASCII bytes.
    package func appendHex(to output: inout [UInt8]) {
        output.append(hexDigitsOf: words.0)
        output.append(hexDigitsOf: words.1)
        output.append(hexDigitsOf: words.2)
        output.append(hexDigitsOf: words.3)
        output.append(hexDigitsOf: words.4)
    }

    /// The SHA-1 of no bytes, `da39a3ee5e6b4b0d3255bfef95601890afd80709`.
    ///
    /// **Source**: FIPS 180-4.
    package static let ofNoBytes = Digest(
        words: (0xda39_a3ee, 0x5e6b_4b0d, 0x3255_bfef, 0x9560_1890, 0xafd8_0709))

    /// Whether all bytes are equal.
    public static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
        hasher.combine(words.4)
    }
}

extension Digest: CustomStringConvertible {
    /// The 40 lower-case hex digits.
    public var description: String { hex }
}

extension [UInt8] {
    /// Appends all hex digits of `number` in ASCII: two per byte, lower-case, with leading zeros.
    package mutating func append(hexDigitsOf number: some FixedWidthInteger & UnsignedInteger) {
        var place = type(of: number).bitWidth
        while place > 0 {
            place &-= 4
            let nibble =
                UInt8(truncatingIfNeeded: number &>> type(of: number).init(truncatingIfNeeded: place)) & 15
            append(nibble < 10 ? 48 &+ nibble : 87 &+ nibble)
        }
    }

    /// The bytes in lower-case hex digits.
    package var hexText: String {
        var digits: [UInt8] = []
        digits.reserveCapacity(count * 2)
        for byte in self { digits.append(hexDigitsOf: byte) }
        return String(decoding: digits, as: UTF8.self)
    }
}

extension FixedWidthInteger where Self: UnsignedInteger {
    /// All its hex digits: two per byte, lower-case, with leading zeros.
    package var hexDigits: String {
        var digits: [UInt8] = []
        digits.append(hexDigitsOf: self)
        return String(decoding: digits, as: UTF8.self)
    }
}

extension UInt64 {
    /// The eight bytes, most significant first.
    package var bigEndianBytes: [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: self >> UInt64(56 - 8 * $0)) }
    }
}
