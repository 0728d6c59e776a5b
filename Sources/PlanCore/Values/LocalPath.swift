/// The path of a planned file: the manifest's `path`, relative to the root.
///
/// **Shape**: UTF-8 without NUL, not empty, segments separated by `/`. Relative and without `..`, unless
/// paths outside the root are allowed.
public struct LocalPath: Hashable, Sendable, Comparable {
    /// The bytes of the path as written.
    package let bytes: ByteString

    /// Creates a path.
    ///
    /// - Throws: ``LocalPathError`` for the first problem.
    public init(_ bytes: ByteString, allowOutside: Bool = false) throws(LocalPathError) {
        guard !bytes.isEmpty else { throw .empty }
        guard !bytes.bytes.contains(0) else { throw .containsNUL(path: bytes) }
        if !allowOutside {
            guard bytes.bytes.first != UInt8(ascii: "/") else { throw .absolute(path: bytes) }
            guard bytes.bytes.firstSegment(where: { $0.elementsEqual("..".utf8) }) == nil
            else { throw .leavesRoot(path: bytes) }
        }
        self.bytes = bytes
    }

    /// The path as text.
    public var text: String { bytes.text }

    /// Orders by bytes.
    public static func < (left: LocalPath, right: LocalPath) -> Bool { left.bytes < right.bytes }
}

extension LocalPath: CustomStringConvertible {
    /// The path, escaped for display.
    public var description: String { bytes.escapedForDisplay }
}

/// Why a text is not a valid path below the root.
public enum LocalPathError: Error, Hashable, CustomStringConvertible {
    /// It is empty.
    case empty
    /// It contains a NUL.
    case containsNUL(path: ByteString)
    /// It begins with `/`.
    case absolute(path: ByteString)
    /// It has a `..` segment.
    case leavesRoot(path: ByteString)

    /// One line: what was found.
    public var description: String {
        switch self {
        case .empty: "path is empty"
        case .containsNUL(let path): "path '\(path.escapedForDisplay)' holds a NUL"
        case .absolute(let path):
            "path '\(path.escapedForDisplay)' is absolute; make it relative to the root, or use --allow-outside"
        case .leavesRoot(let path):
            "path '\(path.escapedForDisplay)' has a '..' segment; use --allow-outside if that is meant"
        }
    }
}

extension [UInt8] {
    /// The first of the segments between `/` that `isMeant`; the empty ones beside a `/` are segments too.
    ///
    /// **Cost**: no allocation.
    func firstSegment(from start: Int = 0, where isMeant: (ArraySlice<UInt8>) -> Bool) -> ArraySlice<UInt8>? {
        var segmentStart = start
        for end in start...count where end == count || self[end] == UInt8(ascii: "/") {
            let segment = self[segmentStart..<end]
            if isMeant(segment) { return segment }
            segmentStart = end + 1
        }
        return nil
    }
}
