import Glibc
import PlanCore
import ServiceCore

/// How an emulator is set up. As it stands it is a rehearsal: nothing kept, the published pair, no faults.
public struct EmulatorConfiguration: Sendable {
    /// The folder that keeps objects and unfinished uploads, made where it lacks; nil to check bytes and drop
    /// them. Two emulators cannot use one folder at a time.
    public var root: String?
    /// The port on 127.0.0.1; 0 lets the system choose.
    public var port = 0
    /// The APIs it speaks, on one port and over one store.
    public var apis: Set<EmulatedAPI> = [.json, .xml]
    /// The pair that signatures are checked against.
    public var credentials = Credentials.published
    /// What `datasha` is expected to be.
    public var datashaKind = DatashaKind.state
    /// Whether every upload must send its slices one by one, in order.
    public var serialUpload = false
    /// Misbehaviour, the first that matches acts.
    public var faults: [Fault] = []
    /// Web pages that may use it beside those of this machine: origins such as `http://192.168.0.7:8080`.
    public var allowedOrigins: [String] = []
    /// How much is taken before it is refused.
    public var limits = EmulatorLimits()
    /// The clock, in Unix seconds.
    public var now: @Sendable () -> Int64 = { Int64(time(nil)) }

    /// The configuration as it is above.
    public init() {}
}

/// An API that the emulator speaks.
public enum EmulatedAPI: String, Hashable, Sendable, CaseIterable {
    /// The JSON API (v4), below `/files/v2/`.
    case json
    /// The XML API (v5).
    case xml
}
