/// The effects of faults on every request, whatever its operation.
///
/// Those of one operation (such as `sliceSize`, `lateError`, `wrongChecksum`) are applied where that is performed, in
/// the JSON and XML front ends.
extension FaultAction {
    /// What it does while the body is read.
    enum EffectOnBody {
        case reset(Moment)
        /// **Unit**: bytes a second.
        case slowRead(Int64)
    }

    /// What it does to the finished reply.
    enum EffectOnReply {
        /// **Unit**: milliseconds.
        case delay(Int64)
        case drop
        case cut
    }

    /// What it does while the body is read; nil for nothing.
    var effectOnBody: EffectOnBody? {
        switch self {
        case .reset(let moment): .reset(moment)
        case .slowRead(let bytesPerSecond): .slowRead(bytesPerSecond)
        case .status, .delay, .cutReply, .dropReply, .emptyReply, .html, .redirect, .sliceSize, .serial,
            .throttle, .expired, .clockSkew, .deadSession, .lateError, .noChecksum, .wrongChecksum,
            .pageSize, .versioned, .ignoresIfNoneMatch, .forbidden:
            nil
        }
    }

    /// What it does to the finished reply; nil for nothing.
    var effectOnReply: EffectOnReply? {
        switch self {
        case .delay(let milliseconds): .delay(milliseconds)
        case .dropReply: .drop
        case .cutReply: .cut
        case .status, .reset, .emptyReply, .html, .redirect, .sliceSize, .serial, .throttle, .expired,
            .clockSkew, .slowRead, .deadSession, .lateError, .noChecksum, .wrongChecksum, .pageSize,
            .versioned, .ignoresIfNoneMatch, .forbidden:
            nil
        }
    }

    /// Whether the request is read to its end but not performed.
    var leavesWorkUndone: Bool {
        switch self {
        case .status, .emptyReply, .html, .redirect, .throttle, .expired, .reset, .forbidden: true
        case .delay, .cutReply, .dropReply, .sliceSize, .serial, .clockSkew, .slowRead, .deadSession,
            .lateError, .noChecksum, .wrongChecksum, .pageSize, .versioned, .ignoresIfNoneMatch:
            false
        }
    }

    /// How far the clock is ahead; nil if it is right.
    ///
    /// **Unit**: seconds.
    var clockSkew: Int64? {
        if case .clockSkew(let seconds) = self { seconds } else { nil }
    }

    /// A reply that is not specific to an API; nil if it has none.
    func plainReply(to uri: String, requestID: String) -> EmulatorReply? {
        switch self {
        case .emptyReply(let status):
            EmulatorReply(status: status, contentType: nil, body: [], requestID: requestID)
        case .html(let status): .html(status: status, requestID: requestID)
        case .redirect(let status, let location):
            EmulatorReply(
                status: status, contentType: nil, body: [],
                headers: [HeaderField("Location", location ?? "/redirected\(uri)")], requestID: requestID)
        case .status, .throttle, .expired, .forbidden, .delay, .reset, .cutReply, .dropReply, .sliceSize,
            .serial, .clockSkew, .slowRead, .deadSession, .lateError, .noChecksum, .wrongChecksum, .pageSize,
            .versioned, .ignoresIfNoneMatch:
            nil
        }
    }

    /// The reply to a request of the JSON API for `uri`; nil if the service replies.
    func reply(to uri: String, by service: Service, requestID: String) -> EmulatorReply? {
        switch self {
        case .status(let status, let code, _), .throttle(_, let status, let code):
            .json(status: status, code: code, message: "\(name) by script", data: nil, requestID: requestID)
        case .expired: service.refusal(Refusal(.signatureExpired, "by script"), requestID: requestID)
        case .forbidden:
            .json(
                status: 403, code: Refusal(.signatureRefused, "").code, message: "forbidden by script",
                data: nil, requestID: requestID)
        case .emptyReply, .html, .redirect: plainReply(to: uri, requestID: requestID)
        case .delay, .reset, .cutReply, .dropReply, .sliceSize, .serial, .clockSkew, .slowRead, .deadSession,
            .lateError, .noChecksum, .wrongChecksum, .pageSize, .versioned, .ignoresIfNoneMatch:
            nil
        }
    }

    /// Its refusal of a request of the XML API; nil for none.
    var xmlRefusal: XMLRefusal? {
        switch self {
        case .status(let status, _, let error): .scripted(status, code: error)
        case .throttle(_, let status, _): .scripted(status, code: nil)
        case .expired: .wrongTime("Request has expired, by script")
        case .forbidden: .accessDenied("by script")
        case .emptyReply, .html, .redirect, .delay, .reset, .cutReply, .dropReply, .sliceSize, .serial,
            .clockSkew, .slowRead, .deadSession, .lateError, .noChecksum, .wrongChecksum, .pageSize,
            .versioned, .ignoresIfNoneMatch:
            nil
        }
    }
}
