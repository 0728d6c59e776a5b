import ByteDigests
import NIOHTTP1
import PlanCore
import ServiceCore

/// Verifies signatures of S3: AWS's Signature Version 4 in the header.
///
/// It does not use the signer's code, so that a bug there is not repeated here.
///
/// **Source**: AWS's "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)".
struct S3Authorization: Sendable {
    let credentials: Credentials
    let limits: EmulatorLimits

    private static let algorithm = "AWS4-HMAC-SHA256"

    /// Whether a request carries anything of a signature of S3.
    static func speaks(_ head: HTTPRequestHead) -> Bool {
        (head.headers.first(name: "authorization")?.hasPrefix("AWS") ?? false)
            || head.headers.contains(name: "x-amz-content-sha256") || head.uri.contains("X-Amz-")
    }

    /// Verifies a request's signature; the body's hash is compared when the body has arrived.
    ///
    /// - Throws: ``XMLRefusal`` with the first problem, never with the signature.
    func check(_ head: HTTPRequestHead, _ target: XMLRequestTarget, now: Int64) throws(XMLRefusal) {
        let signed = try SignedFields(head)
        guard signed.secretID.utf8.elementsEqual(credentials.secretID.utf8) else {
            throw XMLRefusal(403, "InvalidAccessKeyId", "the credential is not the emulator's secret id")
        }
        if let token = credentials.sessionToken {
            let sent = head.headers.first(name: "x-amz-security-token")
            guard sent?.utf8.elementsEqual(token.utf8) ?? false else {
                throw XMLRefusal(403, "InvalidToken", "x-amz-security-token is not the emulator's")
            }
        }
        guard let stamp = head.headers.first(name: "x-amz-date"), let time = Self.seconds(stamp) else {
            throw .accessDenied("x-amz-date is missing, or is not of the form 20130524T000000Z")
        }
        guard stamp.hasPrefix(signed.day) else {
            throw .accessDenied("the credential's day is not that of x-amz-date")
        }
        guard let payload = head.headers.first(name: "x-amz-content-sha256") else {
            throw XMLRefusal(400, "InvalidRequest", "x-amz-content-sha256 is missing")
        }
        let request = try canonicalRequest(head, target, signed, payload: payload)
        let scope = "\(signed.day)/\(signed.region)/s3/aws4_request"
        let toSign =
            "\(Self.algorithm)\n\(stamp)\n\(scope)\n\(MessageDigest.sha256(Array(request.utf8)).hexText)"
        var key = Array("AWS4\(credentials.secretKey)".utf8)
        for step in [signed.day, signed.region, "s3", "aws4_request"] {
            key = HMAC.sha256(of: Array(step.utf8), key: key)
        }
        let code = HMAC.sha256(of: Array(toSign.utf8), key: key).hexText
        guard code.utf8.elementsEqual(signed.signature.utf8) else {
            throw .badSignature("the signature is not that of method, path, query and headers under the key")
        }
        guard abs(now - time) <= limits.clockToleranceSeconds else {
            throw .wrongTime("x-amz-date is \(time - now) seconds ahead of this clock")
        }
    }

    private func canonicalRequest(
        _ head: HTTPRequestHead, _ target: XMLRequestTarget, _ signed: SignedFields, payload: String
    ) throws(XMLRefusal) -> String {
        let query = target.query.map { parameter in
            (
                name: PathEncoding.encodedComponent(parameter.name.utf8),
                value: PathEncoding.encodedComponent(parameter.value.utf8)
            )
        }.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
        var headers = ""
        for name in signed.headers {
            let values = head.headers[name]
            guard !values.isEmpty else {
                throw .badSignature(
                    "the header '\(name.escapedForDisplay(limit: 80))' is signed and not sent")
            }
            let folded = values.map { $0.split(separator: " ").joined(separator: " ") }
            headers += "\(name):\(folded.joined(separator: ","))\n"
        }
        let sent = Set(head.headers.map { $0.name.lowercased() })
        let needed = sent.filter { $0.hasPrefix("x-amz-") || $0 == "content-md5" }.union(["host"])
        if let bare = needed.subtracting(signed.headers).min() {
            throw .accessDenied("the header '\(bare.escapedForDisplay(limit: 80))' is not signed")
        }
        return "\(head.method.rawValue)\n\(PathEncoding.encoded(target.signedPath))\n"
            + query.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
            + "\n\(headers)\n\(signed.headers.joined(separator: ";"))\n\(payload)"
    }

    /// Parses `20130524T000000Z`.
    ///
    /// **Unit**: Unix seconds.
    private static func seconds(_ stamp: String) -> Int64? {
        let digits = Array(stamp.utf8)
        guard digits.count == 16, digits[8] == UInt8(ascii: "T"), digits[15] == UInt8(ascii: "Z") else {
            return nil
        }
        func number(_ range: Range<Int>) -> Int? { Int(String(decoding: digits[range], as: UTF8.self)) }
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        guard let month = number(4..<6), (1...12).contains(month) else { return nil }
        func text(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        // The day of the week is not checked.
        return HTTPDate.unixSeconds(
            "Sun, \(text(6..<8)) \(months[month - 1]) \(text(0..<4)) \(text(9..<11)):\(text(11..<13)):"
                + "\(text(13..<15)) GMT")
    }
}

/// The parsed header `Authorization`.
private struct SignedFields {
    let secretID: String
    /// `20130524`.
    let day: String
    let region: String
    /// Lower-case, sorted.
    let headers: [String]
    let signature: String

    init(_ head: HTTPRequestHead) throws(XMLRefusal) {
        let sent = head.headers["authorization"]
        guard let text = sent.first, sent.count == 1 else {
            let found = sent.isEmpty ? "no header Authorization" : "two headers Authorization"
            throw .accessDenied("\(found); signatures in the query are not part of this emulator")
        }
        let words = text.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0] == "AWS4-HMAC-SHA256" else {
            throw .accessDenied("Authorization is not AWS4-HMAC-SHA256")
        }
        var fields: [String: String] = [:]
        for field in words[1].split(separator: ",") {
            let parts = field.drop { $0 == " " }.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, fields.updateValue(String(parts[1]), forKey: String(parts[0])) == nil
            else { throw Self.malformed }
        }
        guard let credential = fields["Credential"], let names = fields["SignedHeaders"],
            let signature = fields["Signature"]
        else { throw Self.malformed }
        // The id may contain a slash.
        let scope = credential.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
        guard scope.count >= 5, scope.suffix(2) == ["s3", "aws4_request"] else {
            throw XMLRefusal(
                400, "AuthorizationHeaderMalformed",
                "Credential is not of the form <id>/<day>/<region>/s3/aws4_request")
        }
        secretID = scope.dropLast(4).joined(separator: "/")
        (day, region) = (scope[scope.count - 4], scope[scope.count - 3])
        guard day.utf8.count == 8 else { throw Self.malformed }
        headers = names.split(separator: ";").map { String($0) }
        self.signature = signature
        guard
            headers.map({ Array($0.utf8) }).elementsEqual(
                Set(headers).map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) })
        else { throw .badSignature("SignedHeaders is not sorted") }
    }

    private static let malformed = XMLRefusal(
        400, "AuthorizationHeaderMalformed", "Authorization does not read")
}
