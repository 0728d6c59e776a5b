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

    /// The appid of the bucket; nil for a bucket of S3 alone.
    let appID: AppID?
    let bucket: Bucket
    /// As the request names it: `<bucket>-<appid>`, in S3 any name.
    let bucketName: String
    /// The object's key with a leading `/`; nil for the bucket itself.
    let key: ByteString?
    /// The path as sent, decoded; signatures cover it.
    let signedPath: [UInt8]
    /// In the order of the request.
    let query: [Parameter]

    /// The object of the request; nil if it is the bucket.
    var address: ObjectAddress? { key.map { ObjectAddress(appID: appID, bucket: bucket, key: $0) } }

    /// The value of a parameter; nil if it is missing.
    subscript(name: String) -> String? { query.first { $0.name.utf8.elementsEqual(name.utf8) }?.value }

    /// Parses host and request target.
    ///
    /// The bucket is taken from the host if that is a name below the service's domains, or a label before
    /// `localhost`; otherwise from the first segment of the path.
    init(_ head: HTTPRequestHead, _ dialect: EmulatedDialect) throws(XMLRefusal) {
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
        if let label = host.flatMap({ Self.bucketLabel($0, dialect) }) {
            name = label
            rest = path[...]
        } else {
            let segment = path.dropFirst().prefix { $0 != UInt8(ascii: "/") }
            name = String(decoding: segment, as: UTF8.self)
            rest = path[segment.endIndex...]
        }
        let found =
            switch dialect {
            case .cos: try Self.cosBucket(name)
            case .s3: try Self.s3Bucket(name)
            }
        bucket = found.bucket
        appID = found.appID
        bucketName = name
        guard rest.count > 1 else {
            key = nil
            return
        }
        guard rest.count - 1 <= dialect.longestKey else {
            throw XMLRefusal(
                400, dialect == .cos ? "KeyTooLong" : "KeyTooLongError",
                "a key of \(rest.count - 1) bytes; the longest has \(dialect.longestKey)")
        }
        guard let bytes = ByteString(validating: rest) else {
            throw XMLRefusal(400, "InvalidURI", "the key is not UTF-8")
        }
        key = bytes
    }

    /// The bucket label of a host name; nil if it has none.
    private static func bucketLabel(_ host: HostName, _ dialect: EmulatedDialect) -> String? {
        let name = host.name
        if dialect == .s3, name.hasSuffix(".amazonaws.com"),
            let mark = name.firstRange(of: ".s3.") ?? name.firstRange(of: ".s3-")
        {
            return String(name[..<mark.lowerBound])
        }
        guard let dot = name.firstIndex(of: ".") else { return nil }
        let first = String(name[..<dot])
        let rest = name[name.index(after: dot)...]
        let isService =
            rest.hasPrefix("cos.") && [".myqcloud.com", ".tencentcos.cn"].contains { rest.hasSuffix($0) }
        return isService || rest == "localhost" || rest.hasSuffix(".localhost") ? first : nil
    }

    /// A bucket and its appid.
    private typealias Place = (bucket: Bucket, appID: AppID?)

    private static func cosBucket(_ name: String) throws(XMLRefusal) -> Place {
        guard let place = place(of: name) else { throw .noSuchBucket(name) }
        return place
    }

    /// Splits `<bucket>-<appid>`; nil for a name of another form.
    private static func place(of name: String) -> Place? {
        guard let hyphen = name.lastIndex(of: "-"),
            // What is wrong with the name in particular does not matter.
            let appID = try? AppID(text: String(name[name.index(after: hyphen)...])),
            let bucket = try? Bucket(String(name[..<hyphen]))
        else { return nil }
        return (bucket, appID)
    }

    /// A bucket of S3: one called `<bucket>-<appid>` is that of the other APIs, as at the service.
    private static func s3Bucket(_ name: String) throws(XMLRefusal) -> Place {
        guard let own = try? Bucket(name, for: .s3) else {  // The form is stated.
            throw XMLRefusal(
                400, "InvalidBucketName",
                "'\(name.escapedForDisplay(limit: 80))' is not 3 to 63 of a-z, 0-9, - and .")
        }
        guard let place = place(of: name), let appID = place.appID, "\(place.bucket)-\(appID)" == name
        else { return (own, nil) }
        return place
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
