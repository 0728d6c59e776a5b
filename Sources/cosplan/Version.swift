/// This release of cosplan.
enum Version {
    /// The number, after semantic versioning.
    static let number = "1.0.0"
    /// What requests say they come from.
    static let userAgent = "cosplan/\(number)"
    /// What `--version` prints.
    static let text = "cosplan \(number)"
}
