import PlanCore

/// Why a request's body is not a multipart form.
enum MultipartError: Error, Hashable, CustomStringConvertible {
    /// The header `Content-Type` names no boundary, or an impossible one.
    case noBoundary(contentType: String)
    /// What follows a delimiter is neither the next part nor the end.
    case badDelimiter
    /// A header line of a part is none.
    case badPartHeader(line: String)
    /// The same header stands twice in one part.
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
    /// The body ended before the last delimiter.
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
