import Synchronization

/// A request to stop, which any thread may make.
///
/// The engine checks it between windows.
///
/// A class, because all threads share the flag.
public final class Cancellation: Sendable {
    private let flag = Atomic(false)

    /// Creates a token that is not cancelled.
    public init() {}

    /// Requests the stop; it cannot be undone.
    public func cancel() { flag.store(true, ordering: .relaxed) }

    /// Whether a stop was requested.
    package var isCancelled: Bool { flag.load(ordering: .relaxed) }
}

/// Whether to stop: the caller requested it, or the run itself has ended.
struct StopCondition: Sendable {
    let asked: Cancellation?
    let ended = Cancellation()

    var isSet: Bool { ended.isCancelled || asked?.isCancelled ?? false }
}
