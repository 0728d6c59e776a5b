import Synchronization

/// A request's body, made again for every attempt. A class: it holds the one made ahead.
///
/// Foundation copies a body when its task is made. Nothing is kept here meanwhile, so a slice under way is in
/// memory once; an attempt after a lost reply, which is rare, reads and checks its bytes anew.
package final class BodySupply: Sendable {
    private struct State {
        var prepared: PreparedBody?
        var failure: UploadFailure?
        /// Whether one of `permits` is held.
        var holdsPermit: Bool
    }

    /// How long the body is. **Unit**: bytes.
    package let count: Int
    private let permits: AsyncSemaphore?
    private let make: @Sendable () async throws(UploadFailure) -> RequestBody
    private let state: Mutex<State>

    /// A supply whose first body is `first`, `count` bytes long; `make` gives the same bytes again.
    ///
    /// - Parameter permits: what bounds such bodies; one was taken for `first`, and is given back by ``rest()``.
    package init(
        _ first: PreparedBody, count: Int, within permits: AsyncSemaphore? = nil,
        again make: @escaping @Sendable () async throws(UploadFailure) -> RequestBody
    ) {
        self.count = count
        self.permits = permits
        self.make = make
        state = Mutex(State(prepared: first, holdsPermit: permits != nil))
    }

    /// The same with a first body that is there.
    package convenience init(
        _ first: RequestBody, within permits: AsyncSemaphore? = nil,
        again make: @escaping @Sendable () async throws(UploadFailure) -> RequestBody
    ) {
        self.init(PreparedBody(first), count: first.count, within: permits, again: make)
    }

    /// Holds no memory from here on: the request is over, or its next attempt is some time away.
    package func rest() {
        let isHeld = state.withLock { state in
            state.prepared = nil
            defer { state.holdsPermit = false }
            return state.holdsPermit
        }
        if isHeld { permits?.giveBack() }
    }

    /// Waits, after ``rest()``, until there may be a body again; before anything else that others wait for.
    package func wake() async {
        guard let permits, !state.withLock({ $0.holdsPermit }) else { return }
        await permits.take()
        state.withLock { $0.holdsPermit = true }
    }

    /// Waits until the first body is there, or cannot be.
    package func ready() async {
        let prepared = state.withLock { $0.prepared }
        await prepared?.wait()
    }

    /// Why the body could not be made again.
    package var failure: UploadFailure? { state.withLock { $0.failure } }

    /// The body for one attempt; whoever takes it lets go of it.
    ///
    /// - Throws: ``TransportError/bodyGone``; ``failure`` then says why.
    package func take() async throws(TransportError) -> RequestBody {
        let prepared = state.withLock { state in
            defer { state.prepared = nil }
            return state.prepared
        }
        do throws(UploadFailure) {
            if let prepared { return try await prepared.body() }
            return try await make()
        } catch {
            state.withLock { $0.failure = error }
            throw .bodyGone
        }
    }
}
