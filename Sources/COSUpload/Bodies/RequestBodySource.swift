import Synchronization
import XMLProtocol

/// Produces a request's body, anew for each attempt and within a memory limit.
///
/// A class, because it holds the body that was prepared ahead.
///
/// Owned by the ``RequestSender``, which asks for a body before each attempt and releases its memory when the
/// request ends or pauses. The transport keeps a body until its exchange has ended. Nothing is kept here
/// meanwhile, so a slice being sent is in memory once, and a retry reads and checks its bytes again.
package final class RequestBodySource: Sendable {
    private struct State {
        var first: PreparedBody?
        var holdsMemory: Bool
    }

    /// The length of the body.
    ///
    /// **Unit**: bytes.
    package let count: Int
    private let memory: MemoryShare?
    private let make: @Sendable () async throws(UploadFailure) -> RequestBody
    private let state: Mutex<State>

    /// Creates a source with the body `first`, `count` bytes long.
    ///
    /// `make` produces the same bytes again.
    ///
    /// `memory` limits such bodies; the caller has already taken it for `first`.
    package init(
        _ first: PreparedBody, count: Int, within memory: MemoryShare? = nil,
        again make: @escaping @Sendable () async throws(UploadFailure) -> RequestBody
    ) {
        self.count = count
        self.memory = memory
        self.make = make
        state = Mutex(State(first: first, holdsMemory: memory != nil))
    }

    /// Waits for memory, then produces a body.
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

    /// Waits for the first body and returns the digests of its content.
    ///
    /// The body stays available for ``next()``.
    package func digests() async throws(UploadFailure) -> ContentDigests? {
        let first = state.withLock { $0.first }
        return try await first?.body().digests
    }

    /// Releases the memory until the next ``next()``.
    package func release() {
        let isHeld = state.withLock { state in
            state.first = nil
            defer { state.holdsMemory = false }
            return state.holdsMemory
        }
        if isHeld { memory?.giveBack() }
    }
}

/// A body on its way to the transport.
///
/// A class, because the bytes are taken out once and the request that holds it must not keep them alive.
package final class OutgoingBody: Sendable {
    /// The length of the body.
    ///
    /// **Unit**: bytes.
    package let count: Int
    /// The digests of the content; nil if none were requested.
    package let digests: ContentDigests?
    private let body: Mutex<RequestBody?>

    package init(_ body: RequestBody) {
        count = body.count
        digests = body.digests
        self.body = Mutex(body)
    }

    /// The bytes; nil if they were already taken.
    package func take() -> RequestBody? {
        body.withLock { body in
            defer { body = nil }
            return body
        }
    }
}

/// A request's share of a memory limit.
package struct MemoryShare: Sendable {
    private let bound: AsyncSemaphore
    private let amount: Int

    /// A share of `amount`, in the unit of `bound`.
    package init(of bound: AsyncSemaphore, _ amount: Int = 1) {
        self.bound = bound
        self.amount = amount
    }

    /// Waits for the share; it must be given back.
    package func take() async { await bound.take(amount) }

    /// Gives it back.
    package func giveBack() { bound.giveBack(amount) }
}
