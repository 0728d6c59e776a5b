import COSProtocol
import Foundation
import FoundationNetworking
import Synchronization
import ServiceCore

/// HTTP through URLSession. A class: it holds the session.
///
/// `uploadTask(with:from:)` is the one mode that keeps its speed and sends a length. No redirect is followed:
/// the body would arrive empty. `Content-Length` is left to it.
package final class URLSessionTransport: Transport {
    private let session: URLSession
    private let exchanges: Exchanges
    private let watchdog: Task<Void, Never>
    private let configuration: UploadConfiguration

    package init(_ configuration: UploadConfiguration) {
        self.configuration = configuration
        exchanges = Exchanges()
        let settings = URLSessionConfiguration.ephemeral
        settings.httpMaximumConnectionsPerHost = configuration.slices
        settings.requestCachePolicy = .reloadIgnoringLocalCacheData
        settings.urlCache = nil
        settings.httpCookieStorage = nil
        settings.httpShouldSetCookies = false
        // Its idle timer is only a net below the watchdog, which knows which request may take long.
        let longest = max(configuration.idleSeconds, configuration.finishSeconds)
        settings.timeoutIntervalForRequest = TimeInterval(max(60, 2 * longest))
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = 1
        session = URLSession(configuration: settings, delegate: exchanges, delegateQueue: queue)
        let exchanges = exchanges
        watchdog = Task {
            while !Task.isCancelled {
                // Sleeping throws only when the task is cancelled, which the loop looks at.
                try? await Task.sleep(for: .seconds(1))
                exchanges.checkIdle()
            }
        }
    }

    deinit {
        watchdog.cancel()
        session.invalidateAndCancel()
    }

    package func send(_ request: ServiceRequest) async throws(TransportError) -> ServiceResponse {
        guard !Task.isCancelled else { throw .cancelled }
        let task = try await task(for: request)
        let exchange = Exchange(
            task: task, idleSeconds: idleSeconds(for: request.operation), replyLimit: request.replyLimit)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { exchanges.begin(exchange, continuation: $0) }
        } onCancel: {
            exchange.cancel(because: .cancelled)
        }
        let hidden = Redactor(request.authorization, of: configuration.credentials)
        do throws(TransportError) {
            return try result.get().response(hiding: hidden)
        } catch {
            guard case .redirected(let status, let location) = error else { throw error }
            throw .redirected(status: status, location: hidden.removed(from: location))
        }
    }

    /// The task of a request. Foundation has copied the body when this returns, and nothing here keeps it.
    private func task(for request: ServiceRequest) async throws(TransportError) -> URLSessionTask {
        guard let urlRequest = urlRequest(request) else { throw .other(code: NSURLErrorBadURL) }
        guard let body = request.body else { return session.dataTask(with: urlRequest) }
        return session.uploadTask(with: urlRequest, from: Self.data(of: try await body.take()))
    }

    private func idleSeconds(for operation: ServiceOperation) -> Int {
        switch operation {
        case .initialize, .finish: max(configuration.idleSeconds, configuration.finishSeconds)
        case .data, .list, .upload, .stat, .delete: configuration.idleSeconds
        }
    }

    private func urlRequest(_ request: ServiceRequest) -> URLRequest? {
        let head = request.head
        guard let url = URL(string: request.endpoint.url(path: head.path, query: head.query)) else {
            return nil
        }
        var urlRequest = URLRequest(url: url)
        urlRequest.httpMethod = head.method
        urlRequest.timeoutInterval = session.configuration.timeoutIntervalForRequest
        for (name, value) in head.headers(userAgent: configuration.userAgent) {
            urlRequest.setValue(value, forHTTPHeaderField: name)
        }
        if let authorization = request.authorization {
            urlRequest.setValue(authorization.text, forHTTPHeaderField: "Authorization")
        }
        return urlRequest
    }

    /// The body's bytes without a copy; they stay while anybody holds the value.
    private static func data(of body: RequestBody) -> Data {
        unsafe body.withBytes { bytes in
            guard let start = bytes.baseAddress else { return Data() }
            return unsafe Data(
                bytesNoCopy: UnsafeMutableRawPointer(mutating: start), count: bytes.count,
                deallocator: .custom { _, _ in withExtendedLifetime(body) {} })
        }
    }
}
