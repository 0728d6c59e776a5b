/// What checking a file against its plan found.
public struct CheckReport: Hashable, Sendable {
    /// All that does not agree: size first, then what concerns the whole plan, then in file order.
    public let findings: [Finding]
    /// How many bytes were checked, each counted once.
    public let bytesChecked: Int64

    /// Whether the file is as planned and every recorded digest right.
    public var agrees: Bool { findings.isEmpty }
}
