import NIOHTTP1
import PlanCore
import ServiceCore

/// The bucket, key and query of an XML API request.
struct XMLRequestTarget: Hashable, Sendable {
    /// A decoded name and value; the value is empty if there is no `=`.
    struct Parameter: Hashable, Sendable {
        let name: String
        let value: String
    }

    /// The appid of the bucket.
    let appID: AppID
    let bucket: Bucket
    /// `<bucket>-<appid>`.
    let bucketName: String
    /// The object's key with a leading `/`; nil for the bucket itself.
    let key: ByteString?
    /// The path as sent, decoded; signatures cover it.
    let signedPath: [UInt8]
    /// In the order of the request.
    let query: [Parameter]

    /// The maximum length of a key, without its leading slash.
    ///
    /// **Unit**: bytes. **Source**: the vendor's limits page.
    static let longestKey = 850

    /// The object of the request; nil if it is the bucket.
    var address: ObjectAddress? { key.map { ObjectAddress(appID: appID, bucket: bucket, key: $0) } }

    /// The value of a parameter; nil if it is missing.
    subscript(name: String) -> String? { query.first { $0.name.utf8.elementsEqual(name.utf8) }?.value }

    /// Parses host and request target.
    ///
    /// The bucket is taken from the host if that is a name below the service's domains, or a label before
    /// `localhost`; otherwise from the first segment of the path.
    init(_ head: HTTPRequestHead) throws(XMLRefusal) {
        let target = Array(head.uri.utf8)
        let mark = target.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        query = try Self.parameters(target[mark...].dropFirst())
        guard let path = PathEncoding.decoded(String(decoding: target[..<mark], as: UTF8.self)),
            path.first == UInt8(ascii: "/")
        else { throw XMLRefusal(400, "InvalidURI", "the path does not decode") }
        signedPath = path
        let host = head.headers.first(name: "host").flatMap { HostName($0) }
        let name: String
        let rest: ArraySlice<UInt8>
        if let label = host.flatMap(Self.bucketLabel) {
            name = label
            rest = path[...]
        } else {
            let segment = path.dropFirst().prefix { $0 != UInt8(ascii: "/") }
            name = String(decoding: segment, as: UTF8.self)
            rest = path[segment.endIndex...]
        }
        (bucket, appID) = try Self.bucket(name)
        bucketName = name
        guard rest.count > 1 else {
            key = nil
            return
        }
        guard rest.count - 1 <= Self.longestKey else {
            throw XMLRefusal(
                400, "KeyTooLong", "a key of \(rest.count - 1) bytes; the longest has \(Self.longestKey)")
        }
        guard let bytes = ByteString(validating: rest) else {
            throw XMLRefusal(400, "InvalidURI", "the key is not UTF-8")
        }
        key = bytes
    }

    /// The bucket label of a host name; nil if it has none.
    private static func bucketLabel(_ host: HostName) -> String? {
        let name = host.name
        guard let dot = name.firstIndex(of: ".") else { return nil }
        let first = String(name[..<dot])
        let rest = name[name.index(after: dot)...]
        let isService =
            rest.hasPrefix("cos.") && [".myqcloud.com", ".tencentcos.cn"].contains { rest.hasSuffix($0) }
        return isService || rest == "localhost" || rest.hasSuffix(".localhost") ? first : nil
    }

    /// Splits `<bucket>-<appid>`.
    private static func bucket(_ name: String) throws(XMLRefusal) -> (Bucket, AppID) {
        guard let hyphen = name.lastIndex(of: "-"),
            let appID = try? AppID(text: String(name[name.index(after: hyphen)...])),
            let bucket = try? Bucket(String(name[..<hyphen]))
        else {  // What is wrong with the name in particular does not matter: the form is stated.
            throw XMLRefusal(
                404, "NoSuchBucket",
                "'\(name.escapedForDisplay(limit: 80))' is not of the form <bucket>-<appid>")
        }
        return (bucket, appID)
    }

    private static func parameters(_ query: ArraySlice<UInt8>) throws(XMLRefusal) -> [Parameter] {
        var parameters: [Parameter] = []
        for field in query.split(separator: UInt8(ascii: "&")) {
            let equals = field.firstIndex(of: UInt8(ascii: "=")) ?? field.endIndex
            guard let name = text(field[..<equals]), let value = text(field[equals...].dropFirst()),
                !parameters.contains(where: { $0.name.utf8.elementsEqual(name.utf8) })
            else {
                throw XMLRefusal(
                    400, "InvalidURI", "a parameter of the query does not decode, or stands twice")
            }
            parameters.append(Parameter(name: name, value: value))
        }
        return parameters
    }

    private static func text(_ encoded: ArraySlice<UInt8>) -> String? {
        PathEncoding.decoded(String(decoding: encoded, as: UTF8.self))
            .flatMap { String(validating: $0, as: UTF8.self) }
    }
}
