/// The parameters of a header such as `multipart/form-data; boundary="x"`, one by one.
struct HeaderParameters {
    /// The value before the first semicolon.
    let value: String
    /// Whether everything read so far was well-formed.
    private(set) var isWellFormed = true

    private var rest: ArraySlice<UInt8>

    /// A name in lower case and its unquoted value.
    struct Parameter: Hashable, Sendable {
        let name: String
        let value: String
    }

    /// Starts parsing a header's value.
    init(_ header: ArraySlice<UInt8>) {
        let end = header.firstIndex(of: UInt8(ascii: ";")) ?? header.endIndex
        value = Self.text(header[..<end].trimmingBlanks)
        rest = header[end...]
    }

    /// The next parameter; nil at the end or at the first malformed one.
    mutating func next() -> Parameter? {
        skipBlanks()
        guard isWellFormed, rest.first == UInt8(ascii: ";") else {
            if !rest.isEmpty { isWellFormed = false }
            return nil
        }
        rest.removeFirst()
        skipBlanks()
        if rest.isEmpty { return nil }
        guard let equals = rest.firstIndex(of: UInt8(ascii: "=")) else {
            isWellFormed = false
            return nil
        }
        let name = Self.text(rest[..<equals].trimmingBlanks).lowercased()
        rest = rest[(equals + 1)...]
        skipBlanks()
        guard let value = rest.first == UInt8(ascii: "\"") ? quoted() : token() else {
            isWellFormed = false
            return nil
        }
        return Parameter(name: name, value: Self.text(value))
    }

    private mutating func token() -> [UInt8]? {
        let end = rest.firstIndex(of: UInt8(ascii: ";")) ?? rest.endIndex
        let token = Array(rest[..<end].trimmingBlanks)
        rest = rest[end...]
        return token.isEmpty || token.contains(UInt8(ascii: "\"")) ? nil : token
    }

    private mutating func quoted() -> [UInt8]? {
        rest.removeFirst()
        var value: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return value }
            // Only a quote or a backslash is escaped: some clients send Windows paths as they are.
            if byte == UInt8(ascii: "\\"), let next = rest.first,
                next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\")
            {
                rest.removeFirst()
                value.append(next)
            } else {
                value.append(byte)
            }
        }
        return nil
    }

    private mutating func skipBlanks() { rest = rest.trimmingFirstBlanks }

    private static func text(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
