import CLibCrypto
import Foundation

/// A client of the XML API that signs as documented, independently of the code under test.
struct XMLClient {
    var id = "AKIDEXAMPLE0000000000000000000000000"
    var key = "SECRETKEYEXAMPLE000000000000000000"
    var times = "\(TestService.now - 60);\(TestService.now + 900)"
    var host = "xy2-1251668577.cos.ap-guangzhou.myqcloud.com"
    /// The path before the key.
    var prefix = ""
    /// The host to sign; nil for the one that is sent.
    var signedHost: String?
    /// Whether the signature is sent in the query.
    var signsInQuery = false
    /// Modifies the text of the signature before it is sent.
    var change: (String) -> String = { $0 }
    let port: Int

    init(_ service: TestService) { port = service.port }

    struct Answer {
        let status: Int
        let headers: [String: String]
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        /// The text of the first element with that name.
        func element(_ name: String) -> String { elements(name).first ?? "" }
        /// The texts of all elements with that name.
        func elements(_ name: String) -> [String] {
            text.components(separatedBy: "<\(name)>").dropFirst().map {
                $0.components(separatedBy: "</\(name)>")[0]
                    .replacingOccurrences(of: "&quot;", with: "\"").replacingOccurrences(
                        of: "&amp;", with: "&")
            }
        }
        /// `Code`, from the body or, for HEAD, from the header.
        var code: String { headers["x-cos-error-code"] ?? element("Code") }
        var etag: String { headers["etag"] ?? element("ETag") }
        var crc: String? { headers["x-cos-hash-crc64ecma"] }
    }

    /// Sends one request and reads the reply.
    func send(
        _ method: String, _ key: String, query: [(String, String)] = [], headers: [(String, String)] = [],
        body: [UInt8]? = nil
    ) throws -> Answer {
        let client = try RawClient(port: port)
        try client.send(request(method, key, query: query, headers: headers, body: body))
        let reply = try client.reply(toHead: method == "HEAD")
        return Answer(status: reply.status, headers: reply.headers, body: reply.body)
    }

    /// The bytes of a request.
    func request(
        _ method: String, _ key: String, query: [(String, String)] = [], headers: [(String, String)] = [],
        body: [UInt8]? = nil
    ) -> [UInt8] {
        var query = query
        var headers = headers
        if let body { headers.append(("Content-Length", "\(body.count)")) }
        let signed = headers + [("Host", signedHost ?? host)]
        let list: ([(String, String)]) -> (names: String, text: String) = { pairs in
            let sorted = pairs.map { (Self.encoded($0.0.lowercased()), Self.encoded($0.1)) }.sorted {
                $0.0 < $1.0
            }
            return (
                sorted.map(\.0).joined(separator: ";"),
                sorted.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
            )
        }
        let (parameterNames, parameterText) = list(query)
        let (headerNames, headerText) = list(signed)
        let path = Array("\(prefix)\(key)".utf8)
        let text =
            Array("\(method.lowercased())\n".utf8) + path + Array("\n\(parameterText)\n\(headerText)\n".utf8)
        let signKey = Self.hmac(times, self.key)
        let signature = Self.hmac("sha1\n\(times)\n\(TestFile.sha1(text))\n", signKey)
        let fields = [
            ("q-sign-algorithm", "sha1"), ("q-ak", id), ("q-sign-time", times), ("q-key-time", times),
            ("q-header-list", headerNames), ("q-url-param-list", parameterNames), ("q-signature", signature),
        ]
        if signsInQuery {
            query += fields
        } else {
            headers.append(("Authorization", change(fields.map { "\($0.0)=\($0.1)" }.joined(separator: "&"))))
        }
        let queryText = query.map {
            $0.1.isEmpty ? Self.encoded($0.0) : "\(Self.encoded($0.0))=\(Self.encoded($0.1))"
        }
        .joined(separator: "&")
        let encodedPath = path.map { $0 == UInt8(ascii: "/") ? "/" : Self.encoded([$0]) }.joined()
        var head =
            "\(method) \(encodedPath)\(queryText.isEmpty ? "" : "?\(queryText)") HTTP/1.1\r\nHost: \(host)\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        return Array("\(head)\r\n".utf8) + (body ?? [])
    }

    private static func encoded(_ text: String) -> String { encoded(Array(text.utf8)) }

    private static func encoded(_ bytes: [UInt8]) -> String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~".utf8)
        return bytes.map { plain.contains($0) ? String(Unicode.Scalar($0)) : String(format: "%%%02X", $0) }
            .joined()
    }

    private static func hmac(_ text: String, _ key: String) -> String {
        var code = [UInt8](repeating: 0, count: 20)
        var length: UInt32 = 0
        let (text, key) = (Array(text.utf8), Array(key.utf8))
        _ = HMAC(EVP_sha1(), key, Int32(key.count), text, text.count, &code, &length)
        return code.map { String(format: "%02x", $0) }.joined()
    }

    // MARK: Complete operations

    func begin(_ key: String) throws -> String {
        try send("POST", key, query: [("uploads", "")], body: []).element("UploadId")
    }

    func part(_ key: String, _ upload: String, _ number: Int, _ bytes: [UInt8]) throws -> Answer {
        try send("PUT", key, query: [("partNumber", "\(number)"), ("uploadId", upload)], body: bytes)
    }

    func finish(_ key: String, _ upload: String, _ parts: [(Int, String)], headers: [(String, String)] = [])
        throws
        -> Answer
    {
        let list = parts.map { "<Part><PartNumber>\($0.0)</PartNumber><ETag>\($0.1)</ETag></Part>" }.joined()
        return try send(
            "POST", key, query: [("uploadId", upload)], headers: headers,
            body: Array("<CompleteMultipartUpload>\(list)</CompleteMultipartUpload>".utf8))
    }
}
