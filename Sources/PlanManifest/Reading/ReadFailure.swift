import PlanCore

/// Why reading ended before the text did.
enum ReadFailure: Error {
    /// The text can't be read on; the problem says why.
    case stopped(Problem)
    /// The byte source failed.
    case source(any Error)

    /// The text is not well-formed at `place`.
    static func malformed(at place: Place, _ message: String) -> ReadFailure {
        .stopped(Problem(.wellFormed, at: place, message))
    }

    /// A limit that guards memory was passed at `place`.
    static func limit(at place: Place, _ message: String) -> ReadFailure {
        .stopped(Problem(.limits, at: place, message + "; reading stops here"))
    }
}
