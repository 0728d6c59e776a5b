import PlanCore

/// An event of a YAML or JSON text.
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
    /// The end of the text; returned again by further calls.
    case end
}

/// How a scalar is written.
enum ScalarStyle {
    /// A quoted or block scalar, which is always text.
    case quoted
    /// A YAML scalar without quotes, or a JSON number, `true`, `false` or `null`.
    case plain
}

/// A YAML or JSON text as a sequence of events.
///
/// Class-bound, because it is a position in a text.
protocol TextEvents: AnyObject {
    /// The next event.
    ///
    /// The properties below describe it until the next call.
    func next() throws(ReadFailure) -> TextEvent
    /// The place where the event begins.
    var place: Place { get }
    /// The UTF-8 bytes of the scalar, at most one more than ``PlanCore/ManifestLimits/scalarBytes``.
    var scalar: [UInt8] { get }
    /// A YAML feature of the event that manifests must not use; nil if there is none.
    var refusedFeature: String? { get }
}

/// Why reading stopped before the end of the text.
enum ReadFailure: Error {
    /// The text cannot be read further; the problem says why.
    case stopped(Problem)
    /// The byte source failed.
    case source(any Error)

    /// The text is not well-formed at `place`.
    static func malformed(at place: Place, _ message: String) -> ReadFailure {
        .stopped(Problem(.wellFormed, at: place, message))
    }

    /// A limit that protects memory was exceeded at `place`.
    static func limit(at place: Place, _ message: String) -> ReadFailure {
        .stopped(Problem(.limits, at: place, message + "; reading stops here"))
    }
}
