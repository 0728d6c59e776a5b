import Foundation
import FoundationNetworking
import PlanCore
import ServiceCore
import Synchronization

/// HTTP through URLSession.
///
/// A class, because it owns the session.
///
/// Uses `uploadTask(with:from:)`, the only mode that is fast and sends a Content-Length, which it sets
/// itself. Redirects are not followed: the body would be empty.
///
/// Where the guard is active, it hands libcurl the body and keeps the reply; Foundation sees neither, only that
/// the exchange has ended.
package final class URLSessionTransport: HTTPTransport {
    private let session: URLSession
    private let exchanges: Exchanges
    private let watchdog: Task<Void, Never>
    private let configuration: UploadConfiguration
    private let board: RequestBoard
    private let isGuarded: Bool
    /// Endpoints that have replied in this run.
    private let answered = Mutex<Set<Endpoint>>([])

    /// Creates a transport.
    ///
    /// - Parameters:
    ///   - configuration: timeouts, limits and certificates.
    ///   - board: receives what each request waits for.
    ///   - warn: called if the guard is not active.
    package init(
        _ configuration: UploadConfiguration, board: RequestBoard = RequestBoard(),
        warn: (UploadWarning) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.board = board
        // Before the session is created: creating one registers Foundation's callbacks.
        let obstacle = configuration.isGuarded ? TransferGuard.install() : nil
        isGuarded = configuration.isGuarded && obstacle == nil
        if let obstacle { warn(.notGuarded(obstacle)) }
        exchanges = Exchanges(board: board)
        let settings = URLSessionConfiguration.ephemeral
        settings.httpMaximumConnectionsPerHost = configuration.slices + configuration.filesAtOnce
        settings.requestCachePolicy = .reloadIgnoringLocalCacheData
        settings.urlCache = nil
        settings.httpCookieStorage = nil
        settings.httpShouldSetCookies = false
        // Foundation's timer counts bytes in the system's buffers as progress; the watchdog does not.
        settings.timeoutIntervalForRequest = Self.never
        let queue = isGuarded ? ImmediateQueue() : OperationQueue()
        queue.maxConcurrentOperationCount = 1
        session = URLSession(configuration: settings, delegate: exchanges, delegateQueue: queue)
        let exchanges = exchanges
        watchdog = Task {
            while !Task.isCancelled {
                // Sleep throws only on cancellation, which the loop checks.
                try? await Task.sleep(for: .seconds(1))
                exchanges.check()
            }
        }
    }

    /// A month.
    ///
    /// **Unit**: seconds.
    private static let never: TimeInterval = 2_592_000

    deinit {
        watchdog.cancel()
        session.invalidateAndCancel()
    }

    package func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        guard !Task.isCancelled else { throw .cancelled }
        let exchange = try exchange(for: request)
        let number = exchange.task.taskIdentifier
        board.put(request.subject, clock: exchange.check(at: .now), at: number)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { exchanges.begin(exchange, continuation: $0) }
        } onCancel: {
            exchange.cancel(because: .cancelled)
        }
        board.remove(number)
        let response = try result.get()
        _ = answered.withLock { $0.insert(request.endpoint) }
        return response
    }

    package func abandon() { exchanges.abandon() }

    private func exchange(for request: HTTPRequest) throws(TransportError) -> Exchange {
        let body = request.body?.take()
        let guarded =
            isGuarded
            ? GuardedExchange(
                body: body, replyLimit: request.replyLimit, authorities: configuration.certificateAuthorities)
            : nil
        // The guard hands the body to libcurl; Foundation would copy it once more.
        let content = body.map { guarded == nil ? Self.data(of: $0) : Data() }
        let task = try task(for: request, fragment: guarded?.fragment ?? "", content)
        let clock = TransferClock(
            bodyCount: Int64(request.body?.count ?? 0), idle: .seconds(configuration.idleSeconds),
            reply: .seconds(request.replySeconds ?? configuration.replySeconds), now: .now)
        return Exchange(
            task: task, guarded: guarded, clock: clock, replyLimit: request.replyLimit,
            origin: Exchange.Origin(
                host: request.endpoint.host, hasAnswered: answered.withLock { $0.contains(request.endpoint) },
                authorities: configuration.certificateAuthorities))
    }

    /// The task of a request; Foundation has copied `content` when this returns.
    private func task(
        for request: HTTPRequest, fragment: String, _ content: Data?
    ) throws(TransportError) -> URLSessionTask {
        guard let urlRequest = urlRequest(request, fragment: fragment) else {
            throw .other(.foundation(NSURLErrorBadURL))
        }
        guard let content else { return session.dataTask(with: urlRequest) }
        return session.uploadTask(with: urlRequest, from: content)
    }

    private func urlRequest(_ request: HTTPRequest, fragment: String) -> URLRequest? {
        guard let url = URL(string: request.url + fragment) else { return nil }
        var urlRequest = URLRequest(url: url)
        urlRequest.httpMethod = request.head.method
        urlRequest.timeoutInterval = Self.never
        for (name, value) in request.head.headers {
            urlRequest.setValue(value, forHTTPHeaderField: name)
        }
        return urlRequest
    }

    /// The body's bytes without a copy; they stay alive as long as the value.
    private static func data(of body: RequestBody) -> Data {
        unsafe body.withBytes { bytes in
            guard let start = bytes.baseAddress else { return Data() }
            return unsafe Data(
                bytesNoCopy: UnsafeMutableRawPointer(mutating: start), count: bytes.count,
                deallocator: .custom { _, _ in withExtendedLifetime(body) {} })
        }
    }
}
