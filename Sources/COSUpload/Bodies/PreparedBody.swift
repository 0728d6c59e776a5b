import Synchronization

/// A promise of a request body.
///
/// A class, because producer and consumer share it.
package final class PreparedBody: Sendable {
    package typealias Made = Result<RequestBody, UploadFailure>

    private enum State {
        case inWork
        case awaited(CheckedContinuation<Made, Never>)
        case made(Made)
    }

    private let state: Mutex<State>

    /// Creates one that ``finish(_:)`` will fulfil.
    init() { state = Mutex(.inWork) }

    /// Creates one that is already fulfilled.
    package init(_ body: RequestBody) { state = Mutex(.made(.success(body))) }

    /// Fulfils the promise; called once.
    func finish(_ made: Made) {
        let taker: CheckedContinuation<Made, Never>? = state.withLock { state in
            defer { state = .made(made) }
            guard case .awaited(let taker) = state else { return nil }
            return taker
        }
        taker?.resume(returning: made)
    }

    /// Waits for the body or its failure.
    ///
    /// Only one task at a time may wait, here or in ``body()``.
    func wait() async { _ = await made() }

    /// Waits for the body.
    func body() async throws(UploadFailure) -> RequestBody { try await made().get() }

    private func made() async -> Made {
        await withCheckedContinuation { taker in
            let made: Made? = state.withLock { state in
                if case .made(let made) = state { return made }
                state = .awaited(taker)
                return nil
            }
            if let made { taker.resume(returning: made) }
        }
    }
}
