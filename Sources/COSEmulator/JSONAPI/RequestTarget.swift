import COSProtocol
import PlanCore
import ServiceCore

/// The target of a request line: `/files/v2/<appid>/<bucket>/<encoded path>?<query>`.
struct RequestTarget: Hashable, Sendable {
    /// The object or folder it names.
    let place: Resource
    /// The query's parameters, decoded once.
    let query: [ByteString: String]

    /// What a path can refer to.
    enum Resource: Hashable {
        case object(ObjectAddress)
        /// A path that ends in `/`, or the bucket itself.
        case folder
    }

    /// Why a target is invalid.
    enum Rejection: Error, Hashable {
        /// Not below `/files/v2/`.
        case notThisService
        /// The bucket or appid is malformed.
        case badBucket(found: String)
        /// The service does not accept the key.
        case badPath(String)
        /// A parameter is repeated or cannot be decoded.
        case badQuery
    }

    /// Whether a target lies below `/files/v2/`.
    static func isOfJSONAPI(_ target: String) -> Bool {
        originForm(Array(target.utf8)).starts(with: Array("\(RequestHead.pathPrefix)/".utf8))
    }

    /// The maximum length of one segment of a key.
    ///
    /// **Unit**: bytes.
    static let longestSegment = 255

    /// Parses the target; the key is decoded exactly once.
    init(_ target: String) throws(Rejection) {
        let bytes = Self.originForm(Array(target.utf8))
        let queryMark = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.endIndex
        let prefix = Array("\(RequestHead.pathPrefix)/".utf8)
        guard bytes[..<queryMark].starts(with: prefix) else { throw .notThisService }
        let rest = bytes[prefix.count..<queryMark]
        let fields = rest.split(separator: UInt8(ascii: "/"), maxSplits: 2, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard fields.count >= 2 else { throw .badBucket(found: String(decoding: rest, as: UTF8.self)) }
        let appID: AppID
        let bucket: Bucket
        do throws(TargetFieldError) {
            appID = try AppID(text: fields[0])
            bucket = try Bucket(fields[1])
        } catch { throw .badBucket(found: "\(fields[0])/\(fields[1])") }
        let path = fields.count == 3 ? fields[2] : ""
        if path.isEmpty || path.utf8.last == UInt8(ascii: "/") {
            place = .folder
        } else {
            place = .object(ObjectAddress(appID: appID, bucket: bucket, key: try Self.key(path)))
        }
        query = try Self.parameters(bytes[queryMark...].dropFirst())
    }

    /// The target without the scheme and host that clients send to a proxy (RFC 9112, 3.2.2).
    private static func originForm(_ target: [UInt8]) -> [UInt8] {
        for scheme in ["http://", "https://"] where target.starts(with: scheme.utf8) {
            return Array(target.dropFirst(scheme.utf8.count).drop { $0 != UInt8(ascii: "/") })
        }
        return target
    }

    private static func key(_ encoded: String) throws(Rejection) -> ObjectKey {
        guard let decoded = PathEncoding.decoded("/" + encoded) else {
            throw .badPath("a % without two hex digits")
        }
        guard decoded.count <= ManifestLimits.nameBytes else {
            throw .badPath("\(decoded.count) bytes; the longest key has \(ManifestLimits.nameBytes)")
        }
        guard let bytes = ByteString(validating: decoded) else { throw .badPath("not UTF-8") }
        for segment in decoded.split(separator: UInt8(ascii: "/")) where segment.count > longestSegment {
            throw .badPath("a name of \(segment.count) bytes; the longest is \(longestSegment)")
        }
        do throws(ObjectKeyError) {
            let key = try ObjectKey(bytes)
            try key.check(for: .json)
            return key
        } catch { throw .badPath("\(error)") }
    }

    private static func parameters(_ query: ArraySlice<UInt8>) throws(Rejection) -> [ByteString: String] {
        var parameters: [ByteString: String] = [:]
        for field in query.split(separator: UInt8(ascii: "&")) {
            let equals = field.firstIndex(of: UInt8(ascii: "=")) ?? field.endIndex
            guard let name = text(field[..<equals]), let value = text(field[equals...].dropFirst()),
                parameters.updateValue(value, forKey: ByteString(name)) == nil
            else { throw .badQuery }
        }
        return parameters
    }

    private static func text(_ encoded: ArraySlice<UInt8>) -> String? {
        PathEncoding.decoded(String(decoding: encoded, as: UTF8.self))
            .flatMap { String(validating: $0, as: UTF8.self) }
    }
}
