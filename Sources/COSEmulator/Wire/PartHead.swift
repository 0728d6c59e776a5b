/// The head of one part of a multipart form.
struct PartHead: Hashable, Sendable {
    /// The field's name.
    let name: String
    /// The part's own `Content-Length`, if it has one.
    let contentLength: Int64?

    /// Parses the header lines, without the empty line after them.
    ///
    /// `filename` and `Content-Type` are accepted in any part and ignored: SDKs send them in different
    /// places.
    init(_ lines: [UInt8]) throws(MultipartError) {
        var name: String?
        var contentLength: Int64?
        var seen: Set<String> = []
        for line in Self.lines(of: lines) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
                line.allSatisfy({ ($0 >= 0x20 && $0 != 0x7f) || $0 == 0x09 })
            else { throw .badPartHeader(line: String(decoding: line, as: UTF8.self)) }
            let field = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            let value = line[(colon + 1)...].trimmingBlanks
            guard seen.insert(field).inserted else { throw .repeatedPartHeader(field: field) }
            switch field {
            case "content-disposition": name = try Self.fieldName(in: value)
            case "content-length":
                guard let length = DecimalNumber.read(value) else {
                    throw .badPartHeader(line: String(decoding: line, as: UTF8.self))
                }
                contentLength = length
            default: break
            }
        }
        guard let name else { throw .partWithoutName }
        self.name = name
        self.contentLength = contentLength
    }

    private static func lines(of block: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = block.startIndex
        var position = start
        while position + 1 < block.endIndex {
            if block[position] == 0x0d, block[position + 1] == 0x0a {
                lines.append(block[start..<position])
                position += 2
                start = position
            } else {
                position += 1
            }
        }
        if start < block.endIndex { lines.append(block[start...]) }
        return lines
    }

    /// The `name` of `form-data; name="op"; filename="x"`.
    private static func fieldName(in disposition: ArraySlice<UInt8>) throws(MultipartError) -> String {
        let shown = String(decoding: disposition, as: UTF8.self)
        var parameters = HeaderParameters(disposition)
        guard parameters.value.lowercased() == "form-data" else { throw .badDisposition(found: shown) }
        var name: String?
        while let parameter = parameters.next() {
            guard parameter.name == "name" else { continue }
            guard name == nil else { throw .badDisposition(found: shown) }
            name = parameter.value
        }
        guard parameters.isWellFormed, let name, !name.isEmpty else { throw .badDisposition(found: shown) }
        return name
    }
}
