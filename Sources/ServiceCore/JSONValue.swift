/// A JSON value (RFC 8259), for replies and receipts.
///
/// Members keep their order.
package indirect enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// A 64-bit integer, written without fraction or exponent.
    case integer(Int64)
    /// Any other number, as written.
    case otherNumber(String)
    case string(String)
    case array([JSONValue])
    case members([JSONMember])

    /// Parses `bytes` as one value, optionally surrounded by blanks; nil for anything else.
    package init?(json bytes: [UInt8], strings: JSONCursor.StringPolicy = .strict) {
        var cursor = JSONCursor(bytes, strings: strings)
        do throws(JSONError) {
            self = try cursor.value()
            try cursor.end()
        } catch {
            return nil
        }
    }

    /// Creates an object.
    package static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .members(members.map { JSONMember(name: $0.0, value: $0.1) })
    }

    /// The first member with that name; nil if there is none or this is not an object.
    ///
    /// **Cost**: linear.
    package subscript(name: String) -> JSONValue? {
        guard case .members(let members) = self else { return nil }
        return members.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// The string under `name`; nil if it is missing or not a string.
    package func text(_ name: String) -> String? {
        guard case .string(let text)? = self[name] else { return nil }
        return text
    }

    /// The integer under `name`; nil if it is missing or anything else.
    package func integer(_ name: String) -> Int64? {
        guard case .integer(let number)? = self[name] else { return nil }
        return number
    }

    /// The JSON text in one line, without spaces, as UTF-8 with minimal escaping.
    package var encoded: [UInt8] {
        var text: [UInt8] = []
        append(to: &text)
        return text
    }

    private func append(to text: inout [UInt8]) {
        switch self {
        case .null: text.append(contentsOf: "null".utf8)
        case .bool(let flag): text.append(contentsOf: (flag ? "true" : "false").utf8)
        case .integer(let number): text.append(contentsOf: String(number).utf8)
        case .otherNumber(let written): text.append(contentsOf: written.utf8)
        case .string(let value): appendQuoted(value, to: &text)
        case .array(let entries):
            text.append(UInt8(ascii: "["))
            for (index, entry) in entries.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                entry.append(to: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .members(let members):
            text.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                appendQuoted(member.name, to: &text)
                text.append(UInt8(ascii: ":"))
                member.value.append(to: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
    }
}

/// A member of a JSON object.
package struct JSONMember: Hashable, Sendable {
    package let name: String
    package let value: JSONValue

    package init(name: String, value: JSONValue) {
        self.name = name
        self.value = value
    }
}

private func appendQuoted(_ value: String, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\""))
    for byte in value.utf8 {
        switch byte {
        case UInt8(ascii: "\""): text.append(contentsOf: #"\""#.utf8)
        case UInt8(ascii: "\\"): text.append(contentsOf: #"\\"#.utf8)
        case 0x0a: text.append(contentsOf: #"\n"#.utf8)
        case 0x0d: text.append(contentsOf: #"\r"#.utf8)
        case 0x09: text.append(contentsOf: #"\t"#.utf8)
        case 0x00...0x1f, 0x7f:
            let digits = String(byte, radix: 16)
            text.append(contentsOf: (digits.utf8.count == 1 ? #"\u000"# : #"\u00"#).utf8)
            text.append(contentsOf: digits.utf8)
        default: text.append(byte)
        }
    }
    text.append(UInt8(ascii: "\""))
}
