/// The path of an object in its bucket: the manifest's `key`.
///
/// **Shape**: UTF-8 with a leading `/`; no empty, `.` or `..` segment, no trailing `/`, no control character.
/// A specific API has further rules. **Source**: the Python and Java SDKs.
public struct ObjectKey: Hashable, Sendable, Comparable {
    /// The bytes of the key, with its leading `/`.
    package let bytes: ByteString

    /// Creates a key.
    ///
    /// - Throws: ``ObjectKeyError`` for the first problem.
    public init(_ bytes: ByteString) throws(ObjectKeyError) {
        guard bytes.bytes.first == UInt8(ascii: "/") else { throw .noLeadingSlash(key: bytes) }
        // Fast path: most keys are plain, and a manifest may have a million.
        if !bytes.bytes.allSatisfy(Self.isPlain) {
            for scalar in bytes.text.unicodeScalars
            where scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) {
                throw .controlCharacter(key: bytes, scalar: scalar)
            }
        }
        guard bytes.bytes.last != UInt8(ascii: "/") else { throw .endsInSlash(key: bytes) }
        let bad = bytes.bytes.firstSegment(from: 1) {
            $0.isEmpty || $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8)
        }
        if let bad {
            throw .badSegment(key: bytes, segment: String(decoding: bad, as: UTF8.self))
        }
        self.bytes = bytes
    }

    /// Creates a key from text; see ``init(_:)-(ByteString)``.
    public init(_ text: String) throws(ObjectKeyError) {
        try self.init(ByteString(text))
    }

    /// Checks the rules of one API: for the JSON API eight refused characters, for the others the length.
    ///
    /// - Throws: ``ObjectKeyError`` for the first problem.
    package func check(for api: ServiceAPI) throws(ObjectKeyError) {
        guard let limits = api.multipart else {
            guard !bytes.bytes.allSatisfy(Self.isPlain) else { return }
            for scalar in bytes.text.unicodeScalars where Self.refusedCharacters.contains(scalar) {
                throw .refusedCharacter(key: bytes, character: scalar)
            }
            return
        }
        let length = bytes.bytes.count - 1
        guard length <= limits.keyBytes else {
            throw .tooLong(key: bytes, length: length, limit: limits.keyBytes, api)
        }
    }

    /// Characters that the JSON API refuses in a key.
    ///
    /// **Source**: the Python and Java SDKs.
    package static let refusedCharacters: Set<Unicode.Scalar> = ["?", "*", ":", "|", "\\", "<", ">", "\""]

    /// Whether a byte is a letter, a digit or one of `/ - . _`.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "-")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// The key as text, with its leading `/`.
    public var text: String { bytes.text }

    /// Orders by bytes.
    public static func < (left: ObjectKey, right: ObjectKey) -> Bool { left.bytes < right.bytes }
}

/// Why a text is not a valid object key.
public enum ObjectKeyError: Error, Hashable, CustomStringConvertible {
    /// It does not begin with `/`.
    case noLeadingSlash(key: ByteString)
    /// It ends in `/`, which denotes a directory.
    case endsInSlash(key: ByteString)
    /// A segment is empty, `.` or `..`.
    case badSegment(key: ByteString, segment: String)
    /// It contains a C0, DEL or C1 control character.
    case controlCharacter(key: ByteString, scalar: Unicode.Scalar)
    /// It contains a character that the JSON API's SDKs refuse.
    case refusedCharacter(key: ByteString, character: Unicode.Scalar)
    /// Without the leading `/` it is longer than the API allows.
    case tooLong(key: ByteString, length: Int, limit: Int, ServiceAPI)

    /// One line: what was found.
    public var description: String {
        switch self {
        case .noLeadingSlash(let key): "key '\(key.escapedForDisplay)' must begin with /"
        case .endsInSlash(let key): "key '\(key.escapedForDisplay)' ends in /, which names a directory"
        case .badSegment(let key, let segment):
            segment.isEmpty
                ? "key '\(key.escapedForDisplay)' has an empty segment (//)"
                : "key '\(key.escapedForDisplay)' has a '\(segment)' segment"
        case .controlCharacter(let key, let scalar):
            "key '\(key.escapedForDisplay)' has the control character U+\(scalar.codePointText)"
        case .refusedCharacter(let key, let character):
            "key '\(key.escapedForDisplay)' has the character \(character), which the service refuses"
        case .tooLong(let key, let length, let limit, let api):
            "key '\(key.escapedForDisplay(limit: 60))' has \(length) bytes after its /; the API \(api.rawValue) takes "
                + "\(limit)"
        }
    }
}

extension Unicode.Scalar {
    /// The code point as at least four upper-case hex digits.
    package var codePointText: String {
        let digits = String(value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
