import PlanCore
import ServiceCore

/// A request line and headers, without those that the transport adds (`Host`, `Content-Length`).
public struct RequestHead: Hashable, Sendable {
    /// `POST`, or `GET` for stat.
    public let method: String
    /// `/files/v2/<appid>/<bucket>/<encoded path>`.
    public let path: String
    /// The query, without the question mark.
    public let query: String?
    /// The form's `Content-Type`; nil for a request without a body.
    public let contentType: String?

    /// The prefix of every request's path.
    package static let pathPrefix = "/files/v2"

    /// Creates a POST of `form` to an object's path.
    package init(target: JSONTarget, key: ObjectKey, form: MultipartForm) {
        method = "POST"
        path = Self.path(target: target, key: key)
        query = nil
        contentType = form.contentType
    }

    /// Creates the GET of stat.
    package init(target: JSONTarget, key: ObjectKey, stat: StatOperation) {
        method = "GET"
        path = Self.path(target: target, key: key)
        query = stat.query
        contentType = nil
    }

    /// The headers without `Authorization`, as they are sent.
    package func headers(userAgent: String) -> [(name: String, value: String)] {
        [("User-Agent", userAgent), ("Accept", "application/json")]
            + (contentType.map { [("Content-Type", $0)] } ?? [])
    }

    /// The path of every request about an object.
    public static func path(target: JSONTarget, key: ObjectKey) -> String {
        pathPrefix + FileID(target: target, key: key).text
    }
}

/// The name of an object within the service, `/<appid>/<bucket>/<encoded path>`: a signature's field `f`.
package struct FileID: Hashable, Sendable {
    /// The text, with the path percent-encoded.
    package let text: String

    /// The id of the object `key` of `target`.
    package init(target: JSONTarget, key: ObjectKey) {
        text = "/\(target.appID)/\(target.bucket)\(PathEncoding.encoded(key))"
    }
}
