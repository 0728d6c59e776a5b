/// How YAML readers interpret a scalar without quotes.
enum PlainScalar {
    /// Whether some YAML reader (1.1 or 1.2) interprets `text` as null, a boolean, a number or a date.
    static func readsAsOtherThanText(_ text: [UInt8]) -> Bool {
        guard let first = text.first else { return true }
        switch first {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            return isNumber(text[...]) || isDate(text)
        default:
            return text.count <= 5 && words.contains(text)
        }
    }

    private static let words: Set<[UInt8]> = {
        var words: Set<[UInt8]> = [Array("~".utf8), Array("=".utf8), Array("<<".utf8)]
        for word in ["null", "true", "false", "yes", "no", "on", "off", "y", "n"] {
            let capitalized = word.prefix(1).uppercased() + word.dropFirst()
            for form in [word, capitalized, word.uppercased()] { words.insert(Array(form.utf8)) }
        }
        return words
    }()

    /// Integers of any base, sexagesimals, floats, infinities and not-a-number, with or without `_`.
    private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        if rest.first == UInt8(ascii: "."), rest.count == 4 {
            let word = rest.dropFirst().map { $0 | 0x20 }
            return word == Array("inf".utf8) || word == Array("nan".utf8) || isFloat(rest)
        }
        if rest.count > 2, rest.first == UInt8(ascii: "0") {
            let digits = rest.dropFirst(2)
            switch rest[rest.startIndex + 1] {
            case UInt8(ascii: "x"): return digits.allSatisfy { isHexDigit($0) || $0 == UInt8(ascii: "_") }
            case UInt8(ascii: "o"), UInt8(ascii: "b"):
                return digits.allSatisfy { isDigit($0) || $0 == UInt8(ascii: "_") }
            default: break
            }
        }
        return isFloat(rest) || isSexagesimal(rest)
    }

    private static func isFloat(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text.drop { isDigit($0) || $0 == UInt8(ascii: "_") }
        var hasDigits = rest.count < text.count
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst()
            rest = fraction.drop { isDigit($0) || $0 == UInt8(ascii: "_") }
            hasDigits = hasDigits || rest.count < fraction.count
        }
        guard hasDigits else { return false }
        guard let exponent = rest.first else { return true }
        guard exponent | 0x20 == UInt8(ascii: "e") else { return false }
        rest = rest.dropFirst()
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        return !rest.isEmpty && rest.allSatisfy(isDigit)
    }

    private static func isSexagesimal(_ text: ArraySlice<UInt8>) -> Bool {
        text.first.map(isDigit) == true && text.contains(UInt8(ascii: ":"))
            && text.allSatisfy {
                isDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
            }
    }

    /// `2001-12-14`, with or without a time.
    private static func isDate(_ text: [UInt8]) -> Bool {
        let fields = text.split(separator: UInt8(ascii: "-"), maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3, fields[0].count == 4, fields[0].allSatisfy(isDigit),
            (1...2).contains(fields[1].count), fields[1].allSatisfy(isDigit)
        else { return false }
        let day = fields[2].prefix(while: isDigit)
        guard (1...2).contains(day.count) else { return false }
        guard let next = fields[2].dropFirst(day.count).first else { return true }
        return next == UInt8(ascii: " ") || next | 0x20 == UInt8(ascii: "t")
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "f"))
    }
}
