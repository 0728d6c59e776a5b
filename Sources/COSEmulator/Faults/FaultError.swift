import PlanCore

/// Why the fields of a script are not a valid fault.
package enum FaultError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A field that this action, or every fault, requires is missing.
    case missing(field: String, action: String)
    /// The action has no such field.
    case unknownField(field: String, action: String)
    /// `do` names no action.
    case unknownAction(found: String)
    /// A value that is not one of `choices`.
    case notOneOf(field: String, found: String, choices: [String])
    /// Not a whole number within the range.
    case badNumber(field: String, found: String, lowest: Int64, highest: Int64)
    /// A header text with a control character.
    case controlCharacter(field: String, found: String)
    /// `key` is not a valid object key.
    case badKey(ObjectKeyError)

    /// One line: what was found and what to do.
    package var description: String {
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
