import ServiceCore

/// The `data` of a reply: read field by field, each of which may be missing or of another type.
public struct ReplyData: Hashable, Sendable {
    package let value: JSONValue

    package init(_ value: JSONValue) {
        self.value = value
    }

    /// No fields.
    public static let empty = ReplyData(.object([]))

    /// The text under `name`; nil where it is missing or not a string.
    public func text(_ name: String) -> String? { value.text(name) }

    /// The integer under `name`, also where the reply wrote it as a string of digits.
    public func integer(_ name: String) -> Int64? {
        value.integer(name) ?? value.text(name).flatMap { Int64($0) }
    }

    /// The objects of the array under `name`; an entry that is no object has no fields.
    public func objects(_ name: String) -> [ReplyData] {
        guard case .array(let entries)? = value[name] else { return [] }
        return entries.map(ReplyData.init)
    }

    /// `sha` in lower case, without what follows an underscore; nil where it is missing or empty.
    var sha: String? {
        guard let text = text(WireName.sha) else { return nil }
        let digits = text.lowercased().prefix { $0 != "_" }
        return digits.isEmpty ? nil : String(digits)
    }
}
