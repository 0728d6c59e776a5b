/// Faults that answer in the service's place.
extension FaultAction {
    /// Whether the request it hits is read to its end and nothing is done.
    var leavesWorkUndone: Bool {
        switch self {
        case .status, .emptyReply, .html, .redirect, .throttle, .expired, .reset: true
        case .delay, .cutReply, .dropReply, .sliceSize, .serial, .clockSkew, .slowRead, .deadSession: false
        }
    }

    /// Its answer to a request for `uri`; nil where the service answers.
    func reply(to uri: String, by service: Service, requestID: String) -> Reply? {
        switch self {
        case .status(let status, let code), .throttle(_, let status, let code):
            .json(status: status, code: code, message: "\(name) by script", data: nil, requestID: requestID)
        case .emptyReply(let status):
            Reply(status: status, contentType: nil, body: [], requestID: requestID)
        case .html(let status): .html(status: status, requestID: requestID)
        case .redirect(let status, let location):
            Reply(
                status: status, contentType: nil, body: [], location: location ?? "/redirected\(uri)",
                requestID: requestID)
        case .expired: service.refusal(Refusal(.signatureExpired, "by script"), requestID: requestID)
        case .delay, .reset, .cutReply, .dropReply, .sliceSize, .serial, .clockSkew, .slowRead, .deadSession:
            nil
        }
    }
}
