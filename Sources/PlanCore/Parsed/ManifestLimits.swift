/// How large a manifest may be; what is larger breaks ``Rule/limits``.
public enum ManifestLimits {
    /// Mappings and lists inside each other.
    public static let depth = 8
    /// Bytes of one scalar.
    public static let scalarBytes = 65_536
    /// Bytes of a `path` or `key`.
    public static let nameBytes = 4_096
    /// Entries of one file's `uploadparts`.
    public static let partsPerFile = 1 << 20
    /// Files in one manifest, all documents together.
    public static let files = 1_000_000
    /// Documents in one manifest.
    public static let documents = 1_000_000
    /// Problems kept in memory; further ones are only counted.
    public static let problemsKept = 100_000
}
