/// Whether an existing object of the same key stands in the way.
///
/// **Source**: the init page, parameter `insertOnly`; absent means 1.
public enum InsertOnly: Int64, Hashable, Sendable, CaseIterable {
    /// Replace an existing object.
    case overwrite = 0
    /// Refuse to replace an existing object (-177).
    case refuse = 1
}
