import ByteDigests
import PlanCore
import ServiceCore

/// The signature of COS's XML API (v5): HMAC-SHA1 over method, path, query and headers, valid for a limited
/// time.
///
/// The body is bound only by headers that contain a digest of it. **Source**: the vendor's page 436/7778.
package struct COSSignature: Sendable {
    /// The validity of a signature.
    ///
    /// **Unit**: seconds. The service checks it when a request arrives, not at the end of its body.
    package static let lifetime: Int64 = 900
    /// How long before now it becomes valid, because the service's clock may be behind.
    ///
    /// **Unit**: seconds.
    package static let leeway: Int64 = 60

    /// `q-signature`: 40 hex digits.
    package let signature: String
    /// The value of `Authorization`.
    package let authorization: String
    /// Intermediate values, for tests.
    let signKey: String
    let httpStringSHA1: String

    /// Signs everything it is given.
    ///
    /// - Parameters:
    ///   - method: the HTTP method.
    ///   - path: decoded, with its leading slash.
    ///   - query: decoded names and values.
    ///   - headers: names and values as sent.
    ///   - keyTime: `<start>;<end>`, Unix seconds.
    ///   - credentials: the credentials to sign with.
    package init(
        method: String, path: [UInt8], query: [(name: String, value: String)],
        headers: [(name: String, value: String)], keyTime: String, credentials: Credentials
    ) {
        let query = Self.canonical(query)
        let headers = Self.canonical(headers)
        let httpString =
            Array("\(method.lowercased())\n".utf8) + path + Array("\n\(query.text)\n\(headers.text)\n".utf8)
        httpStringSHA1 = MessageDigest.sha1(httpString).hexText
        signKey = HMAC.sha1(of: Array(keyTime.utf8), key: Array(credentials.secretKey.utf8)).hexText
        let stringToSign = "sha1\n\(keyTime)\n\(httpStringSHA1)\n"
        signature = HMAC.sha1(of: Array(stringToSign.utf8), key: Array(signKey.utf8)).hexText
        authorization =
            "q-sign-algorithm=sha1&q-ak=\(credentials.secretID)&q-sign-time=\(keyTime)&q-key-time=\(keyTime)"
            + "&q-header-list=\(headers.names)&q-url-param-list=\(query.names)&q-signature=\(signature)"
    }

    /// The key time of a request sent now.
    ///
    /// **Unit**: Unix seconds.
    package static func keyTime(now: Int64) -> String { "\(now - leeway);\(now + lifetime)" }

    /// `name=value` joined by `&`, and the names joined by `;`.
    ///
    /// Names are lower-cased, both are encoded, sorted by name.
    private static func canonical(
        _ pairs: [(name: String, value: String)]
    ) -> (text: String, names: String) {
        let encoded = pairs.map { pair in
            (
                name: PathEncoding.encodedComponent(pair.name.lowercased().utf8),
                value: PathEncoding.encodedComponent(pair.value.utf8)
            )
        }.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
        return (
            encoded.map { "\($0.name)=\($0.value)" }.joined(separator: "&"),
            encoded.map(\.name).joined(separator: ";")
        )
    }
}
