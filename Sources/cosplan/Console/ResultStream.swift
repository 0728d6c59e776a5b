import Foundation

/// A result in JSON that is written while it comes: one object with a list, one item a line, and its other
/// fields behind it. What ``ResultJSON`` writes is held whole; a list of a million files need not be.
struct ResultStream {
    private let output: StandardOutput
    private let encoder = JSONEncoder()
    private var isFirst = true

    /// Begins an object whose list is called `name`.
    init(_ output: StandardOutput, list name: String) throws {
        self.output = output
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try output.write(Array("{\n  \"\(name)\": [".utf8))
    }

    /// Writes an item of the list.
    mutating func item(_ value: some Encodable) throws {
        try output.write(Array((isFirst ? "\n    " : ",\n    ").utf8) + encoder.encode(value))
        isFirst = false
    }

    /// Ends the list and the object; the fields of `rest` are the object's others.
    func end(_ rest: some Encodable) throws {
        let fields = Array(try encoder.encode(rest).dropFirst())
        try output.write(Array((isFirst ? "],\n  " : "\n  ],\n  ").utf8) + fields + [UInt8(ascii: "\n")])
    }
}
