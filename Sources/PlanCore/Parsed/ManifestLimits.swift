/// The limits of a manifest; exceeding one breaks ``Rule/limits``.
package enum ManifestLimits {
    /// The nesting depth of mappings and lists.
    package static let depth = 8
    /// The length of one scalar.
    ///
    /// **Unit**: bytes.
    package static let scalarBytes = 65_536
    /// The length of a `path` or `key`.
    ///
    /// **Unit**: bytes.
    package static let nameBytes = 4_096
    /// The number of entries in one file's `uploadparts`.
    package static let partsPerFile = 1 << 20
    /// The number of files in one manifest, over all documents.
    package static let files = 1_000_000
    /// The number of documents in one manifest.
    package static let documents = 1_000_000
    /// The number of problems kept in memory; further ones are only counted.
    package static let problemsKept = 100_000
}
