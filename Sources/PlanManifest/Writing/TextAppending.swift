import PlanCore

extension [UInt8] {
    /// Appends the UTF-8 bytes of `text`.
    mutating func append(_ text: StaticString) {
        unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a non-negative number in decimal digits.
    mutating func append(decimal number: Int64) {
        if number < 10 {
            append(UInt8(truncatingIfNeeded: 48 + number))
            return
        }
        let start = count
        var rest = number
        while rest > 0 {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            append(UInt8(truncatingIfNeeded: 48 + digit))
            rest = quotient
        }
        self[start...].reverse()
    }

    /// Appends `text` as a quoted YAML scalar on one line: single-quoted if no character needs an escape,
    /// else double-quoted.
    package mutating func appendYAML(_ text: ByteString) {
        let quote = UInt8(ascii: "'")
        guard text.text.unicodeScalars.contains(where: \.needsEscape) else {
            append(quote)
            for byte in text.bytes {
                if byte == quote { append(quote) }
                append(byte)
            }
            append(quote)
            return
        }
        append("\"")
        for scalar in text.text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                append("\\")
                append(UInt8(truncatingIfNeeded: scalar.value))
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case _ where scalar.needsEscape:
                if scalar.value < 0x100 {
                    append("\\x")
                    append(hexDigitsOf: UInt8(truncatingIfNeeded: scalar.value))
                } else if scalar.value < 0x10000 {
                    append("\\u")
                    append(hexDigitsOf: UInt16(truncatingIfNeeded: scalar.value))
                } else {
                    append("\\U")
                    append(hexDigitsOf: scalar.value)
                }
            default: append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        append("\"")
    }

    /// Appends `text` as a JSON string.
    mutating func appendJSON(_ text: ByteString) {
        append("\"")
        for scalar in text.text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                append("\\")
                append(UInt8(truncatingIfNeeded: scalar.value))
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case _ where scalar.needsEscape:
                for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
                    append("\\u")
                    append(hexDigitsOf: unit)
                }
            default: append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
        }
        append("\"")
    }
}

extension Unicode.Scalar {
    /// Whether it must be escaped: a terminal would act on it or hide it, or YAML forbids it.
    fileprivate var needsEscape: Bool { disturbsDisplay || value & 0xfffe == 0xfffe }
}
