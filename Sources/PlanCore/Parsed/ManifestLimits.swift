/// How large a manifest may be; what is larger breaks ``Rule/limits``.
package enum ManifestLimits {
    /// Mappings and lists inside each other.
    package static let depth = 8
    /// Bytes of one scalar.
    package static let scalarBytes = 65_536
    /// Bytes of a `path` or `key`.
    package static let nameBytes = 4_096
    /// Entries of one file's `uploadparts`.
    package static let partsPerFile = 1 << 20
    /// Files in one manifest, all documents together.
    package static let files = 1_000_000
    /// Documents in one manifest.
    package static let documents = 1_000_000
    /// Problems kept in memory; further ones are only counted.
    package static let problemsKept = 100_000
}
