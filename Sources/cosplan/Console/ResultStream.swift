import ArgumentParser
import Foundation

/// Streams a JSON result: one object with a list, one item per line, followed by its other fields.
///
/// ``ResultJSON`` needs the whole result in memory; this does not.
struct ResultStream {
    private let output: StandardOutput
    private let encoder = JSONEncoder()
    private var isFirst = true

    /// Begins an object with the list `name`.
    init(_ output: StandardOutput, list name: String) throws {
        self.output = output
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try output.write(Array("{\n  \"\(name)\": [".utf8))
    }

    /// Writes an item of the list.
    mutating func item(_ value: some Encodable) throws {
        try item(json: Array(encoder.encode(value)))
    }

    /// Writes an item of the list that is JSON already, in one line.
    mutating func item(json: [UInt8]) throws {
        try output.write(Array((isFirst ? "\n    " : ",\n    ").utf8) + json)
        isFirst = false
    }

    /// Ends the list and the object; `rest` holds the object's other fields.
    func end(_ rest: some Encodable) throws {
        let fields = Array(try encoder.encode(rest).dropFirst())
        try output.write(Array((isFirst ? "],\n  " : "\n  ],\n  ").utf8) + fields + [UInt8(ascii: "\n")])
    }
}

/// The format of a result.
enum ResultFormat: String, ChoiceArgument, Sendable {
    case text, json
}

/// The JSON format of results: sorted keys, indented, with a trailing line end.
enum ResultJSON {
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
    }
}
