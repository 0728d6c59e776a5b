/// Where something stands in a manifest's text.
///
/// **Unit**: lines and characters (Unicode scalars), both counted from 1. A byte order mark counts for
/// nothing, CRLF for one line end. Numbers beyond 2³²−1 stay there.
public struct Place: Hashable, Sendable {
    private let storedLine: UInt32
    private let storedColumn: UInt32

    /// The place at `line` and `column`, both from 1.
    public init(line: Int, column: Int) {
        storedLine = UInt32(clamping: line)
        storedColumn = UInt32(clamping: column)
    }

    /// The line, from 1.
    public var line: Int { Int(storedLine) }
    /// The character within the line, from 1.
    public var column: Int { Int(storedColumn) }
}

extension Place: Comparable {
    public static func < (left: Place, right: Place) -> Bool {
        (left.storedLine, left.storedColumn) < (right.storedLine, right.storedColumn)
    }
}

extension Place: CustomStringConvertible {
    /// `line:column`.
    public var description: String { "\(line):\(column)" }
}

/// A value and where it was read.
public struct Located<Value> {
    /// What was read.
    public let value: Value
    /// Where it begins.
    public let place: Place

    /// `value`, read at `place`.
    public init(_ value: Value, at place: Place) {
        self.value = value
        self.place = place
    }
}

extension Located: Equatable where Value: Equatable {}
extension Located: Hashable where Value: Hashable {}
extension Located: Sendable where Value: Sendable {}
