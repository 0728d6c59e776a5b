/// How much the emulator takes before it refuses: nothing a client sends makes it grow without end.
public struct EmulatorLimits: Hashable, Sendable {
    /// Connections held open at once, fewer where the process may not have so many files open. One more
    /// closes the one whose client has been silent for the longest.
    public var connections = 256
    /// How long a connection may be silent. **Unit**: seconds.
    public var idleSeconds: Int64 = 600
    /// Fields of one form.
    public var formParts = 128
    /// The headers of one field. **Unit**: bytes.
    public var partHeadBytes = 8_192
    /// The value of a field other than `uploadparts` and `filecontent`. **Unit**: bytes.
    public var fieldBytes = 65_536
    /// The value of `uploadparts`. **Unit**: bytes.
    public var uploadPartsBytes = 128 << 20
    /// Entries of `uploadparts`.
    public var uploadParts = 1 << 20
    /// A request's body, whatever is in it. **Unit**: bytes.
    public var bodyBytes: Int64 = 160 << 20
    /// A file sent by simple upload. **Unit**: bytes. **Source**: the simple-upload page.
    public var simpleUploadBytes: Int64 = 20_971_520
    /// Bytes that wait in memory, over all requests and sessions: bodies being received, and in a rehearsal
    /// slices that came before the ones their digests follow from. **Unit**: bytes.
    public var heldBytes = 512 << 20
    /// What is remembered of unfinished uploads and of objects: keys, attributes, digests, which slices are
    /// there. **Unit**: bytes.
    public var catalogueBytes = 512 << 20
    /// Unfinished uploads.
    public var sessions = 10_000
    /// Objects.
    public var objects = 1_000_000
    /// How far ahead a signature may expire, counted from its own time. **Unit**: seconds (90 days).
    public var signatureSeconds: Int64 = 7_776_000
    /// How far a signature's time may be ahead of the emulator's clock. **Unit**: seconds.
    public var clockToleranceSeconds: Int64 = 900

    /// The limits as they are above.
    public init() {}
}
