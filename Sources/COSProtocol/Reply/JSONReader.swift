import PlanCore

/// Reads one JSON value (RFC 8259) from bytes that nobody vouches for.
///
/// Strict in form; bytes in strings that are not UTF-8 become U+FFFD, because an error message in another
/// encoding must still be shown. Two members of one name in an object are refused, in replies too: two readers
/// would take such a text for two different ones. **Shape**: at most ``depthLimit`` levels deep.
package struct JSONReader {
    /// How deep values may nest.
    package static let depthLimit = 32

    private let bytes: [UInt8]
    private var position = 0

    private struct Malformed: Error {}

    /// The value in `bytes`, with blanks around it at most; nil for anything else.
    package static func value(in bytes: [UInt8]) -> JSONValue? {
        var reader = JSONReader(bytes: bytes)
        do {
            let value = try reader.value(depth: 0)
            reader.skipBlanks()
            return reader.position == bytes.count ? value : nil
        } catch {
            return nil
        }
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(Malformed) -> JSONValue {
        guard depth < Self.depthLimit else { throw Malformed() }
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(Malformed) -> JSONValue {
        for character in "\(word)".utf8 {
            guard take(character) else { throw Malformed() }
        }
        return value
    }

    private mutating func object(depth: Int) throws(Malformed) -> JSONValue {
        position += 1
        var members: [JSONMember] = []
        skipBlanks()
        if take(UInt8(ascii: "}")) { return .members(members) }
        while true {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw Malformed() }
            let name = try string()
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw Malformed() }
            members.append(JSONMember(name: name, value: try value(depth: depth + 1)))
            skipBlanks()
            if take(UInt8(ascii: "}")) {
                guard Self.differ(members) else { throw Malformed() }
                return .members(members)
            }
            guard take(UInt8(ascii: ",")) else { throw Malformed() }
        }
    }

    /// Whether no two members have one name, in bytes. Objects of a few members are many in a list of slices.
    private static func differ(_ members: [JSONMember]) -> Bool {
        guard members.count <= 8 else {
            return Set(members.map { ByteString($0.name) }).count == members.count
        }
        return members.indices.allSatisfy { index in
            !members[..<index].contains { $0.name.utf8.elementsEqual(members[index].name.utf8) }
        }
    }

    private mutating func array(depth: Int) throws(Malformed) -> JSONValue {
        position += 1
        var entries: [JSONValue] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return .array(entries) }
        while true {
            entries.append(try value(depth: depth + 1))
            skipBlanks()
            if take(UInt8(ascii: "]")) { return .array(entries) }
            guard take(UInt8(ascii: ",")) else { throw Malformed() }
        }
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position - start
    }

    private mutating func number() throws(Malformed) -> JSONValue {
        let start = position
        _ = take(UInt8(ascii: "-"))
        let leadingZero = next == UInt8(ascii: "0")
        let integerDigits = digits()
        guard integerDigits > 0, !(leadingZero && integerDigits > 1) else { throw Malformed() }
        var isInteger = true
        if take(UInt8(ascii: ".")) {
            isInteger = false
            guard digits() > 0 else { throw Malformed() }
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            guard digits() > 0 else { throw Malformed() }
        }
        let written = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let number = Int64(written) { return .integer(number) }
        return .otherNumber(written)
    }

    private mutating func string() throws(Malformed) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0x00...0x1f: throw Malformed()
            default: text.append(byte)
            }
        }
        throw Malformed()
    }

    private mutating func escape(into text: inout [UInt8]) throws(Malformed) {
        guard let byte = next else { throw Malformed() }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            let first = try hexUnit()
            guard (0xd800...0xdbff).contains(first) else {
                text.append(contentsOf: String(Unicode.Scalar(first) ?? "\u{fffd}").utf8)
                return
            }
            let mark = position
            if take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
                let second = try hexUnit()
                if (0xdc00...0xdfff).contains(second) {
                    let value = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
                    text.append(contentsOf: String(Unicode.Scalar(value) ?? "\u{fffd}").utf8)
                    return
                }
            }
            position = mark
            text.append(contentsOf: "\u{fffd}".utf8)
        default: throw Malformed()
        }
    }

    private mutating func hexUnit() throws(Malformed) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80
            else { throw Malformed() }
            position += 1
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }
}
