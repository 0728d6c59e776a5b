import PlanCore

/// A key of one kind of mapping in a manifest; the raw value is its name.
///
/// **Shape**: cases in the order in which messages list them.
protocol ManifestField: CaseIterable, Hashable, RawRepresentable where RawValue == String {
    /// The name of the mapping in messages: `a file`.
    static var owner: String { get }
    /// Whether the mapping must have it.
    var isRequired: Bool { get }
    /// Whether it exists only in version 2 of the format.
    var isNew: Bool { get }
}

enum DocumentField: String, ManifestField {
    case version = "cosplan"
    case datasha, files, target, shard

    static let owner = "the document"
    var isRequired: Bool { self != .target && self != .shard }
    var isNew: Bool { self == .shard }
}

enum TargetField: String, ManifestField {
    case api, endpoint, addressing, region
    case appID = "appid"
    case bucket

    static let owner = "target"
    var isRequired: Bool { false }
    var isNew: Bool { self == .api || self == .endpoint || self == .addressing }
}

enum ShardField: String, ManifestField {
    case index
    case count = "of"
    case list, entries

    static let owner = "shard"
    var isRequired: Bool { true }
    var isNew: Bool { false }
}

enum FileField: ManifestField {
    case path, key, fileSize, sha, sliceSize, parts, insertOnly, bizAttr
    case checksum(ChecksumKind)

    static let owner = "a file"

    static let allCases: [FileField] =
        [.path, .key, .fileSize, .sha, .sliceSize, .parts, .insertOnly, .bizAttr]
        + ChecksumKind.allCases.map(checksum)

    init?(rawValue: String) {
        guard let field = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
        self = field
    }

    var rawValue: String {
        switch self {
        case .path: "path"
        case .key: "key"
        case .fileSize: "filesize"
        case .sha: "sha"
        case .sliceSize: "slice_size"
        case .parts: "uploadparts"
        case .insertOnly: "insertOnly"
        case .bizAttr: "biz_attr"
        case .checksum(let kind): kind.rawValue
        }
    }

    var isRequired: Bool {
        switch self {
        case .path, .key, .fileSize, .sha, .sliceSize, .parts: true
        case .insertOnly, .bizAttr, .checksum: false
        }
    }

    var isNew: Bool {
        if case .checksum = self { return true }
        return false
    }
}

enum PartField: String, ManifestField {
    case offset
    case dataLength = "datalen"
    case datasha, sha1

    static let owner = "a part"
    var isRequired: Bool { self != .sha1 }
    var isNew: Bool { false }
}

/// The keys of a mapping, and where they occurred in the current mapping.
struct FieldNames<Field: ManifestField> {
    private let fields = Array(Field.allCases)
    private let names = Field.allCases.map { Array($0.rawValue.utf8) }
    private var seen: [Place?]

    init() {
        seen = Array(repeating: nil, count: fields.count)
    }

    /// Starts another mapping.
    mutating func reset() {
        for index in seen.indices { seen[index] = nil }
    }

    /// The field with this name, and its earlier place in the mapping if it is repeated; nil for an unknown
    /// name.
    mutating func take(_ name: [UInt8], at place: Place) -> (field: Field, before: Place?)? {
        guard let index = names.firstIndex(of: name) else { return nil }
        let before = seen[index]
        seen[index] = before ?? place
        return (fields[index], before)
    }

    /// All names, for a message.
    var list: String { fields.map(\.rawValue).joined(separator: ", ") }

    /// The required keys missing from the mapping.
    var missing: [String] {
        var missing: [String] = []
        for (index, field) in fields.enumerated() where seen[index] == nil && field.isRequired {
            missing.append(field.rawValue)
        }
        return missing
    }
}

/// Recognises keys that look like the names of secrets.
enum SecretKeys {
    private static let words: [[UInt8]] = [
        "secret", "password", "passwd", "passphrase", "token", "credential", "signature", "authorization",
        "accesskey", "apikey", "privatekey",
    ].map { Array($0.utf8) }

    /// Whether `key` contains a word that names a secret.
    ///
    /// Case and all characters other than letters are ignored.
    static func resembles(_ key: [UInt8]) -> Bool {
        let letters = key.prefix(256).map { $0 | 0x20 }.filter { $0 >= 0x61 && $0 <= 0x7a }
        guard letters.count >= 5 else { return false }
        return words.contains { word in
            letters.indices.contains { letters[$0...].starts(with: word) }
        }
    }
}
