/// One field of a multipart form: a name and the bytes of its value.
public struct FormField: Hashable, Sendable {
    /// The wire name.
    public let name: String
    /// The value's bytes, sent as they are.
    public let value: [UInt8]

    /// A field of raw bytes.
    public init(_ name: String, bytes: [UInt8]) {
        self.name = name
        value = bytes
    }

    /// A field of text.
    public init(_ name: String, _ text: String) {
        self.init(name, bytes: Array(text.utf8))
    }

    /// A field of a decimal number.
    public init(_ name: String, _ number: Int64) {
        self.init(name, String(number))
    }
}
