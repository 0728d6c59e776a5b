import ByteDigests
import PlanCore
import ServiceCore

/// The signature of S3, AWS's Signature Version 4: HMAC-SHA256 over method, path, query, headers and the payload's hash.
///
/// **Source**: AWS's "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)".
package struct SigV4Signature: Sendable {
    /// The value of `x-amz-content-sha256` if a signed checksum header binds the body.
    package static let unsignedPayload = "UNSIGNED-PAYLOAD"

    /// The time of signing.
    package struct Moment: Hashable, Sendable {
        /// `20130524T000000Z`, the value of `x-amz-date`.
        package let stamp: String

        /// **Unit**: Unix seconds.
        package init(unixSeconds: Int64) {
            stamp = HTTPDate.timestamp(unixSeconds).filter { $0 != "-" && $0 != ":" }
        }

        /// Creates it from a value of `x-amz-date`.
        package init(stamp: String) { self.stamp = stamp }

        /// `20130524`.
        var day: String { String(stamp.prefix(8)) }
    }

    /// 64 hex digits.
    package let signature: String
    /// The value of `Authorization`.
    package let authorization: String

    /// Signs everything it is given.
    ///
    /// - Parameters:
    ///   - method: the HTTP method.
    ///   - path: encoded, as sent.
    ///   - query: decoded names and values.
    ///   - headers: names and values as sent, including `host`, `x-amz-date` and `x-amz-content-sha256`.
    ///   - payloadHash: the value of `x-amz-content-sha256`.
    ///   - moment: the time of signing.
    ///   - region: the region in the signature's scope.
    ///   - credentials: the credentials to sign with.
    package init(
        method: String, path: String, query: [(name: String, value: String)],
        headers: [(name: String, value: String)], payloadHash: String, moment: Moment, region: String,
        credentials: Credentials
    ) {
        let query = query.map { pair in
            (
                name: PathEncoding.encodedComponent(pair.name.utf8),
                value: PathEncoding.encodedComponent(pair.value.utf8)
            )
        }.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
        let headers = headers.map { ($0.name.lowercased(), Self.folded($0.value)) }.sorted { $0.0 < $1.0 }
        let names = headers.map(\.0).joined(separator: ";")
        let request =
            "\(method)\n\(path)\n\(query.map { "\($0.name)=\($0.value)" }.joined(separator: "&"))\n"
            + headers.map { "\($0.0):\($0.1)\n" }.joined() + "\n\(names)\n\(payloadHash)"
        let scope = "\(moment.day)/\(region)/s3/aws4_request"
        let stringToSign =
            "AWS4-HMAC-SHA256\n\(moment.stamp)\n\(scope)\n\(MessageDigest.sha256(Array(request.utf8)).hexText)"
        var key = Array("AWS4\(credentials.secretKey)".utf8)
        for part in [moment.day, region, "s3", "aws4_request"] {
            key = HMAC.sha256(of: Array(part.utf8), key: key)
        }
        signature = HMAC.sha256(of: Array(stringToSign.utf8), key: key).hexText
        authorization =
            "AWS4-HMAC-SHA256 Credential=\(credentials.secretID)/\(scope), SignedHeaders=\(names), "
            + "Signature=\(signature)"
    }

    /// A header's value with blanks trimmed and runs of blanks collapsed.
    private static func folded(_ value: String) -> String {
        value.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    }
}
