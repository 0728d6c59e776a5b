import PlanCore
import ServiceCore

/// The name of an object within the service, `/<appid>/<bucket>/<encoded path>`: a signature's field `f`.
public struct FileID: Hashable, Sendable {
    /// The text, with the path percent-encoded.
    public let text: String

    /// The id of the object `key` of `target`.
    public init(target: JSONTarget, key: ObjectKey) {
        text = "/\(target.appID)/\(target.bucket)\(PathEncoding.encoded(key))"
    }
}
