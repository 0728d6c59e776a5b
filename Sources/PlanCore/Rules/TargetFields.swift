/// A region of the service, the first label of its host name.
///
/// **Shape**: `[a-z][a-z0-9-]*`, so that it cannot redirect a request. **Source**: the vendor SDKs (host
/// names).
public struct Region: Hashable, Sendable, CustomStringConvertible {
    /// The region's name.
    public let name: String

    /// - Throws: ``TargetFieldError`` for any other form.
    public init(_ name: String) throws(TargetFieldError) {
        guard let first = name.utf8.first, isLower(first),
            name.utf8.allSatisfy({ isLower($0) || isDigit($0) || $0 == UInt8(ascii: "-") })
        else { throw .region(found: name) }
        self.name = name
    }

    public var description: String { name }
}

/// An account's number. **Shape**: a positive integer. **Source**: the vendor SDKs.
public struct AppID: Hashable, Sendable, CustomStringConvertible {
    /// The number.
    public let number: Int64

    /// - Throws: ``TargetFieldError`` for 0 and less.
    public init(_ number: Int64) throws(TargetFieldError) {
        guard number > 0 else { throw .appID(found: String(number)) }
        self.number = number
    }

    /// Reads a decimal number without sign or leading zero.
    ///
    /// - Throws: ``TargetFieldError`` for any other text.
    public init(text: String) throws(TargetFieldError) {
        guard let first = text.utf8.first, first != UInt8(ascii: "0"), text.utf8.allSatisfy(isDigit),
            let number = Int64(text)
        else { throw .appID(found: text) }
        self.number = number
    }

    public var description: String { String(number) }
}

/// A bucket's bare name.
///
/// **Shape**: `[A-Za-z0-9][A-Za-z0-9.-]*`, so that it can forge neither a path nor a signature's fields.
/// **Source**: the vendor SDKs (path and signature).
public struct Bucket: Hashable, Sendable, CustomStringConvertible {
    /// The bucket's name.
    public let name: String

    /// - Throws: ``TargetFieldError`` for any other form.
    public init(_ name: String) throws(TargetFieldError) {
        guard let first = name.utf8.first, isLetterOrDigit(first),
            name.utf8.allSatisfy({
                isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
            })
        else { throw .bucket(found: name) }
        self.name = name
    }

    public var description: String { name }
}

/// Why a text is not a region, appid or bucket.
public enum TargetFieldError: Error, Hashable, CustomStringConvertible {
    /// Not `[a-z][a-z0-9-]*`.
    case region(found: String)
    /// Not a positive integer.
    case appID(found: String)
    /// Not `[A-Za-z0-9][A-Za-z0-9.-]*`.
    case bucket(found: String)

    public var description: String {
        switch self {
        case .region(let found):
            "region '\(found.escapedForDisplay)' must be lower-case letters, digits and -, a letter first"
        case .appID(let found):
            "appid '\(found.escapedForDisplay)' must be a positive integer"
        case .bucket(let found):
            "bucket '\(found.escapedForDisplay)' must be letters, digits, - and ., a letter or digit first"
        }
    }
}

private func isLower(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
private func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isLower(byte) || isDigit(byte) || (byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z"))
}
