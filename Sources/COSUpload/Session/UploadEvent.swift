import PlanCore
import XMLProtocol

/// An event of an upload, for observing every request.
///
/// It contains no secrets.
public enum UploadEvent: Hashable, Sendable {
    /// The service replied: `status 200, code 0`.
    case answered(Request, String)
    /// No reply was received.
    case unanswered(Request, TransportError)
    /// The request will be retried, for the `number`th time, after a pause.
    ///
    /// **Unit**: seconds.
    case retry(Request, number: Int, reason: String, pause: Double)
    /// Fewer parts are in flight than the number of slices asked for, because the parts' buffers would exceed the
    /// memory limit.
    ///
    /// **Unit** of `size`: bytes.
    case fewerParts(ObjectKey, limit: Int, size: Int64)

    /// The request of an event.
    public struct Request: Hashable, Sendable {
        /// The operation, as a short word.
        package let operation: String
        /// The object key.
        package let key: ObjectKey
        /// The offset of the bytes it carried; nil if it carried none.
        ///
        /// **Unit**: bytes.
        package let offset: Int64?

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
        case .fewerParts(let key, let limit, let size):
            "\(key.text.escapedForDisplay): \(limit) part\(limit == 1 ? "" : "s") of \(size) bytes at a time, which hold "
                + "\(Int64(limit) * size) bytes of memory; the bound is \(UploadConfiguration.partMemory)"
        }
    }

    private static func tenths(_ seconds: Double) -> String {
        let tenths = Int64((min(max(0, seconds), 1e9) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}

extension UploadEvent.Request: CustomStringConvertible {
    /// For example `data /key offset 1048576`.
    public var description: String {
        "\(operation) \(key.text.escapedForDisplay)" + (offset.map { " offset \($0)" } ?? "")
    }
}

/// A condition that the user should know about, although the upload continues.
public enum UploadWarning: Hashable, Sendable, CustomStringConvertible {
    /// The service refused a signature as expired.
    ///
    /// From now on its clock is used, which is `secondsAhead` of the machine's.
    case clockCorrected(secondsAhead: Int64)
    /// The service throttles: at most `limit` requests are in flight now.
    case throttled(limit: Int)
    /// A warning about one object of the XML API or S3.
    case store(ObjectKey, XMLUploadWarning)
    /// The guard between Foundation and libcurl is not active.
    case notGuarded(TransferGuard.Obstacle)

    /// One line: what happened and what to do.
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
