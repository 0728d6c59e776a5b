import PlanCore

/// Text stored with its own SHA-1 on a last line, so that damage is detected when it is read.
enum SealedText {
    /// The text as stored: the text, LF, 40 hex digits, LF.
    static func sealed(_ text: [UInt8]) -> [UInt8] {
        var sealed = text
        sealed.reserveCapacity(text.count + tailLength)
        sealed.append(UInt8(ascii: "\n"))
        SHA1Stream.digest(of: text).appendHex(to: &sealed)
        sealed.append(UInt8(ascii: "\n"))
        return sealed
    }

    /// The text without its seal; nil if the digest does not match.
    static func opened(_ sealed: [UInt8]) -> [UInt8]? {
        guard sealed.count >= tailLength, sealed.last == UInt8(ascii: "\n") else { return nil }
        let end = sealed.count - tailLength
        guard sealed[end] == UInt8(ascii: "\n"), let digest = Digest(hex: sealed[(end + 1)...].dropLast())
        else { return nil }
        let text = Array(sealed[..<end])
        return SHA1Stream.digest(of: text) == digest ? text : nil
    }

    /// Two LF and 40 digits.
    private static let tailLength = 42
}
