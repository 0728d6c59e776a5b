import NIOCore

/// A request as it arrives: it takes the body piece by piece and says at the end what comes of it.
///
/// One front end for each API; all work for one connection, on its event loop.
protocol IncomingRequest: AnyObject {
    /// What the fault that hits it does; nil for none, and while nobody knows.
    var fault: FaultAction? { get }
    /// The emulator's clock as this request sees it, Unix seconds.
    var now: Int64 { get }
    /// How much of the body was read. **Unit**: bytes.
    var bodyBytes: Int64 { get }

    /// The answer to a body that is announced with so many bytes; nil where it may come.
    func refusal(ofLength bytes: Int64) -> Reply?

    /// Takes the next bytes of the body.
    func take(_ buffer: ByteBuffer)

    /// Called when the whole request was read.
    func end() -> RequestOutcome

    /// Gives back what the request holds: its client may use the room as soon as it has the reply.
    func letGo()
}

/// What to do when a request has been read.
enum RequestOutcome {
    /// Nothing more: this is the answer.
    case reply(Reply)
    /// Work that is done where the request was read, because it is short.
    case here(() -> Reply)
    /// Work for the thread pool, because it may read or write files.
    case work(@Sendable () -> Reply)
}
