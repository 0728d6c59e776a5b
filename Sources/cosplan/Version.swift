/// This release of cosplan.
enum Version {
    /// The number, after semantic versioning.
    static let number = "1.0.0"
    /// What `--version` prints.
    static let text = "cosplan \(number)"
}
