import PlanCore
import ServiceCore

/// Why no reply was received.
///
/// It is mostly unknown whether the service received the request, so the service is asked again and nothing
/// is assumed.
public enum TransportError: ExplainedError, Hashable, Sendable {
    /// Nothing listens at the endpoint or proxy.
    ///
    /// `answered`: whether the endpoint replied earlier in this run.
    case connectionRefused(answered: Bool)
    /// The name of the endpoint or proxy does not resolve.
    ///
    /// `answered`: whether the endpoint replied earlier in this run.
    case hostNotFound(answered: Bool)
    /// There is no route to the endpoint's address.
    ///
    /// `code` is errno.
    case hostUnreachable(code: Int)
    /// The connection was lost.
    case connectionLost
    /// The connection was lost or closed, over plain http, and the endpoint has never replied in this run.
    ///
    /// Its port may speak TLS.
    case closedUnanswered
    /// No progress for too long, before the body's last byte was acknowledged.
    case timedOut(seconds: Int)
    /// The request was sent, but the reply was not complete in time.
    case replyOverdue(seconds: Int)
    /// The connection closed before the reply's head was complete.
    case noReply
    /// The connection closed inside the reply's body.
    case cutReply
    /// The reply was not valid HTTP.
    case garbledReply
    /// A redirect.
    ///
    /// Redirects are never followed: the body would be lost.
    case redirected(status: Int, location: String)
    /// The service called the signature expired, but its clock is too far from the machine's to adopt.
    ///
    /// **Unit**: Unix seconds.
    case clockTooFar(service: Int64, machine: Int64)
    /// The reply is longer than any legitimate one.
    ///
    /// **Unit**: bytes.
    case replyTooLong(limit: Int)
    /// The certificate of `host` is not trusted.
    case certificateRefused(host: String, CertificateProblem)
    /// The TLS handshake failed.
    ///
    /// `answered`: whether the endpoint replied earlier in this run.
    case tlsFailed(answered: Bool)
    /// The file of trusted certificates cannot be used.
    case authoritiesUnusable(path: String)
    /// A proxy refused to connect to the endpoint.
    case proxyRefused(status: Int)
    /// The request was cancelled because the upload was stopped.
    case cancelled
    /// Any other failure.
    case other(Code)

    /// The origin of the error code.
    public enum Code: Hashable, Sendable {
        /// A `CURLcode`.
        case libcurl(Int)
        /// A code of `NSURLErrorDomain`.
        case foundation(Int)
    }

    /// Whether a retry may succeed.
    package var isTransient: Bool { retryLimit != 0 }

    /// Whether it is about the endpoint or the client's configuration, and no request to it can succeed.
    var isAboutEndpoint: Bool {
        switch self {
        case .connectionRefused(answered: false), .hostNotFound(answered: false), .clockTooFar,
            .certificateRefused, .tlsFailed(answered: false), .authoritiesUnusable, .closedUnanswered:
            true
        case .proxyRefused: !isTransient
        case .connectionRefused, .hostNotFound, .hostUnreachable, .connectionLost, .timedOut, .replyOverdue,
            .noReply, .cutReply, .garbledReply, .redirected, .replyTooLong, .tlsFailed, .cancelled, .other:
            false
        }
    }

    /// The maximum number of retries for this error; nil for the policy's.
    ///
    /// An endpoint that has not replied in this run is more likely mistyped than restarting.
    package var retryLimit: Int? {
        switch self {
        case .connectionRefused(false), .hostNotFound(false): 1
        case .connectionRefused, .hostNotFound, .hostUnreachable, .connectionLost, .closedUnanswered,
            .timedOut, .replyOverdue, .noReply, .cutReply, .garbledReply, .tlsFailed(true), .other:
            nil
        case .proxyRefused(let status): (500..<600).contains(status) ? nil : 0
        case .redirected, .clockTooFar, .replyTooLong, .certificateRefused, .tlsFailed, .authoritiesUnusable,
            .cancelled:
            0
        }
    }
}

/// Why a certificate is not trusted.
public enum CertificateProblem: Hashable, Sendable {
    /// It is for another host.
    case otherHost
    /// It is not valid yet.
    case notYetValid
    /// It has expired.
    case expired
    /// It is self-signed.
    case selfSigned
    /// It is not signed by a trusted authority.
    case unknownAuthority
    /// Another problem, as an `X509_V_ERR` number.
    case other(Int)

    /// **Source**: openssl/x509_vfy.h; 0 and 1 remain when libcurl compares the names itself.
    init(verifyResult: Int) {
        self =
            switch verifyResult {
            case 0, 1, 62, 64: .otherHost
            case 9: .notYetValid
            case 10: .expired
            case 18: .selfSigned
            case 2, 19, 20, 21, 24, 27: .unknownAuthority
            default: .other(verifyResult)
            }
    }
}

extension CertificateProblem: CustomStringConvertible {
    /// What is wrong with the certificate, for use in a sentence.
    public var description: String {
        switch self {
        case .otherHost: "it belongs to another host"
        case .notYetValid: "it is not valid yet"
        case .expired: "it has expired"
        case .selfSigned: "it is self-signed"
        case .unknownAuthority: "no trusted authority signed it"
        case .other(let number): "verification error \(number)"
        }
    }
}

extension TransportError {
    /// What happened, without advice.
    public var finding: String {
        switch self {
        case .connectionRefused: "the connection was refused"
        case .hostNotFound: "the host was not found"
        case .hostUnreachable(let code): "the host cannot be reached (errno \(code))"
        case .connectionLost: "the connection broke"
        case .closedUnanswered: "the connection closed without a reply"
        case .timedOut(let seconds): "nothing moved for \(seconds) seconds"
        case .replyOverdue(let seconds):
            "the reply had not come \(seconds) seconds after the request was sent"
        case .noReply: "the connection closed without a reply"
        case .cutReply: "the connection closed inside the reply"
        case .garbledReply: "what came back was no HTTP"
        case .redirected(let status, ""):
            "redirected (status \(status)) without saying where to, which is never followed"
        case .redirected(let status, let location):
            "redirected (status \(status)) to '\(location.escapedForDisplay)', which is never followed"
        case .clockTooFar(let service, let machine):
            "the service says the signature expired, and its clock says \(HTTPDate.timestamp(service)) where "
                + "this machine's says \(HTTPDate.timestamp(machine)), more than a day apart"
        case .replyTooLong(let limit): "the reply is longer than \(limit) bytes"
        case .certificateRefused(let host, let problem):
            "the certificate of \(host.escapedForDisplay) is not trusted: \(problem)"
        case .tlsFailed: "what answers there does not speak TLS, or no version of it that this machine does"
        case .authoritiesUnusable(let path):
            "'\(path.escapedForDisplay)' holds no certificates that can be used"
        case .proxyRefused(let status): "the proxy refuses to connect to the endpoint (status \(status))"
        case .cancelled: "given up because the upload was stopped"
        case .other(.libcurl(let code)): "no usable reply (libcurl error \(code))"
        case .other(.foundation(let code)):
            "no usable reply (Foundation error \(code): TLS, a proxy or a truncated reply)"
        }
    }

    /// What to do about it.
    public var hint: String {
        switch self {
        case .connectionRefused: "check endpoint and proxy, or try again later"
        case .hostNotFound: "check region, endpoint and proxy, or try again later"
        case .hostUnreachable: "check the network, or try again later"
        case .connectionLost, .timedOut, .replyOverdue, .noReply, .cutReply: "try again later"
        case .closedUnanswered: "does the port speak TLS? try https://, or try again later"
        case .garbledReply, .other: "check endpoint and proxy, or try again later"
        case .redirected: "check the endpoint"
        case .clockTooFar: "set this machine's clock, or check the endpoint"
        case .replyTooLong: "check that the endpoint is the service"
        case .certificateRefused(_, .otherHost): "check the endpoint"
        case .certificateRefused(_, .notYetValid), .certificateRefused(_, .expired):
            "check this machine's clock, or ask whoever runs the host"
        case .certificateRefused(_, .selfSigned), .certificateRefused(_, .unknownAuthority),
            .certificateRefused(_, .other):
            "if the host is yours, trust its authority's certificate"
        case .tlsFailed: "check whether the endpoint is http or https, and its port"
        case .authoritiesUnusable: "name a file of PEM certificates"
        case .proxyRefused(407): "give the proxy its user and password in its variable"
        case .proxyRefused: "check the proxy, or let the host bypass it"
        case .cancelled: "upload it again"
        }
    }
}
