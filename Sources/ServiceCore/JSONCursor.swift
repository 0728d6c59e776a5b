/// A pull parser for JSON text (RFC 8259) from an untrusted sender.
///
/// The caller reads the values it expects one by one; no tree is built, so memory does not depend on the
/// length of an array. Repeated member names in an object are refused, because different readers would
/// interpret them differently.
///
///    var cursor = JSONCursor(bytes)
///     try cursor.beginArray()
///     while try cursor.nextEntry() {
///         try cursor.beginObject()
///         while let name = try cursor.nextName() { … try cursor.integer() … }
///     }
///     try cursor.end()
///
/// **Shape**: at most ``depthLimit`` levels deep. **Cost**: linear in the length of the text; names are kept
/// while their object is open.
package struct JSONCursor {
    /// The maximum nesting depth.
    package static let depthLimit = 32

    /// How to treat strings that are not valid Unicode: invalid UTF-8, or unpaired surrogates.
    package enum StringPolicy: Hashable, Sendable {
        /// Refuse them.
        case strict
        /// Replace invalid parts with U+FFFD, so that a message in another encoding can still be shown.
        case repaired
    }

    /// The kind of a value.
    package enum Kind: Hashable, Sendable {
        case object, array, string, number, bool, null
    }

    private struct Level {
        let isObject: Bool
        /// The index in `names` of this object's first name.
        let firstName: Int
        var isEmpty = true
        /// The names as a set, once there are too many to compare one by one.
        var nameSet: Set<ArraySlice<UInt8>> = []
    }

    let bytes: ArraySlice<UInt8>
    let strings: StringPolicy
    var position: Int
    private var levels: [Level] = []
    private var names: [ArraySlice<UInt8>] = []

    /// Creates a cursor at the start of `bytes`.
    package init(_ bytes: ArraySlice<UInt8>, strings: StringPolicy = .strict) {
        self.bytes = bytes
        self.strings = strings
        position = bytes.startIndex
    }

    /// Creates a cursor at the start of `bytes`.
    package init(_ bytes: [UInt8], strings: StringPolicy = .strict) {
        self.init(bytes[...], strings: strings)
    }

    /// The kind of the next value.
    package mutating func kind() throws(JSONError) -> Kind {
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"): return .number
        case let byte? where (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte): return .number
        default: throw failure("no value")
        }
    }

    /// Enters an object; read its members with ``nextName()``.
    package mutating func beginObject() throws(JSONError) { try begin("{", isObject: true) }

    /// Enters an array; read its entries with ``nextEntry()``.
    package mutating func beginArray() throws(JSONError) { try begin("[", isObject: false) }

    /// The name of the object's next member, whose value must be read next.
    ///
    /// After the last member, leaves the object and returns nil.
    package mutating func nextName() throws(JSONError) -> ArraySlice<UInt8>? {
        guard try hasNext(closing: "}") else { return nil }
        let start = position
        let name = try string()
        guard let level = levels.indices.last, isNew(name, on: level) else {
            throw JSONError(position: start - bytes.startIndex, found: "a name for the second time")
        }
        try expect(":")
        return name
    }

    /// Whether the array has another entry, which must be read next.
    ///
    /// After the last entry, leaves the array and returns false.
    package mutating func nextEntry() throws(JSONError) -> Bool { try hasNext(closing: "]") }

    /// The bytes of a string, with escapes resolved.
    package mutating func string() throws(JSONError) -> ArraySlice<UInt8> {
        try expect("\"")
        let start = position
        var isASCII = true
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
            if byte >= 0x80 { isASCII = false }
            position += 1
        }
        if take("\"") { return try unicode(bytes[start..<(position - 1)], isASCII: isASCII, start) }
        var text = Array(bytes[start..<position])
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return try unicode(text[...], isASCII: false, start)
            case UInt8(ascii: "\\"): try resolveEscape(into: &text)
            case 0x00...0x1f:
                position -= 1
                throw failure("a control character in a string")
            default: text.append(byte)
            }
        }
        throw failure("a string without end")
    }

    /// A 64-bit integer, written without fraction or exponent.
    package mutating func integer() throws(JSONError) -> Int64 {
        skipBlanks()
        let start = position
        guard case .integer(let number) = try number() else {
            throw JSONError(position: start - bytes.startIndex, found: "no whole number of 64 bits")
        }
        return number
    }

    /// The next value as a tree.
    package mutating func value() throws(JSONError) -> JSONValue {
        switch try kind() {
        case .object:
            var members: [JSONMember] = []
            try beginObject()
            while let name = try nextName() {
                members.append(JSONMember(name: String(decoding: name, as: UTF8.self), value: try value()))
            }
            return .members(members)
        case .array:
            var entries: [JSONValue] = []
            try beginArray()
            while try nextEntry() { entries.append(try value()) }
            return .array(entries)
        case .string: return .string(String(decoding: try string(), as: UTF8.self))
        case .number: return try number()
        case .bool: return .bool(try bool())
        case .null:
            try expect(word: "null")
            return .null
        }
    }

    /// Skips the next value.
    package mutating func skip() throws(JSONError) {
        switch try kind() {
        case .object:
            try beginObject()
            while try nextName() != nil { try skip() }
        case .array:
            try beginArray()
            while try nextEntry() { try skip() }
        case .string: _ = try string()
        case .number: _ = try number()
        case .bool: _ = try bool()
        case .null: try expect(word: "null")
        }
    }

    /// Checks that only blanks follow.
    package mutating func end() throws(JSONError) {
        skipBlanks()
        guard levels.isEmpty, next == nil else { throw failure("something after the value") }
    }

    func failure(_ found: String) -> JSONError {
        JSONError(position: position - bytes.startIndex, found: found)
    }

    var next: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { position += 1 }
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(JSONError) {
        skipBlanks()
        guard take(character) else { throw failure("no '\(character)'") }
    }

    private mutating func expect(word: StaticString) throws(JSONError) {
        for character in "\(word)".unicodeScalars where !take(character) { throw failure("no '\(word)'") }
    }

    private mutating func bool() throws(JSONError) -> Bool {
        let isTrue = next == UInt8(ascii: "t")
        try expect(word: isTrue ? "true" : "false")
        return isTrue
    }

    private mutating func begin(_ bracket: Unicode.Scalar, isObject: Bool) throws(JSONError) {
        try expect(bracket)
        guard levels.count < Self.depthLimit else { throw failure("more than \(Self.depthLimit) levels") }
        levels.append(Level(isObject: isObject, firstName: names.count))
    }

    /// Whether something precedes `closing`; if not, consumes it and leaves the level.
    private mutating func hasNext(closing: Unicode.Scalar) throws(JSONError) -> Bool {
        guard let index = levels.indices.last, levels[index].isObject == (closing == "}") else {
            throw failure("no '\(closing)' is due")
        }
        skipBlanks()
        if take(closing) {
            names.removeSubrange(levels[index].firstName...)
            levels.removeLast()
            return false
        }
        if !levels[index].isEmpty { try expect(",") }
        levels[index].isEmpty = false
        return true
    }

    /// Records a name of the object at `level`; returns false if it is repeated.
    ///
    /// Most objects have few members.
    private mutating func isNew(_ name: ArraySlice<UInt8>, on level: Int) -> Bool {
        let known = names[levels[level].firstName...]
        if known.count < 16 {
            guard !known.contains(name) else { return false }
        } else {
            if levels[level].nameSet.isEmpty { levels[level].nameSet = Set(known) }
            guard levels[level].nameSet.insert(name).inserted else { return false }
        }
        names.append(name)
        return true
    }
}

/// The text is not JSON, or does not have the requested structure.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The offset of the error.
    ///
    /// **Unit**: bytes from the start of the text.
    package let position: Int
    /// What was found there, or what is missing.
    package let found: String

    package var description: String { "\(found) at byte \(position)" }
}
