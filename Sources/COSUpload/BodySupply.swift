import Synchronization

/// A request's body, made again for every attempt. A class: it holds the one made ahead.
///
/// Foundation copies a body when its task is made. Nothing is kept here meanwhile, so a slice under way is in
/// memory once; an attempt after a lost reply, which is rare, reads and checks its bytes anew.
package final class BodySupply: Sendable {
    private struct State {
        var prepared: RequestBody?
        var failure: UploadFailure?
    }

    /// How long the body is. **Unit**: bytes.
    package let count: Int
    private let make: @Sendable () async throws(UploadFailure) -> RequestBody
    private let state: Mutex<State>

    /// A supply whose first body is `first`; `make` gives the same bytes again.
    package init(
        _ first: RequestBody, again make: @escaping @Sendable () async throws(UploadFailure) -> RequestBody
    ) {
        count = first.count
        self.make = make
        state = Mutex(State(prepared: first))
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
        if let prepared { return prepared }
        do throws(UploadFailure) {
            return try await make()
        } catch {
            state.withLock { $0.failure = error }
            throw .bodyGone
        }
    }
}
