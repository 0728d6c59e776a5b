import PlanCore

/// What a YAML or JSON text is made of.
enum TextEvent: Equatable {
    case documentStart
    case documentEnd
    case mappingStart
    case mappingEnd
    case listStart
    case listEnd
    case scalar(ScalarStyle)
    /// A YAML alias, `*name`.
    case alias
    /// The end of the text; it comes again when asked again.
    case end
}

/// How a scalar is written.
enum ScalarStyle {
    /// A quoted or block scalar; text whatever it holds.
    case quoted
    /// A YAML scalar without quotes, or a JSON number, `true`, `false` or `null`.
    case plain
}

/// A YAML or JSON text as a sequence of events. A class-bound protocol because it is a position in a text.
protocol TextEvents: AnyObject {
    /// The next event. The properties below speak of it until the next call.
    func next() throws(ReadFailure) -> TextEvent
    /// Where the event begins.
    var place: Place { get }
    /// The scalar's UTF-8 bytes, at most one more than ``PlanCore/ManifestLimits/scalarBytes``.
    var scalar: [UInt8] { get }
    /// What the event uses that a plain reading of YAML does without, if anything.
    var refusedFeature: String? { get }
}

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
