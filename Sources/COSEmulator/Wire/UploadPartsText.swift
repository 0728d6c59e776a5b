import COSProtocol
import PlanCore

/// Reads the field `uploadparts` and holds it against the file's size.
///
/// **Source**: the init page; the vendor's SDKs for the layout and the last part.
enum UploadPartsText {
    /// Why the text is refused.
    enum Problem: Error, Hashable, CustomStringConvertible {
        case notJSON(JSONScanner.Malformed)
        case badKey(entry: Int, key: String)
        case missing(entry: Int)
        case badDigest(entry: Int)
        case tooMany(limit: Int)
        case none
        case offset(entry: Int, found: Int64, expected: Int64)
        case length(entry: Int, found: Int64, expected: Int64)
        case sum(found: Int64, fileSize: Int64)
        case pieceSize(found: Int64)
        case lastIsNotSHA

        var description: String {
            switch self {
            case .notJSON(let malformed): "uploadparts is not the JSON expected: \(malformed)"
            case .badKey(let entry, let key):
                "uploadparts[\(entry)] has the key '\(key.escapedForDisplay)' twice or wrongly"
            case .missing(let entry): "uploadparts[\(entry)] lacks offset, datalen or datasha"
            case .badDigest(let entry): "uploadparts[\(entry)].datasha is not 40 lower-case hex digits"
            case .tooMany(let limit): "uploadparts has more than \(limit) entries"
            case .none: "uploadparts is empty"
            case .offset(let entry, let found, let expected):
                "uploadparts[\(entry)] is at offset \(found); the one before ends at \(expected)"
            case .length(let entry, let found, let expected):
                "uploadparts[\(entry)] has \(found) bytes; the parts before it have \(expected)"
            case .sum(let found, let fileSize): "uploadparts cover \(found) bytes of a file of \(fileSize)"
            case .pieceSize(let found): "uploadparts cut at \(found) bytes, which is no multiple of 64"
            case .lastIsNotSHA: "the last datasha is not sha"
            }
        }
    }

    /// The digests in `text`, if they are a legal plan for a file of that size and SHA-1.
    static func digests(
        in text: [UInt8], kind: DatashaKind, fileSize: Int64, sha: Digest, limit: Int
    ) throws(Problem) -> PartDigests {
        let entries = try entries(in: text, limit: limit)
        guard let first = entries.first, let last = entries.last else { throw .none }
        let pieceSize = first.range.length
        var expected: Int64 = 0
        for (index, entry) in entries.enumerated() {
            let range = entry.range
            guard range.offset == expected else {
                throw .offset(entry: index, found: range.offset, expected: expected)
            }
            let isLast = index == entries.count - 1
            guard isLast ? (1...max(1, pieceSize)).contains(range.length) : range.length == pieceSize else {
                throw .length(entry: index, found: range.length, expected: pieceSize)
            }
            let (end, overflow) = expected.addingReportingOverflow(range.length)
            guard !overflow else { throw .sum(found: .max, fileSize: fileSize) }
            expected = end
        }
        guard expected == fileSize else { throw .sum(found: expected, fileSize: fileSize) }
        guard entries.count == 1 || pieceSize % 64 == 0 else { throw .pieceSize(found: pieceSize) }
        if kind == .state || entries.count == 1 {
            guard last.datasha == sha else { throw .lastIsNotSHA }
        }
        return PartDigests(
            kind: kind, layout: Layout(fileSize: fileSize, pieceSize: pieceSize),
            datashas: entries.map(\.datasha))
    }

    /// One entry as it was sent.
    struct Entry: Hashable {
        let range: ByteRange
        let datasha: Digest
    }

    private static func entries(in text: [UInt8], limit: Int) throws(Problem) -> [Entry] {
        var scanner = JSONScanner(text)
        var entries: [Entry] = []
        try json { () throws(JSONScanner.Malformed) in try scanner.expect("[") }
        if !scanner.takes("]") {
            repeat {
                guard entries.count < limit else { throw .tooMany(limit: limit) }
                entries.append(try entry(&scanner, index: entries.count))
            } while scanner.takes(",")
            try json { () throws(JSONScanner.Malformed) in try scanner.expect("]") }
        }
        try json { () throws(JSONScanner.Malformed) in try scanner.expectEnd() }
        return entries
    }

    private static func entry(_ scanner: inout JSONScanner, index: Int) throws(Problem) -> Entry {
        var offset: Int64?
        var length: Int64?
        var digest: Digest?
        try json { () throws(JSONScanner.Malformed) in try scanner.expect("{") }
        repeat {
            let key = try json { () throws(JSONScanner.Malformed) in
                let key = try scanner.string()
                try scanner.expect(":")
                return key
            }
            if key.elementsEqual(WireName.offset.utf8), offset == nil {
                offset = try json { () throws(JSONScanner.Malformed) in try scanner.number() }
            } else if key.elementsEqual(WireName.dataLength.utf8), length == nil {
                length = try json { () throws(JSONScanner.Malformed) in try scanner.number() }
            } else if key.elementsEqual(WireName.dataSHA.utf8), digest == nil {
                digest = Digest(hex: try json { () throws(JSONScanner.Malformed) in try scanner.string() })
                guard digest != nil else { throw .badDigest(entry: index) }
            } else {
                throw .badKey(entry: index, key: String(decoding: key, as: UTF8.self))
            }
        } while scanner.takes(",")
        try json { () throws(JSONScanner.Malformed) in try scanner.expect("}") }
        guard let offset, let length, let digest else { throw .missing(entry: index) }
        return Entry(range: ByteRange(offset: offset, length: length), datasha: digest)
    }

    private static func json<Value>(
        _ read: () throws(JSONScanner.Malformed) -> Value
    ) throws(Problem) -> Value {
        do throws(JSONScanner.Malformed) { return try read() } catch { throw .notJSON(error) }
    }
}
