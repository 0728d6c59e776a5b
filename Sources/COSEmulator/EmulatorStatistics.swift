/// Counts of requests and their results since the emulator was started.
public struct EmulatorStatistics: Hashable, Sendable {
    /// Requests by operation, once the operation was recognised.
    package internal(set) var requests: [EmulatedOperation: Int] = [:]
    /// Slices that were new and correct.
    public internal(set) var slicesTaken = 0
    /// Slices that had already arrived.
    package internal(set) var slicesRepeated = 0
    /// Parts of multipart uploads that were new.
    public internal(set) var partsTaken = 0
    /// Parts whose number had already arrived.
    package internal(set) var partsRepeated = 0
    /// The bytes of ``slicesTaken``, of parts and of files sent in one request.
    ///
    /// **Unit**: bytes.
    public internal(set) var bytesTaken: Int64 = 0
    /// The maximum number of slices in flight for one session.
    package internal(set) var maximumSlicesInFlight = 0
    /// Objects created by finish or simple upload.
    public internal(set) var objectsUploaded = 0
    /// Objects created by instant upload.
    public internal(set) var objectsInstant = 0
    /// Refusals by wire `code`.
    package internal(set) var refusals: [Int64: Int] = [:]
    /// Refusals of the XML API by `Code`.
    package internal(set) var xmlRefusals: [String: Int] = [:]
    /// Faults that applied, by the action's name in a script.
    package internal(set) var faults: [String: Int] = [:]
    /// What requests and sessions hold in memory now, of the limit on it; 0 once it stopped.
    ///
    /// **Unit**: bytes.
    package internal(set) var heldBytes = 0
    /// Connections accepted.
    package internal(set) var connections = 0

    /// All counts zero.
    package init() {}
}
