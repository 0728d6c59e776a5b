/// How much the emulator accepts before it refuses, so that no client can exhaust its memory.
package struct EmulatorLimits: Hashable, Sendable {
    /// Connections open at once; fewer if the limit on open files is lower.
    ///
    /// A further connection closes the one whose client has been idle longest.
    package var connections = 256
    /// How long a connection may be idle.
    ///
    /// **Unit**: seconds.
    package var idleSeconds: Int64 = 600
    /// Number of fields in one form.
    package var formParts = 128
    /// Total length of the headers of one field.
    ///
    /// **Unit**: bytes.
    package var partHeadBytes = 8_192
    /// Length of a field other than `uploadparts` and `filecontent`.
    ///
    /// **Unit**: bytes.
    package var fieldBytes = 65_536
    /// Length of `uploadparts`.
    ///
    /// **Unit**: bytes.
    package var uploadPartsBytes = 128 << 20
    /// Number of entries in `uploadparts`.
    package var uploadParts = 1 << 20
    /// Length of a request body of any kind.
    ///
    /// **Unit**: bytes.
    package var bodyBytes: Int64 = 160 << 20
    /// Length of a file sent by simple upload.
    ///
    /// **Unit**: bytes. **Source**: the simple-upload page.
    package var simpleUploadBytes: Int64 = 20_971_520
    /// Bytes held in memory over all requests and sessions: bodies being received and, without a root, slices
    /// that arrived out of order.
    ///
    /// **Unit**: bytes.
    package var heldBytes = 512 << 20
    /// Metadata of unfinished uploads and objects held in memory: keys, attributes, digests, which slices
    /// have arrived.
    ///
    /// **Unit**: bytes.
    package var catalogueBytes = 512 << 20
    /// Number of unfinished uploads.
    package var sessions = 10_000
    /// Number of objects.
    package var objects = 1_000_000
    /// How far after its own time a signature may expire.
    ///
    /// **Unit**: seconds (90 days).
    package var signatureSeconds: Int64 = 7_776_000
    /// How far a signature's time may be ahead of the emulator's clock.
    ///
    /// **Unit**: seconds.
    package var clockToleranceSeconds: Int64 = 900

    /// The default limits.
    package init() {}
}
