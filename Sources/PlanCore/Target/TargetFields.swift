/// A region: part of the service's host name, or of S3's signature.
///
/// **Shape**: `[a-z][a-z0-9-]*`, so that it cannot redirect a request; for S3 `[A-Za-z0-9][A-Za-z0-9_-]*`.
/// **Source**: the vendor SDKs (host names); the regions of AWS and of other stores.
public struct Region: Hashable, Sendable, CustomStringConvertible {
    /// The region's name.
    public let name: String

    /// The default region of an S3 store.
    public static let usualOfS3 = Region(unchecked: "us-east-1")

    /// Creates a region.
    ///
    /// - Throws: ``TargetFieldError`` if `name` is invalid for `api`.
    public init(_ name: String, for api: ServiceAPI = .json) throws(TargetFieldError) {
        self.init(unchecked: name)
        guard isLegal(for: api) else { throw .region(found: name, api) }
    }

    private init(unchecked name: String) { self.name = name }

    func isLegal(for api: ServiceAPI) -> Bool {
        guard let first = name.utf8.first else { return false }
        return switch api {
        case .json, .xml:
            isLower(first) && name.utf8.allSatisfy { isLower($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
        case .s3:
            isLetterOrDigit(first)
                && name.utf8.allSatisfy {
                    isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                }
        }
    }

    /// Whether it has the form of AWS's regions, such as `us-east-1`.
    ///
    /// Other stores use names such as `auto`. **Source**: AWS's "Amazon S3 endpoints and quotas".
    var isOfAWS: Bool {
        let pieces = name.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard pieces.count >= 3, let number = pieces.last, pieces.allSatisfy({ !$0.isEmpty }) else {
            return false
        }
        return number.allSatisfy(isDigit) && pieces.dropLast().allSatisfy { $0.allSatisfy(isLower) }
    }

    /// The names of the same region in the JSON and the XML API.
    ///
    /// **Source**: the vendor's page of regions (436/6224).
    private static let names: [(json: String, xml: String)] = [
        ("tj", "ap-beijing-1"), ("bj", "ap-beijing"), ("sh", "ap-shanghai"), ("gz", "ap-guangzhou"),
        ("cd", "ap-chengdu"), ("hk", "ap-hongkong"), ("sgp", "ap-singapore"), ("ca", "na-toronto"),
        ("ger", "eu-frankfurt"),
    ]

    /// The name of this region of `api` in `other`; nil if it has none there.
    package func name(from api: ServiceAPI, to other: ServiceAPI) -> Region? {
        switch (api, other) {
        case (.json, .json), (.xml, .xml), (.s3, .s3): self
        case (.json, .xml): Self.names.first { $0.json == name }.map { Region(unchecked: $0.xml) }
        case (.xml, .json): Self.names.first { $0.xml == name }.map { Region(unchecked: $0.json) }
        case (.s3, .json), (.s3, .xml), (.json, .s3), (.xml, .s3): nil
        }
    }

    /// The name.
    public var description: String { name }
}

/// An appid.
///
/// **Shape**: a positive integer. **Source**: the vendor SDKs.
public struct AppID: Hashable, Sendable, CustomStringConvertible {
    /// The number.
    public let number: Int64

    /// Creates an appid.
    ///
    /// - Throws: ``TargetFieldError`` unless `number` is positive.
    public init(_ number: Int64) throws(TargetFieldError) {
        guard number > 0 else { throw .appID(found: String(number)) }
        self.number = number
    }

    /// Parses a decimal number without sign or leading zero.
    ///
    /// - Throws: ``TargetFieldError`` for any other text.
    package init(text: String) throws(TargetFieldError) {
        guard let first = text.utf8.first, first != UInt8(ascii: "0"), text.utf8.allSatisfy(isDigit),
            let number = Int64(text)
        else { throw .appID(found: text) }
        self.number = number
    }

    /// The number in decimal.
    public var description: String { String(number) }
}

/// A bucket's name without the appid.
///
/// **Shape**: `[A-Za-z0-9][A-Za-z0-9.-]*`, so that it can forge neither a path nor a signature's fields; for
/// S3 3 to 63 of `[a-z0-9.-]`, a letter or digit at both ends. **Source**: the vendor SDKs (path and
/// signature); AWS's "Bucket naming rules".
public struct Bucket: Hashable, Sendable, CustomStringConvertible {
    /// The bucket's name.
    public let name: String

    /// Creates a bucket name.
    ///
    /// - Throws: ``TargetFieldError`` if `name` is invalid for `api`.
    public init(_ name: String, for api: ServiceAPI = .json) throws(TargetFieldError) {
        self.name = name
        guard isLegal(for: api) else { throw .bucket(found: name, api) }
    }

    func isLegal(for api: ServiceAPI) -> Bool {
        guard let first = name.utf8.first, let last = name.utf8.last, isLetterOrDigit(first) else {
            return false
        }
        func isPunctuation(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") }
        return switch api {
        case .json, .xml: name.utf8.allSatisfy { isLetterOrDigit($0) || isPunctuation($0) }
        case .s3:
            (3...63).contains(name.utf8.count) && !isPunctuation(last)
                && name.utf8.allSatisfy { isLower($0) || isDigit($0) || isPunctuation($0) }
        }
    }

    /// The name.
    public var description: String { name }
}

/// Why a text is not a valid region, appid or bucket.
public enum TargetFieldError: Error, Hashable, CustomStringConvertible {
    /// Not a valid region of the API.
    case region(found: String, ServiceAPI)
    /// Not a positive integer.
    case appID(found: String)
    /// Not a valid bucket name of the API.
    case bucket(found: String, ServiceAPI)
    /// The API has no such field.
    case notOf(ServiceAPI, field: String)
    /// The region cannot be an AWS region, and no endpoint was given.
    case endpointNeeded(region: String)
    /// The JSON API's name of a region that is `name` in the XML API, and no endpoint was given.
    case regionOfJSON(found: String, name: String)

    /// The field's key in a manifest.
    package var field: String {
        switch self {
        case .region, .regionOfJSON: "region"
        case .appID: "appid"
        case .bucket: "bucket"
        case .endpointNeeded: "endpoint"
        case .notOf(_, let field): field
        }
    }

    /// One line: what was found and what is allowed.
    public var description: String {
        switch self {
        case .region(let found, let api):
            switch api {
            case .json, .xml:
                "region '\(found.escapedForDisplay)' must be lower-case letters, digits and -, a letter first"
            case .s3:
                "region '\(found.escapedForDisplay)' must be letters, digits, - and _, a letter or digit first"
            }
        case .appID(let found):
            "appid '\(found.escapedForDisplay)' must be a whole number from 1 to 9223372036854775807"
        case .bucket(let found, let api):
            switch api {
            case .json, .xml:
                "bucket '\(found.escapedForDisplay)' must be letters, digits, - and ., a letter or digit first"
            case .s3:
                "bucket '\(found.escapedForDisplay)' must be 3 to 63 lower-case letters, digits, - and ., a letter "
                    + "or digit at both ends"
            }
        case .notOf(let api, let field):
            "\(field) means nothing to the API \(api.rawValue); leave it out"
        case .endpointNeeded(let region):
            "region '\(region.escapedForDisplay)' is none of AWS's; name the store's endpoint"
        case .regionOfJSON(let found, let name):
            "region '\(found)' has another name in the XML API, \(name)"
        }
    }
}

private func isLower(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
private func isLetterOrDigit(_ byte: UInt8) -> Bool {
    isLower(byte) || isDigit(byte) || (byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z"))
}
