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
        /// What Foundation reports of an exchange that is not guarded.
        var delivered = Delivered()
        /// Why it was cancelled by this transport; nil if it was not.
        var verdict: TransportError?
        var isBegun = false
    }

    private struct Delivered {
        /// Bytes of the body that libcurl has taken.
        ///
        /// **Unit**: bytes.
        var handedOver: Int64 = 0
        var body: [UInt8] = []
        var status = 0
        var headers: [String: String] = [:]
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
    func handOver(_ count: Int64) { state.withLock { $0.delivered.handedOver = count } }

    /// Updates the progress; cancels the exchange if it took too long.
    func check(at now: ContinuousClock.Instant) -> TransferClock {
        let progress = guarded?.progress
        let clock = state.withLock { state in
            let seen =
                progress.map(TransferClock.Observation.init)
                ?? TransferClock.Observation(
                    handedOver: state.delivered.handedOver, replyBytes: state.delivered.body.count)
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
        // Not on this thread: `cancel` waits for Foundation's queue, where another exchange's end may wait for a
        // lock that the caller holds. Swift holds one of the task while it calls cancellation handlers.
        if isBegun { DispatchQueue.global().async { [task] in task.cancel() } }
    }

    /// Records a head that Foundation read; of a guarded exchange it says nothing.
    func receive(_ response: HTTPURLResponse) {
        guard guarded == nil else { return }
        state.withLock { state in
            state.delivered.status = response.statusCode
            for case let (name as String, value as String) in response.allHeaderFields {
                state.delivered.headers[name.lowercased()] = value
            }
        }
        if (300..<400).contains(response.statusCode) { redirect(response) }
    }

    func receive(challenge response: HTTPURLResponse) {
        state.withLock { $0.delivered.isChallenged = true }
        receive(response)
    }

    func redirect(_ response: HTTPURLResponse) {
        cancel(because: .redirected(response))
    }

    func receive(_ data: Data) {
        let isTooLong = state.withLock { state in
            guard state.delivered.body.count + data.count <= replyLimit else { return true }
            state.delivered.body.append(contentsOf: data)
            return false
        }
        if isTooLong { cancel(because: .replyTooLong(limit: replyLimit)) }
    }

    /// The result, once Foundation reports completion.
    func result(_ error: (any Error)?) -> Result<HTTPResponse, TransportError> {
        let state = state.withLock { (verdict: $0.verdict, delivered: $0.delivered) }
        if let verdict = state.verdict { return .failure(verdict) }
        if let guarded { return result(of: guarded) }
        let delivered = state.delivered
        // Foundation does not tell the delegate of a redirect that it cannot follow.
        if delivered.status == 0, let response = task.response as? HTTPURLResponse,
            (300..<400).contains(response.statusCode)
        {
            return .failure(.redirected(response))
        }
        if let error, !delivered.isChallenged { return .failure(TransportError(error, origin)) }
        guard delivered.status != 0 else { return .failure(.noReply) }
        return .success(
            HTTPResponse(status: delivered.status, headers: delivered.headers, body: delivered.body))
    }

    private func result(of guarded: GuardedExchange) -> Result<HTTPResponse, TransportError> {
        guard let outcome = guarded.outcome else { return .failure(.noReply) }
        guard outcome.code == 0 else { return .failure(TransportError(outcome, origin)) }
        guard let reply = guarded.reply else { return .failure(.garbledReply) }
        guard reply.status != 0 else { return .failure(.noReply) }
        if (300..<400).contains(reply.status) {
            return .failure(.redirected(status: reply.status, location: reply.headers["location"] ?? ""))
        }
        guard reply.body.count <= replyLimit else { return .failure(.replyTooLong(limit: replyLimit)) }
        return .success(reply)
    }
}

extension TransportError {
    fileprivate static func redirected(_ response: HTTPURLResponse) -> Self {
        .redirected(
            status: response.statusCode, location: response.value(forHTTPHeaderField: "Location") ?? "")
    }

    /// The error for Foundation's; its text is dropped, because it may contain the request.
    fileprivate init(_ error: any Error, _ origin: Exchange.Origin) {
        self.init((error as? URLError)?.errorCode ?? (error as NSError).code, origin)
    }

    /// The error for libcurl's result.
    ///
    /// **Source**: curl/curl.h, CURLcode; tested with libcurl 7.88.
    fileprivate init(_ outcome: cosplan_curl_guard_outcome, _ origin: Exchange.Origin) {
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
