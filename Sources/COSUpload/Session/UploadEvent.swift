import COSProtocol
import PlanCore

/// One thing that happened on the way, for whoever wants to watch every request. It holds nothing secret.
public enum UploadEvent: Hashable, Sendable {
    /// The service answered.
    case answered(Request, status: Int, code: Int64?)
    /// No answer came.
    case unanswered(Request, TransportError)
    /// The request will be made again, for the `number`th time, after a pause. **Unit**: seconds.
    case retry(Request, number: Int, reason: String, pause: Double)

    /// Which request it is about.
    public struct Request: Hashable, Sendable {
        /// What was asked.
        public let operation: ServiceOperation
        /// About which object.
        public let key: ObjectKey
        /// Where the bytes it carried begin; nil where it carried none. **Unit**: bytes.
        public let offset: Int64?

        init(_ request: ServiceRequest) {
            operation = request.operation
            key = request.key
            offset = request.content?.offset
        }
    }
}

extension UploadEvent: CustomStringConvertible {
    /// One short line.
    public var description: String {
        switch self {
        case .answered(let request, let status, let code):
            "\(request): status \(status), \(code.map { "code \($0)" } ?? "no JSON")"
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
