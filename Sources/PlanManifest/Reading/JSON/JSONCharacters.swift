import PlanCore

/// The lexer of a JSON text: blanks, strings, numbers and literals, with their places.
struct JSONCharacters {
    /// The last string, number or literal, truncated one byte beyond the limit.
    private(set) var scalar: [UInt8] = []

    private let text: TextSource
    private var chunk: [UInt8] = []
    private var position = 0
    private var line = 1
    private var column = 1
    private var lastWasCR = false

    init(_ text: TextSource) {
        self.text = text
    }

    /// The place of the current byte.
    var place: Place { Place(line: line, column: column) }

    /// The current character, for a message.
    var currentForDisplay: String {
        guard position < chunk.count else { return "the end" }
        let character = String(decoding: chunk[position...].prefix(4), as: UTF8.self).unicodeScalars.first
        return "'" + (character.map { String($0) } ?? "").escapedForDisplay + "'"
    }

    /// The current byte; nil at the end of the text.
    private mutating func current() throws(ReadFailure) -> UInt8? {
        while position == chunk.count {
            text.mark()
            chunk = try text.nextChunk()
            position = 0
            if chunk.isEmpty { return nil }
        }
        return chunk[position]
    }

    /// Advances past the current byte.
    mutating func advance() {
        let byte = chunk[position]
        position += 1
        switch byte {
        case 0x0d:
            line += 1
            column = 1
        case 0x0a:
            if !lastWasCR { line += 1 }
            column = 1
        case 0x80...0xbf: break
        default: column += 1
        }
        lastWasCR = byte == 0x0d
    }

    /// Advances to the next byte that is not blank; nil at the end of the text.
    mutating func skipBlanks() throws(ReadFailure) -> UInt8? {
        while let byte = try current() {
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return byte }
            advance()
        }
        return nil
    }

    private mutating func keep(_ byte: UInt8) {
        if scalar.count <= ManifestLimits.scalarBytes { scalar.append(byte) }
    }

    /// Reads the string that begins at the current quote.
    mutating func readString() throws(ReadFailure) {
        scalar.removeAll(keepingCapacity: true)
        let start = place
        advance()
        while true {
            guard let byte = try current() else {
                throw .malformed(at: start, "not well-formed JSON: the string does not end")
            }
            switch byte {
            case UInt8(ascii: "\""):
                advance()
                return
            case UInt8(ascii: "\\"): try readEscape()
            case 0..<0x20:
                throw .malformed(
                    at: place,
                    "not well-formed JSON: a raw control character (U+00\(byte < 16 ? "0" : "")"
                        + String(byte, radix: 16, uppercase: true) + ") in a string")
            default: keepOrdinary()
            }
        }
    }

    /// Takes the bytes of a string that need no unescaping, up to the end of the chunk.
    private mutating func keepOrdinary() {
        let start = position
        while position < chunk.count {
            let byte = chunk[position]
            guard byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { break }
            if byte & 0xc0 != 0x80 { column += 1 }
            position += 1
        }
        lastWasCR = false
        let room = max(0, ManifestLimits.scalarBytes + 1 - scalar.count)
        scalar.append(contentsOf: chunk[start..<min(position, start + room)])
    }

    private mutating func readEscape() throws(ReadFailure) {
        let start = place
        advance()
        guard let byte = try current() else {
            throw .malformed(at: start, "not well-formed JSON: the string does not end")
        }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): keep(byte)
        case UInt8(ascii: "b"): keep(0x08)
        case UInt8(ascii: "f"): keep(0x0c)
        case UInt8(ascii: "n"): keep(0x0a)
        case UInt8(ascii: "r"): keep(0x0d)
        case UInt8(ascii: "t"): keep(0x09)
        case UInt8(ascii: "u"):
            advance()
            return try readCodePoint(from: start)
        default:
            throw .malformed(
                at: start, "not well-formed JSON: the escape \\ before \(currentForDisplay) is none")
        }
        advance()
    }

    private mutating func readCodePoint(from start: Place) throws(ReadFailure) {
        var value = try readHex(from: start)
        if 0xd800..<0xdc00 ~= value {
            for expected in [UInt8(ascii: "\\"), UInt8(ascii: "u")] {
                guard try current() == expected else { throw loneSurrogate(at: start) }
                advance()
            }
            let low = try readHex(from: start)
            guard 0xdc00..<0xe000 ~= low else { throw loneSurrogate(at: start) }
            value = 0x10000 + (value - 0xd800) << 10 + (low - 0xdc00)
        }
        guard let character = Unicode.Scalar(value) else { throw loneSurrogate(at: start) }
        for byte in UTF8.encode(character) ?? UTF8.encodedReplacementCharacter { keep(byte) }
    }

    private func loneSurrogate(at place: Place) -> ReadFailure {
        .malformed(at: place, "not well-formed JSON: half a surrogate pair; no character is written so")
    }

    private mutating func readHex(from start: Place) throws(ReadFailure) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            switch try current() {
            case let digit? where UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit:
                value = value << 4 | UInt32(digit - 48)
            case let digit? where UInt8(ascii: "a")...UInt8(ascii: "f") ~= digit | 0x20:
                value = value << 4 | UInt32(digit | 0x20 - 87)
            default:
                throw .malformed(at: start, "not well-formed JSON: \\u needs four hex digits")
            }
            advance()
        }
        return value
    }

    /// Reads the number or literal that begins at the current byte.
    mutating func readBareword() throws(ReadFailure) {
        scalar.removeAll(keepingCapacity: true)
        let start = place
        while let byte = try current(), Self.standsInBareword(byte) {
            keep(byte)
            advance()
        }
        guard isNumber || Self.literals.contains(scalar) else {
            throw .malformed(
                at: start, "not well-formed JSON: neither a number nor true, false or null")
        }
    }

    private static let literals = [Array("true".utf8), Array("false".utf8), Array("null".utf8)]

    private static func standsInBareword(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// Whether the scalar matches `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`, judged by its kept
    /// bytes.
    private var isNumber: Bool {
        var rest = scalar[...]
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let integer = rest.prefix(while: isDigit)
        guard !integer.isEmpty, integer.count == 1 || integer.first != UInt8(ascii: "0") else { return false }
        rest = rest.dropFirst(integer.count)
        if rest.first == UInt8(ascii: ".") {
            let fraction = rest.dropFirst().prefix(while: isDigit)
            guard !fraction.isEmpty else { return false }
            rest = rest.dropFirst(1 + fraction.count)
        }
        guard let exponent = rest.first else { return true }
        guard exponent | 0x20 == UInt8(ascii: "e") else { return false }
        rest = rest.dropFirst()
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        return !rest.isEmpty && rest.allSatisfy(isDigit)
    }

    private func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}

extension ByteString {
    /// The text of `bytes`, which may be cut within a character.
    init(cutting bytes: [UInt8]) {
        self.init(String(decoding: bytes, as: UTF8.self))
    }
}
