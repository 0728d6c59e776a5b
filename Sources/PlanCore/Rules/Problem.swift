/// One broken rule at one place of a manifest.
public struct Problem: Hashable, Sendable {
    /// The rule.
    public let rule: Rule
    /// Where.
    public let place: Place
    /// What was found, on one line, safe to print.
    public let message: String

    /// `rule` is broken at `place`; `message` says how.
    public init(_ rule: Rule, at place: Place, _ message: String) {
        self.rule = rule
        self.place = place
        self.message = message
    }

    /// How much it weighs.
    public var severity: Severity { rule.severity }

    /// The line a compiler would print: `m.yaml:14:15: error R05: slice_size 1000000 is not one of …`.
    public func rendered(in manifest: String) -> String {
        "\(manifest.escapedForDisplay):\(place): \(severity.rawValue) \(rule.rawValue): \(message)"
    }
}
