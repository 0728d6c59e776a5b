/// A position in the text of a manifest.
///
/// **Unit**: lines and characters (Unicode scalars), both counted from 1. A byte order mark is not counted,
/// CRLF is one line end. Values are clamped to 2³²−1.
public struct Place: Hashable, Sendable {
    private let storedLine: UInt32
    private let storedColumn: UInt32

    /// Creates a place; `line` and `column` count from 1.
    package init(line: Int, column: Int) {
        storedLine = UInt32(clamping: line)
        storedColumn = UInt32(clamping: column)
    }

    /// The line, from 1.
    public var line: Int { Int(storedLine) }
    /// The column in characters, from 1.
    public var column: Int { Int(storedColumn) }
}

extension Place: Comparable {
    /// Orders by line, then by column.
    public static func < (left: Place, right: Place) -> Bool {
        (left.storedLine, left.storedColumn) < (right.storedLine, right.storedColumn)
    }
}

extension Place: CustomStringConvertible {
    /// `line:column`.
    public var description: String { "\(line):\(column)" }
}

/// A value and the place where it was read.
package struct Located<Value> {
    /// The value.
    package let value: Value
    /// The place where it begins.
    package let place: Place

    /// Creates a located value.
    package init(_ value: Value, at place: Place) {
        self.value = value
        self.place = place
    }
}

extension Located: Equatable where Value: Equatable {}
extension Located: Hashable where Value: Hashable {}
extension Located: Sendable where Value: Sendable {}
