import PlanCore

/// Why an emulator does not run.
public enum EmulatorError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The port cannot be had; `reason` is the system's.
    case cannotListen(port: Int, reason: String)
    /// The root cannot be used; `reason` names the call that failed.
    case cannotUseRoot(path: String, reason: String)
    /// It was started before.
    case startedBefore

    public var description: String {
        switch self {
        case .cannotListen(let port, let reason):
            "127.0.0.1:\(port): cannot listen: \(reason.escapedForDisplay); choose another port, or 0"
        case .cannotUseRoot(let path, let reason):
            "\(path.escapedForDisplay): cannot keep objects there: \(reason); choose another folder, or end the "
                + "emulator that uses it"
        case .startedBefore: "emulator: it was started before; make another one"
        }
    }
}
