/// Parses the numbers in form fields.
enum DecimalNumber {
    /// A decimal number of 0 or more, without sign, blanks or leading zeros; nil for anything else.
    static func read(_ digits: some Collection<UInt8>) -> Int64? {
        guard let first = digits.first, digits.count <= 19, first != UInt8(ascii: "0") || digits.count == 1
        else { return nil }
        var number: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            let (tens, tooLong) = number.multipliedReportingOverflow(by: 10)
            let (next, tooLarge) = tens.addingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
            guard !tooLong, !tooLarge else { return nil }
            number = next
        }
        return number
    }
}

extension ArraySlice<UInt8> {
    /// Without blanks and tabs at both ends.
    var trimmingBlanks: ArraySlice<UInt8> {
        var rest = trimmingFirstBlanks
        while let last = rest.last, last.isBlank { rest.removeLast() }
        return rest
    }

    /// Without blanks and tabs at the start.
    var trimmingFirstBlanks: ArraySlice<UInt8> { drop(while: \.isBlank) }
}

extension UInt8 {
    /// Whether it is a space or a tab.
    var isBlank: Bool { self == 0x20 || self == 0x09 }

    /// Whether it is an ASCII digit.
    var isDecimalDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
