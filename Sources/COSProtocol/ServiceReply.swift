/// What came back for a request: the service's JSON, or something else.
public enum ServiceReply: Hashable, Sendable {
    /// A reply in the service's form.
    case json(ReplyEnvelope)
    /// HTML from an edge, XML, an empty body, or JSON without a `code`. `firstBytes` holds at most 256.
    case notJSON(status: Int, firstBytes: [UInt8])

    /// Reads a body; never fails, whatever it holds.
    public init(status: Int, body: [UInt8], requestIDHeader: String? = nil) {
        guard let value = JSONReader.value(in: body), case .integer(let code)? = value[WireName.code] else {
            self = .notJSON(status: status, firstBytes: Array(body.prefix(256)))
            return
        }
        let top = ReplyData(value)
        let data: ReplyData? =
            if case .members? = value[WireName.data] { value[WireName.data].map(ReplyData.init) } else { nil }
        self = .json(
            ReplyEnvelope(
                status: status, code: code, message: top.text(WireName.message) ?? "",
                requestID: top.text(WireName.requestID) ?? requestIDHeader, data: data))
    }

    /// The HTTP status.
    public var status: Int {
        switch self {
        case .json(let envelope): envelope.status
        case .notJSON(let status, _): status
        }
    }
}
