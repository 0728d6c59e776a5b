import PlanCore

/// Why a script's fields are no fault.
public enum FaultError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A field that this action, or every fault, needs.
    case missing(field: String, action: String)
    /// A field that nothing reads.
    case unknownField(field: String, action: String)
    /// `do` has a word that is no action.
    case unknownAction(found: String)
    /// A word that is not one of those allowed.
    case notOneOf(field: String, found: String, choices: [String])
    /// Not a whole number in the range.
    case badNumber(field: String, found: String, lowest: Int64, highest: Int64)
    /// A text for a header that holds what no header can.
    case controlCharacter(field: String, found: String)
    /// `key` is no object's key.
    case badKey(ObjectKeyError)

    public var description: String {
        switch self {
        case .missing(let field, let action): "\(field): it is missing; \(action) needs it"
        case .unknownField(let field, let action):
            "\(field.escapedForDisplay): '\(action)' has no such field; remove it"
        case .unknownAction(let found):
            "do: '\(found.escapedForDisplay)' is no fault; use one of "
                + FaultAction.names.joined(separator: ", ")
        case .notOneOf(let field, let found, let choices):
            "\(field): found '\(found.escapedForDisplay)'; use one of \(choices.joined(separator: ", "))"
        case .badNumber(let field, let found, let lowest, let highest):
            "\(field): found '\(found.escapedForDisplay)'; use a whole number from \(lowest)"
                + (highest == .max ? "" : " to \(highest)")
        case .controlCharacter(let field, let found):
            "\(field): found '\(found.escapedForDisplay)', and no header can hold its control characters; "
                + "remove them"
        case .badKey(let error): "key: \(error); correct it"
        }
    }
}
