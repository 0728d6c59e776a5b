import PlanCore
import ServiceCore

/// The `data` of a reply.
///
/// Fields are read one by one; each may be missing or have another type.
package struct ReplyData: Hashable, Sendable {
    package let value: JSONValue

    package init(_ value: JSONValue) {
        self.value = value
    }

    /// No fields.
    package static let empty = ReplyData(.object([]))

    /// The string under `name`; nil if it is missing or not a string.
    package func text(_ name: String) -> String? { value.text(name) }

    /// The integer under `name`, which may also be written as a string of digits or with a zero fraction; nil
    /// if it is missing or anything else.
    package func integer(_ name: String) -> Int64? { value[name].flatMap(\.wholeNumber) }

    /// The integer under `name`; nil if it is missing or null.
    ///
    /// - Throws: ``ReplyProblem/unreadable(field:operation:)`` for any other value, which must not be treated
    ///   as missing.
    package func integer(
        _ name: String, in operation: ServiceOperation
    ) throws(ReplyProblem) -> Int64? {
        guard let value = value[name], value != .null else { return nil }
        guard let number = value.wholeNumber else { throw .unreadable(field: name, operation: operation) }
        return number
    }

    /// The objects of the array under `name`; an entry that is not an object has no fields.
    package func objects(_ name: String) -> [ReplyData] {
        guard case .array(let entries)? = value[name] else { return [] }
        return entries.map(ReplyData.init)
    }

    /// `sha` in lower case, up to an underscore; nil if it is missing or empty.
    var sha: String? {
        guard let text = text(WireName.sha) else { return nil }
        let digits = text.lowercased().prefix { $0 != "_" }
        return digits.isEmpty ? nil : String(digits)
    }
}

extension JSONValue {
    /// The integer, in any of its spellings: `1`, `"1"`, `1.0`, `1e0`; nil for anything else, or beyond 64
    /// bits.
    var wholeNumber: Int64? {
        switch self {
        case .integer(let number): number
        case .string(let text): Int64(text)
        // Within the range in which Double represents every integer.
        case .otherNumber(let text):
            Double(text).flatMap { abs($0) <= 9_007_199_254_740_992 ? Int64(exactly: $0) : nil }
        case .null, .bool, .array, .members: nil
        }
    }
}

/// A reply that reports success but lacks required information.
public enum ReplyProblem: ExplainedError, Hashable, Sendable {
    /// A field is missing or has the wrong type.
    case missing(field: String, operation: ServiceOperation)
    /// A field is present but not a 64-bit integer.
    case unreadable(field: String, operation: ServiceOperation)
    /// A field has a value that is not supported.
    case unusable(field: String, value: Int64, operation: ServiceOperation)

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
