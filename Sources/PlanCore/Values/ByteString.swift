/// Text that is compared, hashed and sorted as its UTF-8 bytes.
///
/// Swift's `String` compares by canonical equivalence, so two files whose names differ only in
/// normal form (NFC, NFD) would be one. Paths, keys and manifest text are therefore byte strings.
///
/// **Shape**: valid UTF-8 without an implied terminator; may be empty; may hold any scalar, NUL too.
public struct ByteString: Hashable, Sendable {
    /// The UTF-8 bytes.
    public let bytes: [UInt8]

    /// The bytes of `text`, as they are.
    public init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// `bytes`, if they are valid UTF-8; nil otherwise.
    public init?(validating bytes: some Collection<UInt8>) {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        self.bytes = Array(bytes)
    }

    /// The text for display or for an interface that takes a `String`.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Whether there are no bytes.
    public var isEmpty: Bool { bytes.isEmpty }
}

extension ByteString: Comparable {
    public static func < (left: ByteString, right: ByteString) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension ByteString: CustomStringConvertible {
    public var description: String { text }
}

extension ByteString: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(value) }
}
