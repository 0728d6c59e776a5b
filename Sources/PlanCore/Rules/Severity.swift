/// How much a broken rule weighs.
public enum Severity: String, Hashable, Sendable, CaseIterable {
    /// The manifest can't be used.
    case error
    /// It can be used, and something may go wrong; an error under `verify --strict`.
    case warning
    /// Worth knowing.
    case note
}
