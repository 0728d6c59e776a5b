import Synchronization
import XMLProtocol

/// Makes a request's body, anew for every attempt and within a bound on memory. A class: it holds the one made ahead.
///
/// Owned by the ``RequestSender``, which asks for a body before each attempt and releases its memory when the request
/// is over or pauses. Foundation copies a body when its task is made; nothing is kept here meanwhile, so a slice under
/// way is in memory once, and an attempt after a lost reply reads and checks its bytes anew.
package final class RequestBodySource: Sendable {
    private struct State {
        var first: PreparedBody?
        var holdsMemory: Bool
    }

    /// How long the body is. **Unit**: bytes.
    package let count: Int
    private let memory: MemoryShare?
    private let make: @Sendable () async throws(UploadFailure) -> RequestBody
    private let state: Mutex<State>

    /// A source whose first body is `first`, `count` bytes long; `make` gives the same bytes again.
    ///
    /// - Parameter memory: what bounds such bodies; the caller has taken it for `first`.
    package init(
        _ first: PreparedBody, count: Int, within memory: MemoryShare? = nil,
        again make: @escaping @Sendable () async throws(UploadFailure) -> RequestBody
    ) {
        self.count = count
        self.memory = memory
        self.make = make
        state = Mutex(State(first: first, holdsMemory: memory != nil))
    }

    /// Waits until there may be a body, makes it, and hands it over.
    package func next() async throws(UploadFailure) -> OutgoingBody {
        if let memory, !state.withLock({ $0.holdsMemory }) {
            await memory.take()
            state.withLock { $0.holdsMemory = true }
        }
        let first = state.withLock { state in
            defer { state.first = nil }
            return state.first
        }
        if let first { return OutgoingBody(try await first.body()) }
        return OutgoingBody(try await make())
    }

    /// Waits for the first body, and leaves it for ``next()``: what was computed of its content.
    package func digests() async throws(UploadFailure) -> ContentDigests? {
        let first = state.withLock { $0.first }
        return try await first?.body().digests
    }

    /// Holds no memory from here on, until the next ``next()``.
    package func release() {
        let isHeld = state.withLock { state in
            state.first = nil
            defer { state.holdsMemory = false }
            return state.holdsMemory
        }
        if isHeld { memory?.giveBack() }
    }
}

/// A body on its way to the transport. A class: the bytes are taken out of it once, so that the request that holds it
/// does not keep them.
package final class OutgoingBody: Sendable {
    /// How long it is. **Unit**: bytes.
    package let count: Int
    /// What was computed of the content; nil where nothing was asked for.
    package let digests: ContentDigests?
    private let body: Mutex<RequestBody?>

    package init(_ body: RequestBody) {
        count = body.count
        digests = body.digests
        self.body = Mutex(body)
    }

    /// The bytes; nil once they were taken.
    package func take() -> RequestBody? {
        body.withLock { body in
            defer { body = nil }
            return body
        }
    }
}

/// A request's share of a bound on memory.
package struct MemoryShare: Sendable {
    private let bound: AsyncSemaphore
    private let amount: Int

    /// So much of `bound`, in its unit.
    package init(of bound: AsyncSemaphore, _ amount: Int = 1) {
        self.bound = bound
        self.amount = amount
    }

    /// Waits for it; it must be given back.
    package func take() async { await bound.take(amount) }

    /// Gives it back.
    package func giveBack() { bound.giveBack(amount) }
}
