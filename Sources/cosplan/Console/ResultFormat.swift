import ArgumentParser
import Foundation

/// How a result is written.
enum ResultFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case text, json
}

/// JSON as results are written: sorted keys, indented, a line end at the end.
enum ResultJSON {
    static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value)) + [UInt8(ascii: "\n")]
    }
}
