import CVersion

/// The version of this release.
enum Version {
    /// The semantic version number.
    static let number = "2.0.0"
    /// The value of the `User-Agent` header.
    static let userAgent = "cosplan/\(number)"
    /// The commit it was built from, set by the package's build; empty otherwise.
    private static let commit = String(cString: cosplan_version_commit())
    /// What `--version` prints: `cosplan 2.0.0`, or `cosplan 2.0.0 (0123456789ab)`.
    static let text = "cosplan \(number)" + (commit.isEmpty ? "" : " (\(commit))")
}
