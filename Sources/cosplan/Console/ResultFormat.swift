import ArgumentParser
import Foundation

/// The format of a result.
enum ResultFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
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
