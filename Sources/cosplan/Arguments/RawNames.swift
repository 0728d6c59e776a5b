import ArgumentParser
import PlanCore
import PlanFiles

/// A command line that may contain words that are not UTF-8, which Swift would repair into other names.
///
/// The parser accepts only text. Names for `hash`, each of which may fail on its own, pass through it in an
/// encoded form that begins with a NUL, which no real argument can contain. Anywhere else such a word is an
/// error.
struct RawNames {
    /// The arguments for the parser.
    let arguments: [String]
    /// The words that are not UTF-8, in displayable form.
    let foreign: [ByteString]
    /// Whether one of them is an option with its value in the same word.
    private let holdsOption: Bool

    /// Encodes `words`, the process's arguments without its own name.
    init(_ words: [[UInt8]]) {
        let isForeign = words.map { ByteString(validating: $0) == nil }
        let names = words.firstIndex { $0.elementsEqual("--".utf8) } ?? words.endIndex
        arguments = zip(words, isForeign).map { word, isForeign in
            isForeign ? Self.text(word) : String(decoding: word, as: UTF8.self)
        }
        foreign = zip(words, isForeign).filter(\.1).map { ByteString(displaying: $0.0) }
        holdsOption = zip(words, isForeign).prefix(names).contains { word, isForeign in
            isForeign && word.first == UInt8(ascii: "-")
        }
    }

    /// Whether every word that is not UTF-8 is a file name for `command`.
    func areNames(of command: any ParsableCommand) -> Bool {
        guard !holdsOption, let command = command as? HashCommand else { return false }
        return command.names.count { $0.utf8.first == 0 } == foreign.count
    }

    /// The original bytes of a name.
    static func bytes(_ name: String) -> [UInt8] {
        guard name.utf8.first == 0 else { return Array(name.utf8) }
        return name.unicodeScalars.dropFirst().map { UInt8(truncatingIfNeeded: $0.value) }
    }

    /// A NUL, followed by one scalar per byte.
    private static func text(_ bytes: [UInt8]) -> String {
        String(String.UnicodeScalarView([Unicode.Scalar(0)] + bytes.map { Unicode.Scalar($0) }))
    }
}
