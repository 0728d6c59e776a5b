import CLibCrypto
import Foundation

/// A client of S3 that signs as AWS's page says, apart from the code under test.
struct S3Client {
    var id = "AKIDEXAMPLE0000000000000000000000000"
    var key = "SECRETKEYEXAMPLE000000000000000000"
    /// The value of `x-amz-date`.
    var stamp = "20170912T073659Z"
    /// The day in the credential's scope; nil for the stamp's.
    var day: String?
    var region = "us-east-1"
    var host = "127.0.0.1"
    /// What stands before the key in the path.
    var prefix = "/data"
    /// The value of `x-amz-content-sha256`; nil for the body's hash.
    var payload: String? = "UNSIGNED-PAYLOAD"
    /// Names of headers that are sent and not signed.
    var unsigned: Set<String> = []
    /// Changes the text of the signature before it is sent.
    var change: (String) -> String = { $0 }
    let port: Int

    init(_ service: TestService) { port = service.port }

    /// Sends one request and reads the answer.
    func send(
        _ method: String, _ key: String, query: [(String, String)] = [], headers: [(String, String)] = [],
        body: [UInt8]? = nil
    ) throws -> XMLClient.Answer {
        let client = try RawClient(port: port)
        try client.send(request(method, key, query: query, headers: headers, body: body))
        let reply = try client.reply(toHead: method == "HEAD")
        return XMLClient.Answer(status: reply.status, headers: reply.headers, body: reply.body)
    }

    /// The bytes of a request.
    func request(
        _ method: String, _ key: String, query: [(String, String)] = [], headers: [(String, String)] = [],
        body: [UInt8]? = nil
    ) -> [UInt8] {
        let payload = payload ?? Self.hex(Self.sha256(body ?? []))
        var headers = headers + [("x-amz-date", stamp), ("x-amz-content-sha256", payload)]
        let signed = (headers + [("host", host)]).map { ($0.0.lowercased(), $0.1) }
            .filter { !unsigned.contains($0.0) }.sorted { $0.0 < $1.0 }
        let names = signed.map(\.0).joined(separator: ";")
        let path = Self.encoded(Array("\(prefix)\(key)".utf8), "/")
        let queryText = query.map { (Self.encoded(Array($0.0.utf8)), Self.encoded(Array($0.1.utf8))) }
            .sorted { $0.0 < $1.0 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
        let text =
            "\(method)\n\(path)\n\(queryText)\n\(signed.map { "\($0.0):\($0.1)\n" }.joined())\n\(names)\n\(payload)"
        let day = day ?? String(stamp.prefix(8))
        let scope = "\(day)/\(region)/s3/aws4_request"
        var code = Array("AWS4\(self.key)".utf8)
        for step in [day, region, "s3", "aws4_request"] { code = Self.hmac(step, code) }
        let toSign = "AWS4-HMAC-SHA256\n\(stamp)\n\(scope)\n\(Self.hex(Self.sha256(Array(text.utf8))))"
        let signature = Self.hex(Self.hmac(toSign, code))
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(id)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
        headers += [("Authorization", change(authorization))]
        if let body { headers.append(("Content-Length", "\(body.count)")) }
        var head =
            "\(method) \(path)\(queryText.isEmpty ? "" : "?\(queryText)") HTTP/1.1\r\nHost: \(host)\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        return Array("\(head)\r\n".utf8) + (body ?? [])
    }

    private static func encoded(_ bytes: [UInt8], _ kept: String = "") -> String {
        let plain = Set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~\(kept)".utf8)
        return bytes.map { plain.contains($0) ? String(Unicode.Scalar($0)) : String(format: "%%%02X", $0) }
            .joined()
    }

    private static func hmac(_ text: String, _ key: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        let text = Array(text.utf8)
        _ = HMAC(EVP_sha256(), key, Int32(key.count), text, text.count, &code, &length)
        return code
    }

    static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        _ = SHA256(bytes, bytes.count, &digest)
        return digest
    }

    static func sha1(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 20)
        _ = SHA1(bytes, bytes.count, &digest)
        return digest
    }

    static func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

    // MARK: Whole operations

    func begin(_ key: String, _ headers: [(String, String)] = []) throws -> String {
        try send("POST", key, query: [("uploads", "")], headers: headers, body: []).element("UploadId")
    }

    func part(
        _ key: String, _ upload: String, _ number: Int, _ bytes: [UInt8], _ headers: [(String, String)] = []
    ) throws -> XMLClient.Answer {
        try send(
            "PUT", key, query: [("partNumber", "\(number)"), ("uploadId", upload)], headers: headers,
            body: bytes)
    }

    /// - `parts`: ETags, each with what else the list says of its part.
    func finish(
        _ key: String, _ upload: String, _ parts: [(etag: String, more: String)],
        headers: [(String, String)] = []
    ) throws -> XMLClient.Answer {
        let list = parts.enumerated().map { index, part in
            "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(part.etag)</ETag>\(part.more)</Part>"
        }.joined()
        return try send(
            "POST", key, query: [("uploadId", upload)], headers: headers,
            body: Array("<CompleteMultipartUpload>\(list)</CompleteMultipartUpload>".utf8))
    }
}
