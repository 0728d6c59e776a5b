/// Text that is compared, hashed and sorted as UTF-8 bytes.
///
/// Swift's `String` compares by canonical equivalence, so file names that differ only in normal form (NFC,
/// NFD) would be equal. Paths, keys and manifest text are therefore byte strings.
///
/// **Shape**: valid UTF-8 without a terminator; may be empty; may contain any scalar, including NUL.
public struct ByteString: Hashable, Sendable {
    /// The UTF-8 bytes.
    public let bytes: [UInt8]

    /// The bytes of `text`, unchanged.
    public init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Creates it from `bytes`; nil if they are not valid UTF-8.
    public init?(validating bytes: some Collection<UInt8>) {
        self.init(validating: Array(bytes))
    }

    /// `bytes`, if they are valid UTF-8; nil otherwise.
    ///
    /// **Cost**: no copy.
    public init?(validating bytes: [UInt8]) {
        // Most texts are ASCII, which is UTF-8 as it is.
        guard bytes.allSatisfy({ $0 < 0x80 }) || String(validating: bytes, as: UTF8.self) != nil
        else { return nil }
        self.bytes = bytes
    }

    /// The text as a `String`, for display or for interfaces that require one.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Whether it is empty.
    package var isEmpty: Bool { bytes.isEmpty }
}

extension ByteString: Comparable {
    /// Orders by bytes.
    public static func < (left: ByteString, right: ByteString) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension ByteString: CustomStringConvertible {
    /// The text, not escaped.
    public var description: String { text }
}

extension ByteString: ExpressibleByStringLiteral {
    /// Creates it from a string literal.
    public init(stringLiteral value: String) { self.init(value) }
}
