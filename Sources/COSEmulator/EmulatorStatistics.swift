/// Counts of requests and their results since the emulator was started.
public struct EmulatorStatistics: Hashable, Sendable {
    /// Requests by operation, once the operation was recognised.
    public internal(set) var requests: [EmulatedOperation: Int] = [:]
    /// Slices that were new and correct.
    public internal(set) var slicesTaken = 0
    /// Slices that had already arrived.
    public internal(set) var slicesRepeated = 0
    /// Parts of multipart uploads that were new.
    public internal(set) var partsTaken = 0
    /// Parts whose number had already arrived.
    public internal(set) var partsRepeated = 0
    /// The bytes of ``slicesTaken``, of parts and of files sent in one request.
    ///
    /// **Unit**: bytes.
    public internal(set) var bytesTaken: Int64 = 0
    /// The maximum number of slices in flight for one session.
    public internal(set) var mostSlicesInFlight = 0
    /// Objects created by finish or simple upload.
    public internal(set) var objectsUploaded = 0
    /// Objects created by instant upload.
    public internal(set) var objectsInstant = 0
    /// Refusals by wire `code`.
    public internal(set) var refusals: [Int64: Int] = [:]
    /// Refusals of the XML API by `Code`.
    public internal(set) var xmlRefusals: [String: Int] = [:]
    /// Faults that applied, by the action's name in a script.
    public internal(set) var faults: [String: Int] = [:]
    /// Connections accepted.
    public internal(set) var connections = 0

    /// All counts zero.
    public init() {}
}
