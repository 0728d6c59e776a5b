/// The version of this release.
enum Version {
    /// The semantic version number.
    static let number = "1.0.0"
    /// The value of the `User-Agent` header.
    static let userAgent = "cosplan/\(number)"
    /// What `--version` prints.
    static let text = "cosplan \(number)"
}
