import PlanCore

/// What came out of hashing one part for a check; kept for parts where something does not agree.
struct PartOutcome: Hashable, Sendable {
    /// Whether its bytes, hashed from the recorded state before them, give the recorded `datasha`; in `part`
    /// mode, whether they have the recorded plain digest.
    let datashaAgrees: Bool
    /// The plain SHA-1 of its bytes, where it was computed: always in `part` mode, else if a `sha1` is recorded.
    let plain: Digest?
    /// Whether the recorded `sha1` agrees; nil where none is recorded.
    let sha1Agrees: Bool?

    /// Whether nothing is wrong with the part.
    var agrees: Bool { datashaAgrees && sha1Agrees ?? true }
}
