import PlanCore

/// Filters the bytes of a manifest: valid UTF-8 without NUL and, for YAML, without characters its grammar
/// forbids.
///
/// Strips a byte order mark, detects the format, counts lines, and limits the size of a value before the
/// parser has built it. A class, because it is a position in a text that parsers share.
final class TextSource {
    /// The format, from the first byte that is not blank.
    private(set) var format = ManifestFormat.yaml
    /// Tabs and unusual line ends found in YAML, not yet taken by the reader.
    private var problems = ProblemList()

    private let source: any ByteSource
    /// Bytes read but not yet passed on: at first the beginning of the text, later the start of a character
    /// cut by a chunk.
    private var pending: [UInt8] = []
    private var failure: ReadFailure?
    private var atEnd = false

    private var line = 1
    /// The number of characters of the current line in earlier chunks.
    private var columnsBefore = 0
    private var lastWasCR = false
    /// Tabs and unusual line ends are reported at most once per line.
    private var lineHasTab = false
    private var lineHasOddEnd = false
    private var bytesSinceMark = 0
    private var directivesSinceMark = 0

    static let chunkBytes = 65_536
    /// The maximum length of a UTF-8 character.
    ///
    /// **Unit**: bytes.
    static let longestCharacter = 4
    /// The maximum amount of blank space before the first other byte.
    ///
    /// **Unit**: bytes.
    static let leadingBlankBytes = 1 << 20
    /// The maximum amount of text per event of the parser.
    ///
    /// **Unit**: bytes.
    static let bytesPerEvent = 4 << 20
    /// The maximum number of lines starting with `%` per event of the parser.
    static let directivesPerEvent = 16

    /// Creates a source that reads from the current position of `source`.
    init(_ source: any ByteSource) {
        self.source = source
    }

    /// Reads until the format is known.
    ///
    /// Call it once, before anything else.
    func open() throws(ReadFailure) {
        try fill(to: 4)
        try refuseOtherEncodings()
        if pending.starts(with: [0xef, 0xbb, 0xbf]) { pending.removeFirst(3) }
        var index = 0
        while true {
            if index == pending.count {
                guard index < Self.leadingBlankBytes else {
                    throw .limit(at: Place(line: 1, column: 1), "more than \(index) bytes of blank space")
                }
                try fill(to: index + 1)
                if index == pending.count { return }
            }
            switch pending[index] {
            case 0x09, 0x0a, 0x0d, 0x20: index += 1
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                format = .json
                return
            default: return
            }
        }
    }

    /// Records that the parser has produced an event from the text so far.
    func mark() {
        bytesSinceMark = 0
        directivesSinceMark = 0
    }

    /// Returns and clears the problems found so far.
    func takeProblems() -> ProblemList? {
        guard !problems.kept.isEmpty else { return nil }
        defer { problems = ProblemList() }
        return problems
    }

    /// The next chunk of text, cut between characters; empty at the end.
    func nextChunk() throws(ReadFailure) -> [UInt8] {
        if let failure { throw failure }
        while true {
            if bytesSinceMark > Self.bytesPerEvent {
                throw .limit(
                    at: Place(line: line, column: 1), "a value of more than \(Self.bytesPerEvent) bytes")
            }
            if directivesSinceMark > Self.directivesPerEvent {
                throw .stopped(
                    Problem(.plainYAML, at: Place(line: line, column: 1), "%directives; reading stops here"))
            }
            if pending.count < Self.longestCharacter { try fill(to: pending.count + 1) }
            guard !pending.isEmpty else { return [] }
            var chunk: [UInt8] = []
            swap(&chunk, &pending)
            let admitted = admit(&chunk)
            if admitted < chunk.count {
                if failure == nil { pending = Array(chunk[admitted...]) }
                chunk.removeSubrange(admitted...)
            }
            bytesSinceMark += admitted
            if !chunk.isEmpty { return chunk }
            if let failure { throw failure }
        }
    }

    /// Reads until `pending` has `count` bytes or the source ends.
    private func fill(to count: Int) throws(ReadFailure) {
        while pending.count < count, !atEnd {
            do {
                let bytes = try source.read(upTo: Self.chunkBytes)
                atEnd = bytes.isEmpty
                pending.append(contentsOf: bytes)
            } catch {
                throw .source(error)
            }
        }
    }

    private func refuseOtherEncodings() throws(ReadFailure) {
        let start = Place(line: 1, column: 1)
        let head = pending.prefix(4)
        if head.elementsEqual([0xff, 0xfe, 0, 0]) || head.elementsEqual([0, 0, 0xfe, 0xff]) {
            throw .malformed(at: start, "the text is UTF-32; save it as UTF-8")
        }
        let zeros = head.map { $0 == 0 }
        if head.starts(with: [0xff, 0xfe]) || head.starts(with: [0xfe, 0xff])
            || zeros == [true, false, true, false] || zeros == [false, true, false, true]
        {
            throw .malformed(at: start, "the text is UTF-16; save it as UTF-8")
        }
    }
}

extension TextSource {
    /// Checks `chunk` from its start and returns how many bytes of it may be passed on.
    ///
    /// The rest is the beginning of a cut character, or the cause of `failure`.
    private func admit(_ chunk: inout [UInt8]) -> Int {
        let isYAML = format == .yaml
        var lineStart = 0
        var index = 0
        while index < chunk.count {
            let byte = chunk[index]
            if byte >= 0x20, byte < 0x7f {
                lastWasCR = false
                if byte == UInt8(ascii: "%"), index == lineStart, columnsBefore == 0 {
                    directivesSinceMark += 1
                }
                index = endOfPrintableASCII(chunk, from: index + 1)
            } else if byte == 0x0a || byte == 0x0d {
                if byte == 0x0d, isYAML {
                    // Keeps it for the next chunk, whose first byte distinguishes CR from CRLF.
                    guard index + 1 < chunk.count || atEnd else { break }
                    if index + 1 == chunk.count || chunk[index + 1] != 0x0a {
                        reportLoneCR(chunk, lineStart, index)
                    }
                }
                if byte == 0x0d || !lastWasCR { line += 1 }
                lastWasCR = byte == 0x0d
                lineHasTab = false
                lineHasOddEnd = false
                index += 1
                lineStart = index
                columnsBefore = 0
            } else if byte == 0x09, isYAML {
                reportTab(chunk, lineStart, index)
                index += 1
            } else if byte < 0x80 {
                guard isAllowedControl(byte, isYAML: isYAML) else {
                    let name = byte == 0 ? "a NUL byte" : "the control character U+" + codePoint(UInt32(byte))
                    fail(chunk, lineStart, index, name)
                    return index
                }
                index += 1
            } else {
                lastWasCR = false
                guard let length = characterLength(chunk[index...]) else {
                    fail(chunk, lineStart, index, "bytes that are not UTF-8")
                    return index
                }
                guard length > 0 else { break }
                if isYAML, !admitCharacter(&chunk, lineStart, index, length) { return index }
                index += length
            }
        }
        columnsBefore += columns(chunk[lineStart..<index])
        return index
    }

    /// The index of the first byte from `start` on that is not printable ASCII.
    ///
    /// Most bytes are.
    private func endOfPrintableASCII(_ chunk: [UInt8], from start: Int) -> Int {
        var index = start
        while index < chunk.count, chunk[index] &- 0x20 < 0x5f { index += 1 }
        return index
    }

    /// The JSON lexer checks control characters itself; YAML forbids them everywhere.
    private func isAllowedControl(_ byte: UInt8, isYAML: Bool) -> Bool { byte != 0 && !isYAML }

    /// Checks a character beyond ASCII for YAML.
    ///
    /// Characters that YAML 1.1 treats as line ends are reported, and replaced so that lines are counted as
    /// elsewhere.
    private func admitCharacter(_ chunk: inout [UInt8], _ lineStart: Int, _ index: Int, _ length: Int) -> Bool
    {
        switch (chunk[index], chunk[index + 1], length == 3 ? chunk[index + 2] : 0) {
        case (0xc2, 0x85, _):
            reportLineEnd(chunk, lineStart, index, "U+0085")
            chunk[index + 1] = 0xa0
        case (0xc2, 0x80...0x9f, _):
            fail(chunk, lineStart, index, "the control character U+" + codePoint(UInt32(chunk[index + 1])))
            return false
        case (0xe2, 0x80, 0xa8), (0xe2, 0x80, 0xa9):
            reportLineEnd(chunk, lineStart, index, chunk[index + 2] == 0xa8 ? "U+2028" : "U+2029")
            chunk[index + 2] = 0xa7
        case (0xef, 0xbf, 0xbe), (0xef, 0xbf, 0xbf):
            fail(chunk, lineStart, index, "the non-character U+FFF" + (chunk[index + 2] == 0xbe ? "E" : "F"))
            return false
        default: break
        }
        return true
    }

    private func reportTab(_ chunk: [UInt8], _ lineStart: Int, _ index: Int) {
        lastWasCR = false
        guard !lineHasTab else { return }
        lineHasTab = true
        problems.append(
            Problem(
                .plainYAML, at: place(chunk, lineStart, index),
                "a tab; indent with spaces, and write \\t between double quotes"))
    }

    private func reportLineEnd(_ chunk: [UInt8], _ lineStart: Int, _ index: Int, _ name: String) {
        guard !lineHasOddEnd else { return }
        lineHasOddEnd = true
        problems.append(
            Problem(
                .plainYAML, at: place(chunk, lineStart, index),
                "the line end \(name); write \\u\(name.dropFirst(2)) between double quotes"))
    }

    /// Reports a CR without LF: YAML and many editors treat it as a line end, other tools do not.
    private func reportLoneCR(_ chunk: [UInt8], _ lineStart: Int, _ index: Int) {
        problems.append(
            Problem(
                .plainYAML, at: place(chunk, lineStart, index),
                "the line end CR without LF; end lines with LF, and write \\r between double quotes"))
    }

    private func fail(_ chunk: [UInt8], _ lineStart: Int, _ index: Int, _ what: String) {
        failure = .malformed(at: place(chunk, lineStart, index), "the text holds \(what)")
    }

    private func place(_ chunk: [UInt8], _ lineStart: Int, _ index: Int) -> Place {
        Place(line: line, column: columnsBefore + columns(chunk[lineStart..<index]) + 1)
    }

    private func columns(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reduce(0) { $0 + ($1 & 0xc0 == 0x80 ? 0 : 1) }
    }

    private func codePoint(_ value: UInt32) -> String {
        Unicode.Scalar(value)?.codePointText ?? String(value, radix: 16)
    }

    /// The length of the UTF-8 character at the start of `bytes`; 0 if it is cut, nil if it is invalid.
    ///
    /// **Source**: Unicode 16, table 3-7.
    private func characterLength(_ bytes: ArraySlice<UInt8>) -> Int? {
        let first = bytes[bytes.startIndex]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch first {
        case 0xc2...0xdf: length = 2
        case 0xe0: (length, second) = (3, 0xa0...0xbf)
        case 0xed: (length, second) = (3, 0x80...0x9f)
        case 0xe1...0xef: length = 3
        case 0xf0: (length, second) = (4, 0x90...0xbf)
        case 0xf1...0xf3: length = 4
        case 0xf4: (length, second) = (4, 0x80...0x8f)
        default: return nil
        }
        for (position, byte) in bytes.dropFirst().prefix(length - 1).enumerated() {
            guard position == 0 ? second.contains(byte) : (0x80...0xbf).contains(byte) else { return nil }
        }
        guard bytes.count >= length else { return atEnd ? nil : 0 }
        return length
    }
}
