import CCurlHook
import Foundation
import FoundationNetworking
import ServiceCore
import Synchronization

/// One HTTP exchange in progress.
///
/// A class, because the delegate fills it piece by piece.
final class Exchange: Sendable {
    private struct State {
        var clock: TransferClock
        /// Bytes of the body that libcurl has taken.
        ///
        /// **Unit**: bytes.
        var handedOver: Int64 = 0
        var body: [UInt8] = []
        var status = 0
        var headers: [String: String] = [:]
        /// Why it was cancelled by this transport; nil if it was not.
        var verdict: TransportError?
        var isBegun = false
        /// Whether the reply was an authentication challenge; the exchange then ends without the reply's
        /// body.
        var isChallenged = false
    }

    let task: URLSessionTask
    private let guarded: GuardedExchange?
    private let origin: Origin
    /// The maximum length of the reply.
    ///
    /// **Unit**: bytes.
    private let replyLimit: Int
    private let state: Mutex<State>

    /// Where the request is sent, for error messages.
    struct Origin: Sendable {
        var host: String
        /// Whether the endpoint has replied in this run.
        var hasAnswered: Bool
        var authorities: String?
    }

    init(
        task: URLSessionTask, guarded: GuardedExchange?, clock: TransferClock, replyLimit: Int, origin: Origin
    ) {
        self.task = task
        self.guarded = guarded
        self.origin = origin
        self.replyLimit = replyLimit
        state = Mutex(State(clock: clock))
    }

    /// Starts the task, unless it was cancelled before: on Linux a task cancelled before resume never
    /// completes.
    func begin() -> Bool {
        state.withLock { state in
            guard state.verdict == nil else { return false }
            state.isBegun = true
            task.resume()
            return true
        }
    }

    /// Records that libcurl has taken `count` bytes of the body so far.
    func handOver(_ count: Int64) { state.withLock { $0.handedOver = count } }

    /// Updates the progress; cancels the exchange if it took too long.
    func check(at now: ContinuousClock.Instant) -> TransferClock {
        let connection = guarded.map { TransferClock.Observation.Socket($0.progress) }
        let clock = state.withLock { state in
            let seen = TransferClock.Observation(
                handedOver: state.handedOver, replyBytes: state.body.count, connection: connection)
            state.clock.observe(seen, at: now)
            return state.clock
        }
        if let verdict = clock.verdict(at: now) { cancel(because: verdict) }
        return clock
    }

    /// Cancels the exchange; the first reason is kept.
    func cancel(because reason: TransportError) {
        let isBegun = state.withLock { state in
            state.verdict = state.verdict ?? reason
            return state.isBegun
        }
        if isBegun { task.cancel() }
    }

    func receive(_ response: HTTPURLResponse) {
        state.withLock { state in
            state.status = response.statusCode
            for case let (name as String, value as String) in response.allHeaderFields {
                state.headers[name.lowercased()] = value
            }
        }
        if (300..<400).contains(response.statusCode) { redirect(response) }
    }

    func receive(challenge response: HTTPURLResponse) {
        state.withLock { $0.isChallenged = true }
        receive(response)
    }

    func redirect(_ response: HTTPURLResponse) {
        cancel(because: .redirected(response))
    }

    func receive(_ data: Data) {
        let isTooLong = state.withLock { state in
            guard state.body.count + data.count <= replyLimit else { return true }
            state.body.append(contentsOf: data)
            return false
        }
        if isTooLong { cancel(because: .replyTooLong(limit: replyLimit)) }
    }

    /// The result, once Foundation reports completion.
    func result(_ error: (any Error)?) -> Result<HTTPResponse, TransportError> {
        state.withLock { state in
            if let verdict = state.verdict { return .failure(verdict) }
            // Foundation does not tell the delegate of a redirect that it cannot follow.
            if state.status == 0, let response = task.response as? HTTPURLResponse,
                (300..<400).contains(response.statusCode)
            {
                return .failure(.redirected(response))
            }
            if let error, !state.isChallenged {
                return .failure(TransportError(error, guarded?.outcome, origin))
            }
            guard state.status != 0 else { return .failure(.noReply) }
            return .success(HTTPResponse(status: state.status, headers: state.headers, body: state.body))
        }
    }
}

extension TransportError {
    fileprivate static func redirected(_ response: HTTPURLResponse) -> Self {
        .redirected(
            status: response.statusCode, location: response.value(forHTTPHeaderField: "Location") ?? "")
    }

    /// The error for a failure: from libcurl's result if the guard has it, else from Foundation's code.
    ///
    /// Error texts are dropped, because they may contain the request.
    fileprivate init(_ error: any Error, _ outcome: cosplan_curl_guard_outcome?, _ origin: Exchange.Origin) {
        if let outcome {
            self.init(outcome, origin)
        } else {
            self.init((error as? URLError)?.errorCode ?? (error as NSError).code, origin)
        }
    }

    /// **Source**: curl/curl.h, CURLcode; tested with libcurl 7.88.
    private init(_ outcome: cosplan_curl_guard_outcome, _ origin: Exchange.Origin) {
        if outcome.exceeded_limit > 0 {
            self = .replyTooLong(limit: Int(outcome.exceeded_limit))
            return
        }
        let answered = origin.hasAnswered
        self =
            switch outcome.code {
            case 5, 6: .hostNotFound(answered: answered)
            case 7: Self.notConnected(errno: outcome.system_error, answered)
            // An invalid status line, HTTP/0.9, a header without a colon, chunks without lengths.
            case 1, 8, 23, 61: .garbledReply
            case 18: .cutReply
            case 28: .timedOut(seconds: 300)
            // No bytes were received: the connection broke before the TLS handshake.
            case 35 where outcome.received == 0: .connectionLost
            case 35: .tlsFailed(answered: answered)
            case 51, 60:
                .certificateRefused(
                    host: origin.host, CertificateProblem(verifyResult: Int(outcome.verify_result)))
            case 77: .authoritiesUnusable(path: origin.authorities ?? "")
            case 52: .noReply
            case 56 where outcome.connect_status != 0 && outcome.connect_status != 200:
                .proxyRefused(status: Int(outcome.connect_status))
            case 55, 56, 65: .connectionLost
            default: .other(.libcurl(Int(outcome.code)))
            }
    }

    private static func notConnected(errno code: Int32, _ answered: Bool) -> Self {
        switch code {
        case EHOSTUNREACH, ENETUNREACH, ENETDOWN, EHOSTDOWN: .hostUnreachable(code: Int(code))
        case ECONNRESET, EPIPE: .connectionLost
        default: .connectionRefused(answered: answered)
        }
    }

    private init(_ code: Int, _ origin: Exchange.Origin) {
        self =
            switch code {
            case NSURLErrorCannotConnectToHost: .connectionRefused(answered: origin.hasAnswered)
            case NSURLErrorCannotFindHost, NSURLErrorDNSLookupFailed:
                .hostNotFound(answered: origin.hasAnswered)
            case NSURLErrorNetworkConnectionLost: .connectionLost
            case NSURLErrorTimedOut: .timedOut(seconds: 0)
            // This transport cancels with a verdict only, so this is Foundation's own cancellation.
            case NSURLErrorBadServerResponse, NSURLErrorCancelled: .noReply
            case NSURLErrorCannotParseResponse, NSURLErrorResourceUnavailable: .garbledReply
            default: .other(.foundation(code))
            }
    }
}
