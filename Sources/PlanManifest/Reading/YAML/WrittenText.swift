import PlanCore

/// A position in a manifest's text, which is read as a sequence of literals, numbers and quoted words.
struct WrittenText {
    /// The text is not what ``ManifestWriter`` writes there.
    struct OtherForm: Error {}

    private let source: TextSource
    /// Buffered text; the bytes before `position` were read.
    private var bytes: [UInt8] = []
    private var position = 0
    /// The start of the current line in `bytes`.
    private var lineStart = 0
    private(set) var line = 1
    private var sourceHasEnded = false
    /// The error of the byte source, if it failed.
    private(set) var failure: ReadFailure?

    /// Reads `source`, which is open.
    init(_ source: TextSource) {
        self.source = source
    }

    /// Whether everything buffered was read.
    var isAtEnd: Bool { position == bytes.count }

    /// The place of `position`.
    var place: Place { Place(line: line, column: position - lineStart + 1) }

    /// Starts a line at `position`.
    mutating func beginLine() {
        line += 1
        lineStart = position
    }

    /// Buffers at least `count` bytes from `position`, which must be the start of a line, or all that are left.
    mutating func fill(to count: Int) throws(OtherForm) {
        guard bytes.count - position < count, !sourceHasEnded else { return }
        bytes.removeSubrange(..<position)
        position = 0
        lineStart = 0
        while bytes.count < count, !sourceHasEnded {
            do throws(ReadFailure) {
                let chunk = try source.nextChunk()
                sourceHasEnded = chunk.isEmpty
                bytes.append(contentsOf: chunk)
            } catch {
                if case .source = error { failure = error }
                throw OtherForm()
            }
            guard source.takeProblems() == nil else { throw OtherForm() }
        }
        source.mark()
    }

    func startsWith(_ literal: StaticString) -> Bool {
        let count = literal.utf8CodeUnitCount
        guard bytes.count - position >= count else { return false }
        for index in 0..<count {
            guard unsafe bytes[position + index] == literal.utf8Start[index] else { return false }
        }
        return true
    }

    mutating func skip(_ literal: StaticString) -> Bool {
        guard startsWith(literal) else { return false }
        position += literal.utf8CodeUnitCount
        return true
    }

    mutating func take(_ literal: StaticString) throws(OtherForm) {
        guard skip(literal) else { throw OtherForm() }
    }

    /// Skips a literal that starts with a line end, or with a quote and a line end.
    mutating func skipField(_ literal: StaticString) -> Bool {
        let start = position
        guard skip(literal) else { return false }
        line += 1
        lineStart = start + (bytes[start] == UInt8(ascii: "\n") ? 1 : 2)
        return true
    }

    mutating func takeField(_ literal: StaticString) throws(OtherForm) {
        guard skipField(literal) else { throw OtherForm() }
    }

    /// Reads up to 18 decimal digits without leading zeros.
    mutating func number() throws(OtherForm) -> Located<Int64> {
        let place = place
        let start = position
        var number: Int64 = 0
        while position < bytes.count, Self.isDigit(bytes[position]) {
            number = number &* 10 &+ Int64(bytes[position] &- UInt8(ascii: "0"))
            position += 1
        }
        let count = position - start
        guard 1...18 ~= count, count == 1 || bytes[start] != UInt8(ascii: "0") else { throw OtherForm() }
        return Located(number, at: place)
    }

    /// Reads 40 hex digits behind an opening quote, which was read already.
    ///
    /// Leaves the closing quote.
    mutating func digest() throws(OtherForm) -> Located<Digest> {
        guard let digest = Digest(hex: bytes, from: position) else { throw OtherForm() }
        let located = Located(digest, at: Place(line: line, column: position - lineStart))
        position += 40
        return located
    }

    /// Reads a checksum in the same way.
    mutating func checksum(_ kind: ChecksumKind) throws(OtherForm) -> Located<Checksum> {
        let place = Place(line: line, column: position - lineStart)
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "'") { position += 1 }
        guard let checksum = Checksum(kind, text: Array(bytes[start..<position])) else { throw OtherForm() }
        return Located(checksum, at: place)
    }

    /// Reads text in single quotes, or a word.
    mutating func text() throws(OtherForm) -> Located<ByteString> {
        startsWith("'") ? try quoted() : try word()
    }

    /// Reads text in single quotes.
    mutating func quoted() throws(OtherForm) -> Located<ByteString> {
        let place = place
        try take("'")
        var text: [UInt8] = []
        var start = position
        while true {
            guard position < bytes.count, text.count + (position - start) <= ManifestLimits.nameBytes else {
                throw OtherForm()
            }
            let byte = bytes[position]
            if byte == UInt8(ascii: "'") {
                text.append(contentsOf: bytes[start..<position])
                position += 1
                guard position < bytes.count, bytes[position] == UInt8(ascii: "'") else { break }
                // Two quotes are one in the text.
                start = position
            } else if byte < 0x20 || byte == 0xef && isByteOrderMark {
                throw OtherForm()
            }
            position += 1
        }
        guard text.count <= ManifestLimits.nameBytes, let text = ByteString(validating: text) else {
            throw OtherForm()
        }
        return Located(text, at: place)
    }

    /// Whether a byte order mark follows; YAML does not allow it inside a text.
    private var isByteOrderMark: Bool { startsWith("\u{feff}") }

    /// Reads a word without quotes that every YAML reader takes for text.
    mutating func word() throws(OtherForm) -> Located<ByteString> {
        let place = place
        let start = position
        while position < bytes.count, isWordByte(bytes[position], first: position == start) { position += 1 }
        let word = Array(bytes[start..<position])
        guard word.count <= ManifestLimits.nameBytes, !PlainScalar.readsAsOtherThanText(word),
            let text = ByteString(validating: word)
        else { throw OtherForm() }
        return Located(text, at: place)
    }

    /// Reads ASCII letters.
    mutating func letters() -> String { run { Self.isLetter($0) } }

    /// Reads ASCII letters and digits.
    mutating func lettersAndDigits() -> String { run { Self.isLetter($0) || Self.isDigit($0) } }

    private mutating func run(of isMeant: (UInt8) -> Bool) -> String {
        let start = position
        while position < bytes.count, isMeant(bytes[position]) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z")
    }

    private func isWordByte(_ byte: UInt8, first: Bool) -> Bool {
        Self.isLetter(byte) || Self.isDigit(byte)
            || !first && (byte == UInt8(ascii: "-") || byte == UInt8(ascii: "."))
    }
}
