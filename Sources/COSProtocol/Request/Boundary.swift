import PlanCore

/// The boundary of a multipart form.
///
/// **Shape**: 1 to 70 of the characters that RFC 2046 allows unquoted in a header.
public struct Boundary: Hashable, Sendable {
    /// The boundary without its leading dashes.
    package let text: String

    /// Creates a boundary; nil if `text` is invalid.
    package init?(_ text: String) {
        let allowed = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard allowed, (1...70).contains(text.utf8.count) else { return nil }
        self.text = text
    }

    /// A random boundary of 128 bits, in the format of the documentation: hex digits in groups of 8, 4, 4, 4
    /// and 12.
    ///
    /// File content contains it only by intention. Use a new one for every request.
    public static func random(using generator: inout some RandomNumberGenerator) -> Boundary {
        var digits = generator.next().hexDigits + generator.next().hexDigits
        for position in [20, 16, 12, 8] {
            digits.insert("-", at: digits.index(digits.startIndex, offsetBy: position))
        }
        return Boundary(unchecked: digits)
    }

    /// A random boundary from the system's generator.
    public static func random() -> Boundary {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    private init(unchecked text: String) { self.text = text }
}
