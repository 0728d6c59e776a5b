import ServiceCore

/// The reply to a request: the service's JSON, or something else.
public enum ServiceReply: Hashable, Sendable {
    /// A reply in the service's format.
    case json(ReplyEnvelope)
    /// HTML from a gateway, XML, an empty body, or JSON without a `code`.
    ///
    /// `firstBytes` holds at most 256 bytes.
    case notJSON(status: Int, firstBytes: [UInt8])

    /// Parses any body; never fails.
    ///
    /// At most 4 KiB of each text are kept.
    public init(status: Int, body: [UInt8], requestIDHeader: String? = nil) {
        self.init(status: status, body: body, requestIDHeader: requestIDHeader, hiding: .nothing)
    }

    /// Parses any body, and removes `hidden` texts from everything that may be shown or stored.
    package init(status: Int, body: [UInt8], requestIDHeader: String?, hiding hidden: Redactor) {
        guard let value = JSONValue(json: body, strings: .repaired),
            let code = value[WireName.code].flatMap(\.wholeNumber)
        else {
            let shown = hidden.removed(from: Array(body.prefix(Redactor.keptLength)))
            self = .notJSON(status: status, firstBytes: Array(shown.prefix(256)))
            return
        }
        let message = value.text(WireName.message).map(hidden.removed) ?? ""
        let requestID = (value.text(WireName.requestID) ?? requestIDHeader).map(hidden.removed)
        self = .json(
            ReplyEnvelope(
                status: status, code: code, message: message, requestID: requestID,
                data: value[WireName.data].flatMap { Self.data($0, hiding: hidden) }))
    }

    /// The fields of `data`.
    ///
    /// The session is neither shown nor stored, and must be sent back unchanged.
    private static func data(_ value: JSONValue, hiding hidden: Redactor) -> ReplyData? {
        guard case .members(let members) = value else { return nil }
        return ReplyData(
            .members(
                members.map { member in
                    guard case .string(let text) = member.value,
                        !member.name.utf8.elementsEqual(WireName.session.utf8)
                    else { return member }
                    return JSONMember(name: member.name, value: .string(hidden.removed(from: text)))
                }))
    }

    /// The HTTP status.
    package var status: Int {
        switch self {
        case .json(let envelope): envelope.status
        case .notJSON(let status, _): status
        }
    }
}
