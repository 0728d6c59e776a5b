import PlanCore

/// A path pattern of `--include` and `--exclude`.
///
/// * `*` matches any run of characters within a segment, `?` one character, `[a-z]` and `[!a-z]` (or
///   `[^a-z]`) one character of a set. `**` as a whole segment matches any number of folders. `\` escapes the
///   next character.
/// * A pattern without `/` (a trailing one does not count) is matched against the last segment, at any depth.
///   A pattern with `/` is matched against the whole path from the root; a leading `/` only anchors it there.
/// * A trailing `/` matches folders only.
/// * Names that begin with a dot are not special. Matching is case-sensitive.
///
/// A character is one Unicode scalar: a composed `é` and an `e` with a combining accent differ. A byte that
/// is not UTF-8 counts as one character that no literal matches.
///
/// **Cost**: at most the product of the lengths of pattern and path; no pattern is exponential.
public struct Glob: Hashable, Sendable {
    /// The pattern as written.
    package let pattern: ByteString
    private let segments: [Segment]
    private let foldersOnly: Bool

    private enum Segment: Hashable, Sendable {
        case anyFolders
        case named([Token])
    }

    private enum Token: Hashable, Sendable {
        case anyRun
        case anyCharacter
        case character(UInt32)
        case set([ClosedRange<UInt32>], negated: Bool)

        func takes(_ character: UInt32) -> Bool {
            switch self {
            case .anyRun: false
            case .anyCharacter: true
            case .character(let own): own == character
            case .set(let ranges, let negated): ranges.contains { $0.contains(character) } != negated
            }
        }
    }

    /// - Throws: ``GlobError`` for a pattern that could never match or is incomplete.
    public init(_ pattern: ByteString) throws(GlobError) {
        self.pattern = pattern
        let characters = pattern.text.unicodeScalars.map(\.value)
        let slash = UInt32(UInt8(ascii: "/"))
        var parts = characters.split(separator: slash).filter { $0 != [UInt32(UInt8(ascii: "."))] }
        guard !parts.isEmpty else { throw .empty(pattern: pattern) }
        foldersOnly = characters.last == slash
        let anchored = characters.dropLast().contains(slash)
        var segments: [Segment] = anchored ? [] : [.anyFolders]
        while !parts.isEmpty {
            let part = parts.removeFirst()
            let dots = part.elementsEqual("..".unicodeScalars.map(\.value))
            guard !dots else { throw .parentSegment(pattern: pattern) }
            if part.count > 1, part.allSatisfy({ $0 == UInt32(UInt8(ascii: "*")) }) {
                if segments.last != .anyFolders { segments.append(.anyFolders) }
            } else {
                segments.append(.named(try Self.tokens(part, of: pattern)))
            }
        }
        // `a/**` matches everything below `a`, not `a` itself.
        if segments.last == .anyFolders { segments.append(.named([.anyRun])) }
        self.segments = segments
    }

    /// Whether the pattern matches `path`, which is relative to the root.
    package func matches(_ path: some Collection<UInt8>, isFolder: Bool) -> Bool {
        matches(globPath(path)[...], isFolder: isFolder)
    }

    func matches(_ path: ArraySlice<[UInt32]>, isFolder: Bool) -> Bool {
        guard isFolder || !foldersOnly else { return false }
        return Self.fit(
            segments, path, isWild: { $0 == .anyFolders },
            one: { segment, name in
                guard case .named(let tokens) = segment else { return false }
                return Self.fit(tokens, name, isWild: { $0 == .anyRun }, one: { $0.takes($1) })
            })
    }

    /// Whether `pattern` matches all of `items`.
    ///
    /// A wildcard piece takes any number of items, any other piece exactly one.
    ///
    /// Backtracking to the last wildcard is enough: an earlier one never needs to take more.
    private static func fit<Piece, Items: RandomAccessCollection>(
        _ pattern: [Piece], _ items: Items, isWild: (Piece) -> Bool, one: (Piece, Items.Element) -> Bool
    ) -> Bool where Items.Index == Int {
        var piece = 0
        var item = items.startIndex
        var retry: (piece: Int, item: Int)?
        while item < items.endIndex {
            if piece < pattern.count, isWild(pattern[piece]) {
                retry = (piece + 1, item)
                piece += 1
            } else if piece < pattern.count, one(pattern[piece], items[item]) {
                piece += 1
                item += 1
            } else if let back = retry {
                retry = (back.piece, back.item + 1)
                piece = back.piece
                item = back.item + 1
            } else {
                return false
            }
        }
        return pattern[piece...].allSatisfy(isWild)
    }
}

extension Glob {
    private static func tokens(
        _ part: ArraySlice<UInt32>, of pattern: ByteString
    ) throws(GlobError) -> [Token] {
        var tokens: [Token] = []
        var rest = part
        while let character = rest.popFirst() {
            switch Unicode.Scalar(character) {
            case "*": if tokens.last != .anyRun { tokens.append(.anyRun) }
            case "?": tokens.append(.anyCharacter)
            case "[": tokens.append(try set(&rest, of: pattern))
            case "\\":
                guard let next = rest.popFirst() else { throw .endsInBackslash(pattern: pattern) }
                tokens.append(.character(next))
            default: tokens.append(.character(character))
            }
        }
        return tokens
    }

    /// Parses the set whose `[` came before `rest`, up to its `]`.
    ///
    /// A `]` in first place is a member.
    private static func set(
        _ rest: inout ArraySlice<UInt32>, of pattern: ByteString
    ) throws(GlobError) -> Token {
        let negated = rest.first == UInt32(UInt8(ascii: "!")) || rest.first == UInt32(UInt8(ascii: "^"))
        if negated { rest.removeFirst() }
        var ranges: [ClosedRange<UInt32>] = []
        while let first = rest.popFirst() {
            if first == UInt32(UInt8(ascii: "]")), !ranges.isEmpty { return .set(ranges, negated: negated) }
            let low = first == UInt32(UInt8(ascii: "\\")) ? rest.popFirst() : first
            guard let low else { break }
            let afterDash = rest.dropFirst().first
            guard rest.first == UInt32(UInt8(ascii: "-")), let afterDash,
                afterDash != UInt32(UInt8(ascii: "]"))
            else {
                ranges.append(low...low)
                continue
            }
            rest.removeFirst(2)
            let high = afterDash == UInt32(UInt8(ascii: "\\")) ? rest.popFirst() : afterDash
            guard let high else { break }
            guard low <= high else { throw .backwardRange(pattern: pattern) }
            ranges.append(low...high)
        }
        throw .openBracket(pattern: pattern)
    }
}

/// Splits a path into segments of characters, once for all patterns that are matched against it.
func globPath(_ path: some Collection<UInt8>) -> [[UInt32]] {
    path.split(separator: UInt8(ascii: "/")).map { segment in
        var characters: [UInt32] = []
        characters.reserveCapacity(segment.count)
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = segment.makeIterator()
        var position = segment.startIndex
        while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid(let encoded):
                characters.append(Unicode.UTF8.decode(encoded).value)
                position = segment.index(position, offsetBy: encoded.count)
            case .error(let length):
                for _ in 0..<length {
                    characters.append(0x11_0000 + UInt32(segment[position]))  // beyond every scalar
                    position = segment.index(after: position)
                }
            case .emptyInput: return characters
            }
        }
    }
}

/// Why a pattern is invalid.
public enum GlobError: Error, Hashable, Sendable {
    /// It has no segment.
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
