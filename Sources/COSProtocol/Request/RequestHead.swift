import PlanCore

/// A request's line and headers, without the ones the transport adds (`Host`, `Content-Length`).
public struct RequestHead: Hashable, Sendable {
    /// `POST`, or `GET` for stat.
    public let method: String
    /// `/files/v2/<appid>/<bucket>/<encoded path>`.
    public let path: String
    /// The query, without the question mark.
    public let query: String?
    /// The form's `Content-Type`; nil for a request without a body.
    public let contentType: String?

    /// What the path of every request begins with.
    public static let pathPrefix = "/files/v2"

    /// A POST of `form` to an object's path.
    public init(target: JSONTarget, key: ObjectKey, form: MultipartForm) {
        method = "POST"
        path = Self.path(target: target, key: key)
        query = nil
        contentType = form.contentType
    }

    /// The GET of stat.
    public init(target: JSONTarget, key: ObjectKey, stat: StatOperation) {
        method = "GET"
        path = Self.path(target: target, key: key)
        query = stat.query
        contentType = nil
    }

    /// The headers that are the same for everyone, as they are sent; `Authorization` is made for each request.
    public func headers(userAgent: String) -> [(name: String, value: String)] {
        [("User-Agent", userAgent), ("Accept", "application/json")]
            + (contentType.map { [("Content-Type", $0)] } ?? [])
    }

    /// The path of every request about an object.
    public static func path(target: JSONTarget, key: ObjectKey) -> String {
        pathPrefix + FileID(target: target, key: key).text
    }
}
