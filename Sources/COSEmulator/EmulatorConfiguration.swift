import Glibc
import PlanCore
import ServiceCore

/// The configuration of an emulator.
///
/// The defaults are a rehearsal: nothing is stored, the published test credentials, no faults.
public struct EmulatorConfiguration: Sendable {
    /// The folder for objects and unfinished uploads, created if it does not exist; nil checks bytes and
    /// drops them.
    ///
    /// Only one emulator may use a folder at a time.
    public var root: String?
    /// The port on 127.0.0.1; 0 lets the system choose.
    public var port = 0
    /// The APIs it serves, on one port and from one store.
    public var apis: Set<EmulatedAPI> = [.json, .xml]
    /// The credentials that signatures are checked against.
    public var credentials = Credentials.published
    /// What `datasha` must be.
    public var datashaKind = DatashaKind.state
    /// Whether every upload must send its slices one at a time, in order.
    public var serialUpload = false
    /// The faults to inject; the first that matches applies.
    public var faults: [Fault] = []
    /// Origins of web pages that may use it besides pages of this machine, such as `http://192.168.0.7:8080`.
    public var allowedOrigins: [String] = []
    /// How much it accepts before it refuses.
    package var limits = EmulatorLimits()
    /// The clock, in Unix seconds.
    package var now: @Sendable () -> Int64 = { Int64(time(nil)) }

    /// The default configuration.
    public init() {}
}

/// An API that the emulator implements.
public enum EmulatedAPI: String, Hashable, Sendable, CaseIterable {
    /// The JSON API (v4), below `/files/v2/`.
    case json
    /// The XML API (v5).
    case xml
    /// S3.
    ///
    /// If the XML API is served as well, the signature decides which of them a request belongs to.
    case s3
}
