import COSProtocol
import Foundation
import FoundationNetworking
import Synchronization
import ServiceCore

/// One HTTP exchange under way. A class: the delegate fills it piece by piece.
final class Exchange: Sendable {
    private struct State {
        var body: [UInt8] = []
        var status = 0
        var headers: [String: String] = [:]
        /// Why it was cancelled, where that was on purpose.
        var verdict: TransportError?
        var lastMove = ContinuousClock.now
        var isBegun = false
        /// Whether the reply asked for a name and a password: it then ends without its body.
        var isChallenged = false
    }

    let task: URLSessionTask
    private let idleSeconds: Int
    /// The longest reply that is read. **Unit**: bytes.
    private let replyLimit: Int
    private let state = Mutex(State())

    init(task: URLSessionTask, idleSeconds: Int, replyLimit: Int) {
        self.task = task
        self.idleSeconds = idleSeconds
        self.replyLimit = replyLimit
    }

    /// Begins, unless it was cancelled before: a task cancelled before it is resumed never ends on Linux.
    func begin() -> Bool {
        state.withLock { state in
            guard state.verdict == nil else { return false }
            state.isBegun = true
            state.lastMove = .now
            task.resume()
            return true
        }
    }

    /// Something moved.
    func touch() { state.withLock { $0.lastMove = .now } }

    /// Gives it up if nothing moved for too long.
    func check(at now: ContinuousClock.Instant) {
        let isIdle = state.withLock { now - $0.lastMove > .seconds(idleSeconds) }
        if isIdle { cancel(because: .timedOut(seconds: idleSeconds)) }
    }

    /// Gives it up; the first reason counts.
    func cancel(because reason: TransportError) {
        let isBegun = state.withLock { state in
            state.verdict = state.verdict ?? reason
            return state.isBegun
        }
        if isBegun { task.cancel() }
    }

    func receive(_ response: HTTPURLResponse) {
        state.withLock { state in
            state.lastMove = .now
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
            state.lastMove = .now
            guard state.body.count + data.count <= replyLimit else { return true }
            state.body.append(contentsOf: data)
            return false
        }
        if isTooLong { cancel(because: .replyTooLong(limit: replyLimit)) }
    }

    /// What came of it, once Foundation says it is over.
    func result(_ error: (any Error)?) -> Result<RawResponse, TransportError> {
        state.withLock { state in
            if let verdict = state.verdict { return .failure(verdict) }
            // Foundation keeps a redirect that it cannot follow to itself.
            if state.status == 0, let response = task.response as? HTTPURLResponse,
                (300..<400).contains(response.statusCode)
            {
                return .failure(.redirected(response))
            }
            if let error, !state.isChallenged { return .failure(TransportError(error)) }
            guard state.status != 0 else { return .failure(.noReply) }
            return .success(RawResponse(status: state.status, headers: state.headers, body: state.body))
        }
    }
}

/// A reply's bytes, before anything is read in them.
struct RawResponse: Sendable {
    let status: Int
    /// Names in lower case.
    let headers: [String: String]
    let body: [UInt8]

    /// The response, without what is `hidden`, so that no message can show it.
    func response(hiding hidden: Redactor) -> ServiceResponse {
        ServiceResponse(
            reply: ServiceReply(
                status: status, body: body, requestIDHeader: headers[WireName.requestIDHeader],
                hiding: hidden),
            serverTime: headers["date"].flatMap(HTTPDate.unixSeconds),
            retryAfter: headers["retry-after"].flatMap { Int64($0) }.flatMap { $0 >= 0 ? $0 : nil })
    }
}

extension TransportError {
    fileprivate static func redirected(_ response: HTTPURLResponse) -> Self {
        .redirected(
            status: response.statusCode, location: response.value(forHTTPHeaderField: "Location") ?? "")
    }

    /// What Foundation's error means; its text is not kept, because it may hold the request.
    fileprivate init(_ error: any Error) {
        let code = (error as? URLError)?.errorCode ?? (error as NSError).code
        self =
            switch code {
            case NSURLErrorCannotConnectToHost: .connectionRefused
            case NSURLErrorCannotFindHost, NSURLErrorDNSLookupFailed: .hostNotFound
            case NSURLErrorNetworkConnectionLost: .connectionLost
            case NSURLErrorTimedOut: .timedOut(seconds: 0)
            // We cancel with a verdict only: this is Foundation giving up by itself.
            case NSURLErrorBadServerResponse, NSURLErrorCancelled: .noReply
            case NSURLErrorCannotParseResponse, NSURLErrorResourceUnavailable: .garbledReply
            default: .other(code: code)
            }
    }
}
