import PlanCore

/// Why a text is not a pattern.
public enum GlobError: Error, Hashable, Sendable {
    /// It names nothing.
    case empty(pattern: ByteString)
    /// A `[` without its `]` in the same segment.
    case openBracket(pattern: ByteString)
    /// A range in brackets that runs backwards.
    case backwardRange(pattern: ByteString)
    /// A `\` with nothing after it in its segment.
    case endsInBackslash(pattern: ByteString)
    /// A `..` segment; paths are relative to the root and have none.
    case parentSegment(pattern: ByteString)
}

extension GlobError: CustomStringConvertible {
    /// One line: the pattern, what was found, what to do.
    public var description: String {
        switch self {
        case .empty(let pattern):
            "pattern '\(pattern.escapedForDisplay)': names nothing; write * for every file"
        case .openBracket(let pattern):
            "pattern '\(pattern.escapedForDisplay)': a [ has no ] in its segment; write \\[ for a plain bracket"
        case .backwardRange(let pattern):
            "pattern '\(pattern.escapedForDisplay)': a range in brackets runs backwards; write its lower end first"
        case .endsInBackslash(let pattern):
            "pattern '\(pattern.escapedForDisplay)': a \\ stands before nothing; write \\\\ for a plain backslash"
        case .parentSegment(let pattern):
            "pattern '\(pattern.escapedForDisplay)': has a '..' segment; patterns are relative to the root"
        }
    }
}
