import NIOCore
import PlanCore

/// Parses a `multipart/form-data` body incrementally, from chunks of any length.
///
/// Content is passed on without copying. **Source**: RFC 7578 and RFC 2046, 5.1.
struct MultipartReader {
    /// Receives the parts.
    protocol Sink {
        mutating func partBegan(_ head: PartHead)
        mutating func partContinued(_ bytes: ByteBuffer)
        mutating func partEnded()
    }

    private enum Stage {
        case preamble
        case delimiter
        case head
        case content
        case epilogue
    }

    private let limits: EmulatorLimits
    private var search: DelimiterSearch
    private var stage = Stage.preamble
    private var collected: [UInt8] = []
    private var part: PartHead?
    private var partLength: Int64 = 0
    private var partCount = 0

    /// Creates a reader for a body with this `Content-Type`.
    init(contentType: String, limits: EmulatorLimits) throws(MultipartError) {
        var parameters = HeaderParameters(Array(contentType.utf8)[...])
        var boundary: String?
        while let parameter = parameters.next() {
            if parameter.name == "boundary", boundary == nil { boundary = parameter.value }
        }
        guard let boundary, (1...70).contains(boundary.utf8.count), parameters.isWellFormed,
            boundary.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }), boundary.utf8.last != 0x20
        else { throw .noBoundary(contentType: contentType) }
        self.limits = limits
        // The first delimiter needs no CRLF before it.
        search = DelimiterSearch(Array("\r\n--\(boundary)".utf8), matched: 2)
    }

    /// Takes the next bytes of the body.
    mutating func take(_ chunk: ByteBuffer, into sink: inout some Sink) throws(MultipartError) {
        var chunk = chunk
        while chunk.readableBytes > 0 {
            switch stage {
            case .preamble, .content: readContent(&chunk, into: &sink)
            case .delimiter: try readDelimiter(&chunk, into: &sink)
            case .head: try readHead(&chunk, into: &sink)
            case .epilogue: return
            }
            if stage == .delimiter, let part, let declared = part.contentLength, declared != partLength {
                throw .contentLength(part: part.name, declared: declared, found: partLength)
            }
        }
    }

    /// Called at the end of the body.
    func end() throws(MultipartError) {
        guard stage == .epilogue else { throw .cutShort }
    }

    private mutating func readContent(_ chunk: inout ByteBuffer, into sink: inout some Sink) {
        let outcome = unsafe chunk.withUnsafeReadableBytes { unsafe search.search($0) }
        if stage == .content {
            if outcome.released > 0 {
                sink.partContinued(ByteBuffer(bytes: search.delimiter[..<outcome.released]))
            }
            if outcome.content > 0, let content = chunk.readSlice(length: outcome.content) {
                sink.partContinued(content)
            }
            partLength += Int64(outcome.released + outcome.content)
        } else {
            chunk.moveReaderIndex(forwardBy: outcome.content)
        }
        chunk.moveReaderIndex(forwardBy: outcome.consumed - outcome.content)
        if outcome.found {
            collected.removeAll(keepingCapacity: true)
            stage = .delimiter
        }
    }

    private mutating func readDelimiter(
        _ chunk: inout ByteBuffer, into sink: inout some Sink
    ) throws(MultipartError) {
        while collected.count < 2, let byte: UInt8 = chunk.readInteger() { collected.append(byte) }
        guard collected.count == 2 else { return }
        if part != nil {
            part = nil
            sink.partEnded()
        }
        switch (collected[0], collected[1]) {
        case (UInt8(ascii: "-"), UInt8(ascii: "-")): stage = .epilogue
        case (0x0d, 0x0a): stage = .head
        default: throw .badDelimiter
        }
        collected.removeAll(keepingCapacity: true)
    }

    private mutating func readHead(
        _ chunk: inout ByteBuffer, into sink: inout some Sink
    ) throws(MultipartError) {
        while let byte: UInt8 = chunk.readInteger() {
            collected.append(byte)
            if collected.suffix(4).elementsEqual([0x0d, 0x0a, 0x0d, 0x0a]) || collected == [0x0d, 0x0a] {
                partCount += 1
                guard partCount <= limits.formParts else { throw .tooManyParts(limit: limits.formParts) }
                let head = try PartHead(Array(collected.dropLast(2)))
                collected.removeAll(keepingCapacity: true)
                part = head
                partLength = 0
                stage = .content
                sink.partBegan(head)
                return
            }
            guard collected.count <= limits.partHeadBytes else {
                throw .partHeadTooLong(limit: limits.partHeadBytes)
            }
        }
    }
}

/// Why a body is not a valid multipart form.
enum MultipartError: Error, Hashable, CustomStringConvertible {
    /// The header `Content-Type` has no valid boundary.
    case noBoundary(contentType: String)
    /// A delimiter is followed by neither a part nor the end.
    case badDelimiter
    /// A malformed header line of a part.
    case badPartHeader(line: String)
    /// A header is repeated within one part.
    case repeatedPartHeader(field: String)
    /// A part's headers are longer than `limit` bytes.
    case partHeadTooLong(limit: Int)
    /// A `Content-Disposition` that is not `form-data; name="…"`.
    case badDisposition(found: String)
    /// A part has no `Content-Disposition`.
    case partWithoutName
    /// A part's own `Content-Length` is not its length.
    case contentLength(part: String, declared: Int64, found: Int64)
    /// More than `limit` parts.
    case tooManyParts(limit: Int)
    /// The body ended before the closing delimiter.
    case cutShort

    var description: String {
        switch self {
        case .noBoundary(let contentType):
            "Content-Type '\(contentType.escapedForDisplay)' names no boundary of 1 to 70 characters"
        case .badDelimiter: "after a delimiter comes neither a line end nor --"
        case .badPartHeader(let line): "a part has the header line '\(line.escapedForDisplay)'"
        case .repeatedPartHeader(let field): "a part has the header '\(field.escapedForDisplay)' twice"
        case .partHeadTooLong(let limit): "a part's headers are longer than \(limit) bytes"
        case .badDisposition(let found):
            "'\(found.escapedForDisplay)' is not of the form form-data; name=\"…\""
        case .partWithoutName: "a part has no Content-Disposition"
        case .contentLength(let part, let declared, let found):
            "part '\(part.escapedForDisplay)' declares \(declared) bytes and has \(found)"
        case .tooManyParts(let limit): "the form has more than \(limit) parts"
        case .cutShort: "the body ends before the form's last delimiter"
        }
    }
}
