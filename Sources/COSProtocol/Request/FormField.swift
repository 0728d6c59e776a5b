/// A field of a multipart form: a name and a value.
public struct FormField: Hashable, Sendable {
    /// The wire name.
    public let name: String
    /// The bytes of the value, sent unchanged.
    public let value: [UInt8]

    /// Creates a field of raw bytes.
    public init(_ name: String, bytes: [UInt8]) {
        self.name = name
        value = bytes
    }

    /// Creates a field of text.
    public init(_ name: String, _ text: String) {
        self.init(name, bytes: Array(text.utf8))
    }

    /// Creates a field with a decimal number.
    public init(_ name: String, _ number: Int64) {
        self.init(name, String(number))
    }
}
