import Synchronization

/// A request's body that somebody is making. A class, because maker and taker share it.
package final class PreparedBody: Sendable {
    package typealias Made = Result<RequestBody, UploadFailure>

    private enum State {
        case inWork
        case awaited(CheckedContinuation<Made, Never>)
        case made(Made)
    }

    private let state: Mutex<State>

    /// One that ``finish(_:)`` has yet to give.
    init() { state = Mutex(.inWork) }

    /// One that is there.
    package init(_ body: RequestBody) { state = Mutex(.made(.success(body))) }

    /// Gives what was made, once.
    func finish(_ made: Made) {
        let taker: CheckedContinuation<Made, Never>? = state.withLock { state in
            defer { state = .made(made) }
            guard case .awaited(let taker) = state else { return nil }
            return taker
        }
        taker?.resume(returning: made)
    }

    /// Waits until it is there, or cannot be. Not for two at once, nor is ``body()``.
    func wait() async { _ = await made() }

    /// Waits for it.
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
