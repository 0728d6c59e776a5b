/// What an emulator was asked and what came of it, since it was started.
public struct EmulatorStatistics: Hashable, Sendable {
    /// Requests whose operation was understood.
    public internal(set) var requests: [EmulatedOperation: Int] = [:]
    /// Slices that were new and right.
    public internal(set) var slicesTaken = 0
    /// Slices that had arrived before.
    public internal(set) var slicesRepeated = 0
    /// Parts of multipart uploads that were new.
    public internal(set) var partsTaken = 0
    /// Parts whose number had arrived before.
    public internal(set) var partsRepeated = 0
    /// The bytes of ``slicesTaken``, of parts and of files sent in one request. **Unit**: bytes.
    public internal(set) var bytesTaken: Int64 = 0
    /// The most slices that were under way for one session at a time.
    public internal(set) var mostSlicesInFlight = 0
    /// Objects put in place by finish or simple upload.
    public internal(set) var objectsUploaded = 0
    /// Objects put in place by instant upload.
    public internal(set) var objectsInstant = 0
    /// Refusals by wire `code`.
    public internal(set) var refusals: [Int64: Int] = [:]
    /// Refusals of the XML API by `Code`.
    public internal(set) var xmlRefusals: [String: Int] = [:]
    /// Faults that acted, by the action's word in a script.
    public internal(set) var faults: [String: Int] = [:]
    /// Connections accepted.
    public internal(set) var connections = 0

    /// Nothing yet.
    public init() {}
}
