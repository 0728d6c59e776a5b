/// The JSON text of `uploadparts`, exactly as it goes over the wire.
///
/// **Shape**: `[{"offset":0,"datalen":26585,"datasha":"…"}]`, no spaces, in file order; `[]` for an empty
/// file. **Source**: the init page.
public struct UploadParts: Hashable, Sendable {
    /// The parts it lists.
    public let parts: [Part]

    /// The parts of one file, in file order.
    public init(_ parts: [Part]) {
        self.parts = parts
    }

    /// The JSON text as ASCII bytes. **Cost**: about 90 bytes a part.
    public var json: [UInt8] {
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

    /// How long ``json`` is, without making it. **Unit**: bytes.
    public var jsonLength: Int {
        let fixed = parts.count * (#"{"offset":,"datalen":,"datasha":""}"#.utf8.count + 40)
        let numbers = parts.reduce(0) { $0 + decimalDigits($1.range.offset) + decimalDigits($1.range.length) }
        return fixed + numbers + max(0, parts.count - 1) + 2
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
