/// Walks over JSON text (RFC 8259) that a client sent.
///
/// Written apart from the reader of replies on purpose: a mistake there must not be repeated here.
struct JSONScanner {
    /// The text is not JSON, or not of the shape asked for.
    struct Malformed: Error, Hashable, CustomStringConvertible {
        /// Where it went wrong. **Unit**: bytes from the start of the text.
        let position: Int
        /// What stands there or lacks.
        let what: String

        var description: String { "\(what) at byte \(position)" }
    }

    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func failure(_ what: String) -> Malformed { Malformed(position: position, what: what) }

    /// The next byte that is not blank; nil at the end.
    mutating func peek() -> UInt8? {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0a, 0x0d: position += 1
            default: return bytes[position]
            }
        }
        return nil
    }

    /// Takes `character` if it is the next that is not blank.
    mutating func takes(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(Malformed) {
        guard takes(character) else { throw failure("no '\(character)'") }
    }

    mutating func expectEnd() throws(Malformed) {
        guard peek() == nil else { throw failure("something after the value") }
    }

    /// An integer of 0 or more.
    mutating func number() throws(Malformed) -> Int64 {
        _ = peek()
        let start = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        guard let number = DecimalNumber.read(bytes[start..<position]) else {
            throw Malformed(position: start, what: "no whole number")
        }
        return number
    }

    /// A string's bytes, escapes resolved.
    mutating func string() throws(Malformed) -> [UInt8] {
        try expect("\"")
        let start = position
        // Names and digests hold no escapes: taken in one piece.
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return Array(bytes[start..<position - 1])
            }
            if byte == UInt8(ascii: "\\") || byte < 0x20 { break }
            position += 1
        }
        var text = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            guard byte >= 0x20 else { throw failure("a control character in a string") }
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return text
            case UInt8(ascii: "\\"): try appendEscaped(to: &text)
            default: text.append(byte)
            }
        }
        throw failure("a string without end")
    }

    private mutating func appendEscaped(to text: inout [UInt8]) throws(Malformed) {
        guard position < bytes.count else { throw failure("a string without end") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var value = try hexUnit()
            if (0xd800..<0xdc00).contains(value) {
                guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
                    bytes[position + 1] == UInt8(ascii: "u")
                else { throw failure("half a surrogate pair") }
                position += 2
                let low = try hexUnit()
                guard (0xdc00..<0xe000).contains(low) else { throw failure("half a surrogate pair") }
                value = 0x10000 + (value - 0xd800) << 10 + (low - 0xdc00)
            }
            guard let scalar = Unicode.Scalar(value) else { throw failure("half a surrogate pair") }
            text.append(contentsOf: String(scalar).utf8)
        default: throw failure("an unknown escape")
        }
    }

    private mutating func hexUnit() throws(Malformed) -> UInt32 {
        guard position + 4 <= bytes.count else { throw failure("a short escape") }
        var unit: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): unit = unit << 4 | UInt32(byte - 48)
            case UInt8(ascii: "a")...UInt8(ascii: "f"): unit = unit << 4 | UInt32(byte - 87)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): unit = unit << 4 | UInt32(byte - 55)
            default: throw failure("a short escape")
            }
        }
        position += 4
        return unit
    }
}
