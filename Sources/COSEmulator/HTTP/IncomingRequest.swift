import NIOCore

/// A request while it arrives: takes the body piece by piece and produces the outcome at the end.
///
/// Each API has its own implementation. All calls for one connection are made on its event loop.
protocol IncomingRequest: AnyObject {
    /// The fault that applies to it; nil for none, or while the operation is unknown.
    var fault: FaultAction? { get }
    /// The emulator's clock for this request, Unix seconds; a fault may have moved it.
    var now: Int64 { get }
    /// The length of the body read so far.
    ///
    /// **Unit**: bytes.
    var bodyBytes: Int64 { get }

    /// The reply to a body of the announced length; nil if it is acceptable.
    func refusal(ofLength bytes: Int64) -> EmulatorReply?

    /// Takes the next bytes of the body.
    func take(_ buffer: ByteBuffer)

    /// Called when the whole request was read.
    func end() -> RequestOutcome

    /// Releases the memory that the request holds.
    ///
    /// Called before the reply is sent, because the client may use the room at once.
    func letGo()
}

/// What to do once a request has been read.
enum RequestOutcome {
    /// Send this reply.
    case reply(EmulatorReply)
    /// Short work, done on the event loop.
    case here(() -> EmulatorReply)
    /// Work for the thread pool, because it may read or write files.
    case work(@Sendable () -> EmulatorReply)
}
