import Synchronization

/// A request to stop, which any thread may make and the engine honours between windows.
///
/// A class, because everybody must see the same flag.
public final class Cancellation: Sendable {
    private let flag = Atomic(false)

    /// Not yet cancelled.
    public init() {}

    /// Asks for the stop; for good.
    public func cancel() { flag.store(true, ordering: .relaxed) }

    /// Whether a stop was asked for.
    public var isCancelled: Bool { flag.load(ordering: .relaxed) }
}

/// Whether to stop: because the caller asked, or because the run itself is over.
struct StopCondition: Sendable {
    let asked: Cancellation?
    let ended = Cancellation()

    var isSet: Bool { ended.isCancelled || asked?.isCancelled ?? false }
}
