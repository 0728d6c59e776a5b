// Numbers and strings, byte by byte.

extension JSONCursor {
    private mutating func digits() -> Int {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position - start
    }

    mutating func number() throws(JSONError) -> JSONValue {
        let start = position
        _ = take("-")
        let leadingZero = next == UInt8(ascii: "0")
        let integerDigits = digits()
        guard integerDigits > 0, !(leadingZero && integerDigits > 1) else { throw failure("no number") }
        var isInteger = true
        if take(".") {
            isInteger = false
            guard digits() > 0 else { throw failure("no digit after the point") }
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("+") { _ = take("-") }
            guard digits() > 0 else { throw failure("no digit in the exponent") }
        }
        let written = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let number = Int64(written) { return .integer(number) }
        return .otherNumber(written)
    }

    /// Returns `text` if it is valid UTF-8; otherwise repairs or refuses it, depending on the policy.
    func unicode(
        _ text: ArraySlice<UInt8>, isASCII: Bool, _ start: Int
    ) throws(JSONError) -> ArraySlice<UInt8> {
        if isASCII || String(validating: text, as: UTF8.self) != nil { return text }
        switch strings {
        case .repaired: return Array(String(decoding: text, as: UTF8.self).utf8)[...]
        case .strict: throw JSONError(position: start - bytes.startIndex, found: "a string that is not UTF-8")
        }
    }

    mutating func resolveEscape(into text: inout [UInt8]) throws(JSONError) {
        guard let byte = next else { throw failure("a string without end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text.append(contentsOf: String(try escapedScalar()).utf8)
        default:
            position -= 1
            throw failure("an unknown escape")
        }
    }

    /// The scalar of `\uXXXX` after its `u`, or of a surrogate pair.
    private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
        let start = position
        let first = try hexUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        let mark = position
        if first < 0xdc00, take("\\"), take("u") {
            let second = try hexUnit()
            let value = 0x10000 + ((first - 0xd800) << 10) + (second & 0x3ff)
            if (0xdc00...0xdfff).contains(second), let scalar = Unicode.Scalar(value) { return scalar }
        }
        position = mark
        switch strings {
        case .repaired: return "\u{fffd}"
        case .strict: throw JSONError(position: start - bytes.startIndex, found: "half a surrogate pair")
        }
    }

    private mutating func hexUnit() throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, byte < 0x80, let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw failure("an escape of fewer than four hex digits") }
            position += 1
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }
}
