import Foundation
import FoundationNetworking
import Synchronization

/// The delegate of the URLSession; holds the exchanges in progress.
///
/// A class, as delegates must be.
final class Exchanges: NSObject, URLSessionDataDelegate, Sendable {
    typealias Continuation = CheckedContinuation<Result<HTTPResponse, TransportError>, Never>

    private struct Entry {
        let exchange: Exchange
        let continuation: Continuation
    }

    private let entries = Mutex<[Int: Entry]>([:])
    private let isAbandoned = Atomic(false)
    private let board: RequestBoard

    /// Creates the delegate; `board` receives what each request waits for.
    init(board: RequestBoard) { self.board = board }

    /// Updates the progress of each exchange; cancels those that took too long.
    func check() {
        let now = ContinuousClock.now
        let exchanges = entries.withLock { $0.mapValues(\.exchange) }
        for (number, exchange) in exchanges { board.update(number, clock: exchange.check(at: now)) }
    }

    func begin(_ exchange: Exchange, continuation: Continuation) {
        entries.withLock {
            $0[exchange.task.taskIdentifier] = Entry(exchange: exchange, continuation: continuation)
        }
        if isAbandoned.load(ordering: .sequentiallyConsistent) { exchange.cancel(because: .cancelled) }
        guard !exchange.begin() else { return }
        entries.withLock { $0[exchange.task.taskIdentifier] = nil }
        continuation.resume(returning: exchange.result(nil))
    }

    /// Cancels every exchange, and those that are begun later.
    func abandon() {
        isAbandoned.store(true, ordering: .sequentiallyConsistent)
        for entry in entries.withLock({ Array($0.values) }) { entry.exchange.cancel(because: .cancelled) }
    }

    private func exchange(of task: URLSessionTask) -> Exchange? {
        entries.withLock { $0[task.taskIdentifier]?.exchange }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping (URLRequest?) -> Void
    ) {
        // Cancels the exchange and does not call the handler: on Linux the process crashes if a task is
        // cancelled between the call of the handler and its effect, and another task's failure may cancel
        // this one at any time.
        exchange(of: task)?.redirect(response)
    }

    /// Treats an authentication challenge as a regular reply.
    ///
    /// On Linux the task hangs if this method is missing or requests default handling; if cancelled, it
    /// completes without the reply's body.
    func urlSession(
        _ session: URLSession, task: URLSessionTask, didReceive challenge: URLAuthenticationChallenge,
        completionHandler: @escaping (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
    ) {
        if let response = challenge.failureResponse as? HTTPURLResponse {
            exchange(of: task)?.receive(challenge: response)
        }
        completionHandler(.cancelAuthenticationChallenge, nil)
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, didSendBodyData bytesSent: Int64, totalBytesSent: Int64,
        totalBytesExpectedToSend: Int64
    ) {
        exchange(of: task)?.handOver(totalBytesSent)
    }

    func urlSession(
        _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
        completionHandler: @escaping (URLSession.ResponseDisposition) -> Void
    ) {
        if let response = response as? HTTPURLResponse { exchange(of: dataTask)?.receive(response) }
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        exchange(of: dataTask)?.receive(data)
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        guard let entry = entries.withLock({ $0.removeValue(forKey: task.taskIdentifier) }) else { return }
        entry.continuation.resume(returning: entry.exchange.result(error))
    }
}
