/// The JSON text of `uploadparts`, exactly as it is sent.
///
/// **Shape**: `[{"offset":0,"datalen":26585,"datasha":"…"}]`, no spaces, in file order; `[]` for an empty
/// file. **Source**: the init page.
package struct UploadParts: Hashable, Sendable {
    /// The parts in the list.
    package let parts: [Part]

    /// Creates the list for the parts of one file, in file order.
    package init(_ parts: [Part]) {
        self.parts = parts
    }

    /// The JSON text as ASCII bytes.
    ///
    /// **Cost**: about 90 bytes per part.
    package var json: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(parts.count * 100 + 2)
        text.append(UInt8(ascii: "["))
        for (index, part) in parts.enumerated() {
            text.append(contentsOf: index == 0 ? "{\"offset\":".utf8 : ",{\"offset\":".utf8)
            text.append(contentsOf: String(part.range.offset).utf8)
            text.append(contentsOf: ",\"datalen\":".utf8)
            text.append(contentsOf: String(part.range.length).utf8)
            text.append(contentsOf: ",\"datasha\":\"".utf8)
            part.datasha.appendHex(to: &text)
            text.append(contentsOf: "\"}".utf8)
        }
        text.append(UInt8(ascii: "]"))
        return text
    }

    /// The length of ``json``, computed without building it.
    ///
    /// **Unit**: bytes.
    package var jsonLength: Int {
        Self.jsonLength(of: parts.lazy.map(\.range))
    }

    /// The length of a part's JSON text without its two numbers.
    ///
    /// **Unit**: bytes.
    private static let fixedLength = #"{"offset":,"datalen":,"datasha":""}"#.utf8.count + 40

    /// The maximum length of the JSON text for `count` parts.
    ///
    /// **Unit**: bytes.
    static func longestJSON(ofParts count: Int) -> Int {
        count * (fixedLength + 2 * decimalDigits(.max) + 1) + 2
    }

    /// The length of the JSON text for parts with these ranges.
    ///
    /// **Unit**: bytes.
    static func jsonLength(of ranges: some Sequence<ByteRange>) -> Int {
        let entries = ranges.reduce(into: (count: 0, length: 0)) { sum, range in
            sum.count += 1
            sum.length += fixedLength + decimalDigits(range.offset) + decimalDigits(range.length)
        }
        return entries.length + max(0, entries.count - 1) + 2
    }
}

private func decimalDigits(_ number: Int64) -> Int {
    var digits = 1
    var rest = number / 10
    while rest > 0 {
        digits += 1
        rest /= 10
    }
    return digits
}
