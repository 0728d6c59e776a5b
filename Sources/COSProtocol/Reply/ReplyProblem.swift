import PlanCore

/// A reply that reports success but lacks required information.
public enum ReplyProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// A field is missing or has the wrong type.
    case missing(field: String, operation: ServiceOperation)
    /// A field is present but not a 64-bit integer.
    case unreadable(field: String, operation: ServiceOperation)
    /// A field has a value that is not supported.
    case unusable(field: String, value: Int64, operation: ServiceOperation)

    /// ``finding`` and ``hint``.
    public var description: String { "\(finding); \(hint)" }

    /// What is wrong with the reply.
    public var finding: String {
        switch self {
        case .missing(let field, let operation):
            "the reply to \(operation) says success but has no usable \(field)"
        case .unreadable(let field, let operation):
            "the reply to \(operation) has \(field) that is no integer of 64 bits"
        case .unusable(let field, let value, let operation):
            "the reply to \(operation) has \(field) \(value), which cannot be used"
        }
    }

    /// What to do about it.
    public var hint: String { "check that the endpoint is the service" }
}
