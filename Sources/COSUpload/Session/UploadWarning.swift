/// Something a person should hear of though the upload goes on.
public enum UploadWarning: Hashable, Sendable, CustomStringConvertible {
    /// The service refused a signature as expired; its clock is `secondsAhead` of the machine's and counts
    /// now.
    case clockCorrected(secondsAhead: Int64)
    /// The service asks for fewer requests: at most `limit` are under way now.
    case throttled(limit: Int)
    /// The guard between Foundation and libcurl cannot work in this process.
    case notGuarded(TransferGuard.Obstacle)

    public var description: String {
        switch self {
        case .clockCorrected(let seconds):
            "this machine's clock is \(abs(seconds)) s \(seconds >= 0 ? "behind" : "ahead of") the service's; "
                + "signing by the service's; set the clock"
        case .throttled(let limit):
            "the service asks for fewer requests; going on with \(limit) at a time"
        case .notGuarded(let obstacle):
            "Foundation's faults on Linux are not cured here: \(obstacle); a broken reply can end the process, and "
                + "slow links may time out"
        }
    }
}
