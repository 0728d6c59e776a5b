import PlanCore
import ServiceCore

/// Why no answer of the service came back.
///
/// Whether the service got the request is unknown in most cases, so it is asked again and never assumed.
public enum TransportError: Error, Hashable, Sendable {
    /// Nobody listens at the endpoint.
    case connectionRefused
    /// The endpoint's name does not resolve.
    case hostNotFound
    /// The connection broke.
    case connectionLost
    /// Nothing moved for too long.
    case timedOut(seconds: Int)
    /// The connection closed without a reply.
    case noReply
    /// What came back was no HTTP.
    case garbledReply
    /// A redirect, which is never followed: the body would be lost on the way.
    case redirected(status: Int, location: String)
    /// The service calls the signature expired, and its clock is too far from the machine's to sign by.
    /// **Unit**: Unix seconds.
    case clockTooFar(service: Int64, machine: Int64)
    /// The reply is longer than any the service gives. **Unit**: bytes.
    case replyTooLong(limit: Int)
    /// The body's bytes could not be read again, or are no longer the planned ones.
    case bodyGone
    /// The request was given up because the upload was stopped.
    case cancelled
    /// Any other failure: TLS, a proxy, a truncated reply. `code` is Foundation's.
    case other(code: Int)

    /// Whether another try may succeed.
    public var isTransient: Bool {
        switch self {
        case .connectionRefused, .hostNotFound, .connectionLost, .timedOut, .noReply, .garbledReply, .other:
            true
        case .redirected, .clockTooFar, .replyTooLong, .bodyGone, .cancelled: false
        }
    }
}

extension TransportError {
    /// What happened, without what to do about it.
    var cause: String {
        let text = description
        return text.firstIndex(of: ";").map { String(text[..<$0]) } ?? text
    }
}

extension TransportError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .connectionRefused: "the connection was refused; check the endpoint, or try again later"
        case .hostNotFound: "the host was not found; check region and endpoint, or try again later"
        case .connectionLost: "the connection broke; try again later"
        case .timedOut(let seconds): "nothing moved for \(seconds) seconds; try again later"
        case .noReply: "the connection closed without a reply; try again later"
        case .garbledReply: "what came back was no HTTP; check endpoint and proxy, or try again later"
        case .redirected(let status, ""):
            "redirected (status \(status)) without saying where to, which is never followed; check --endpoint"
        case .clockTooFar(let service, let machine):
            "the service says the signature expired, and its clock says \(HTTPDate.timestamp(service)) where this "
                + "machine's says \(HTTPDate.timestamp(machine)), more than a day apart; set this machine's clock, "
                + "or check --endpoint"
        case .redirected(let status, let location):
            "redirected (status \(status)) to '\(location.escapedForDisplay)', which is never followed; "
                + "check --endpoint"
        case .replyTooLong(let limit):
            "the reply is longer than \(limit) bytes; check that the endpoint is the service"
        case .bodyGone: "the bytes to send could not be read again; plan the file again with cosplan hash"
        case .cancelled: "given up because the upload was stopped; run the same command again"
        case .other(let code):
            "no usable reply (Foundation error \(code): TLS, a proxy or a truncated reply); "
                + "check endpoint and proxy, or try again later"
        }
    }
}
