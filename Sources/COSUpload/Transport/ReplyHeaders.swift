/// The headers of a reply, as libcurl delivers them.
struct ReplyHeaders {
    /// Names in lower case; values of headers that occur more than once are joined with a comma.
    ///
    /// **Source**: RFC 9110, section 5.3.
    private(set) var values: [String: String] = [:]

    /// Reads a head: the status line, which is skipped, and one header a line; nil if a line has no name.
    ///
    /// A line that begins with a space continues the one before (RFC 9112, section 5.2).
    init?(_ head: [UInt8]) {
        var last: String?
        for line in head.split(separator: UInt8(ascii: "\n")).dropFirst() {
            let text = Self.text(line)
            if text.isEmpty { continue }
            if let last, line.first.map(Self.isSpace) == true {
                values[last, default: ""] += " " + text
                continue
            }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
                return nil
            }
            let name = Self.text(line[..<colon]).lowercased()
            let value = Self.text(line[line.index(after: colon)...])
            values[name] = values[name].map { $0 + ", " + value } ?? value
            last = name
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    /// The bytes without white space around them.
    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        var text = bytes.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return String(decoding: text, as: UTF8.self)
    }
}
