import PlanCore
import XMLProtocol

/// One thing that happened on the way, for whoever wants to watch every request. It holds nothing secret.
public enum UploadEvent: Hashable, Sendable {
    /// The service answered: `status 200, code 0`.
    case answered(Request, String)
    /// No answer came.
    case unanswered(Request, TransportError)
    /// The request will be made again, for the `number`th time, after a pause. **Unit**: seconds.
    case retry(Request, number: Int, reason: String, pause: Double)

    /// Which request it is about.
    public struct Request: Hashable, Sendable {
        /// What was asked, in a short word.
        public let operation: String
        /// About which object.
        public let key: ObjectKey
        /// Where the bytes it carried begin; nil where it carried none. **Unit**: bytes.
        public let offset: Int64?

        package init(operation: String, key: ObjectKey, offset: Int64?) {
            self.operation = operation
            self.key = key
            self.offset = offset
        }
    }
}

extension UploadEvent: CustomStringConvertible {
    /// One short line.
    public var description: String {
        switch self {
        case .answered(let request, let answer): "\(request): \(answer)"
        case .unanswered(let request, let error): "\(request): \(error.finding)"
        case .retry(let request, let number, let reason, let pause):
            "\(request): retry \(number) in \(Self.tenths(pause)) s: \(reason)"
        }
    }

    private static func tenths(_ seconds: Double) -> String {
        let tenths = Int64((min(max(0, seconds), 1e9) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}

extension UploadEvent.Request: CustomStringConvertible {
    /// `data /key offset 1048576`.
    public var description: String {
        "\(operation) \(key.text.escapedForDisplay)" + (offset.map { " offset \($0)" } ?? "")
    }
}

/// Something a person should hear of though the upload goes on.
public enum UploadWarning: Hashable, Sendable, CustomStringConvertible {
    /// The service refused a signature as expired; its clock is `secondsAhead` of the machine's and counts
    /// now.
    case clockCorrected(secondsAhead: Int64)
    /// The service asks for fewer requests: at most `limit` are under way now.
    case throttled(limit: Int)
    /// Something about one object of the XML API or S3.
    case store(ObjectKey, XMLUploadWarning)
    /// The guard between Foundation and libcurl cannot work in this process.
    case notGuarded(TransferGuard.Obstacle)

    public var description: String {
        switch self {
        case .clockCorrected(let seconds):
            "this machine's clock is \(abs(seconds)) s \(seconds >= 0 ? "behind" : "ahead of") the service's; "
                + "signing by the service's; set the clock"
        case .throttled(let limit):
            "the service asks for fewer requests; going on with \(limit) at a time"
        case .store(let key, let warning): "\(key.text.escapedForDisplay): \(warning)"
        case .notGuarded(let obstacle):
            "Foundation's faults on Linux are not cured here: \(obstacle); a broken reply can end the process, and "
                + "slow links may time out"
        }
    }
}
