import NIOHTTP1
import PlanCore
import ServiceCore
import Testing

@testable import COSEmulator

@Suite("Emulator: signatures of the XML API")
struct XMLSignatureTests {
    private static let contentMD5 = "mQ/fVh815F3k6TAUm8m0eg=="
    private static let uploadID = "1585130821cbb7df1d11846c073ad648e8f33b087cec2381df437acdc833cf654b9ecc6361"

    /// The vendor's published examples, each recomputed with another program.
    struct Vector: Sendable {
        var id = "AKIDQjz3ltompVjBni5LitkWHFlFpwkn9U5q"
        var key = "BQYIM75p8x0iWVFSIgqEKwFprpRSVHlz"
        let method: HTTPMethod
        let uri: String
        let headers: [(String, String)]
        let times: String
        let names: String
        let parameters: String
        let signature: String
    }

    static let vectors = [
        Vector(
            method: .PUT, uri: "/exampleobject(%E8%85%BE%E8%AE%AF%E4%BA%91)",
            headers: [
                ("content-length", "13"), ("content-md5", contentMD5), ("content-type", "text/plain"),
                ("date", "Thu, 16 May 2019 06:45:51 GMT"),
                ("host", "examplebucket-1250000000.cos.ap-beijing.myqcloud.com"), ("x-cos-acl", "private"),
                ("x-cos-grant-read", "uin=\"100000000011\""),
            ], times: "1557989151;1557996351",
            names: "content-length;content-md5;content-type;date;host;x-cos-acl;x-cos-grant-read",
            parameters: "", signature: "3b8851a11a569213c17ba8fa7dcf2abec6935172"),
        Vector(
            method: .GET,
            uri:
                "/exampleobject(%E8%85%BE%E8%AE%AF%E4%BA%91)?response-content-type=application%2Foctet-stream"
                + "&response-cache-control=max-age%3D600",
            headers: [
                ("date", "Thu, 16 May 2019 06:55:53 GMT"),
                ("host", "examplebucket-1250000000.cos.ap-beijing.myqcloud.com"),
            ], times: "1557989753;1557996953", names: "date;host",
            parameters: "response-cache-control;response-content-type",
            signature: "01681b8c9d798a678e43b685a9f1bba0f6c0e012"),
        Vector(
            id: "QmFzZTY0IGlzIGEgZ2VuZXJp", key: "AKIDZfbOA78asKUYBcXFrJD0a1ICvR98JM", method: .PUT,
            uri: "/testfile2",
            headers: [
                ("host", "testbucket-125000000.cos.ap-guangzhou.myqcloud.com"),
                ("x-cos-content-sha1", "db8ac1c259eb89d4a131b253bacfca5f319d54f2"),
                ("x-cos-stroage-class", "nearline"),
            ], times: "1480932292;1481012292", names: "host;x-cos-content-sha1;x-cos-stroage-class",
            parameters: "", signature: "ce4ac0ecbcdb30538b3fee0a97cc6389694ce53a"),
        Vector(
            method: .PUT,
            uri: "/dir/%E4%B8%8A%E4%BC%A0%20a%2Bb~%281%29.bin?partNumber=1&uploadId=\(uploadID)",
            headers: [
                ("content-length", "1048576"), ("content-md5", contentMD5),
                ("host", "examplebucket-1250000000.cos.ap-beijing.myqcloud.com"),
            ], times: "1557989151;1557996351", names: "content-length;content-md5;host",
            parameters: "partnumber;uploadid", signature: "bce8e67db54cbaf62f6ed0eaa395bde437d1e755"),
    ]

    @Test("the published examples are taken, and not with one thing changed", arguments: vectors.indices)
    func published(index: Int) throws {
        let vector = Self.vectors[index]
        let authorization = XMLAuthorization(
            credentials: try Credentials(secretID: vector.id, secretKey: vector.key), limits: EmulatorLimits()
        )
        let start = try #require(Int64(vector.times.prefix(10)))
        let end = try #require(Int64(vector.times.suffix(10)))
        func code(
            method: HTTPMethod? = nil, uri: String? = nil, now: Int64? = nil,
            change: (inout HTTPHeaders) -> Void = { _ in }
        ) -> String? {
            var headers = HTTPHeaders(vector.headers)
            headers.add(
                name: "Authorization",
                value:
                    "q-sign-algorithm=sha1&q-ak=\(vector.id)&q-sign-time=\(vector.times)&q-key-time=\(vector.times)"
                    + "&q-header-list=\(vector.names)&q-url-param-list=\(vector.parameters)"
                    + "&q-signature=\(vector.signature)")
            change(&headers)
            let head = HTTPRequestHead(
                version: .http1_1, method: method ?? vector.method, uri: uri ?? vector.uri, headers: headers)
            do {
                try authorization.check(head, try XMLRequestTarget(head, .cos), now: now ?? start)
                return nil
            } catch { return error.code }
        }
        #expect(code() == nil)
        #expect(code(now: end - 1) == nil)
        #expect(code(now: end) == "RequestTimeTooSkewed")
        #expect(code(now: start - 900) == nil)
        #expect(code(now: start - 901) == "RequestTimeTooSkewed")
        #expect(code(method: .POST) == "SignatureDoesNotMatch")
        #expect(code(uri: "/x" + vector.uri) == "SignatureDoesNotMatch")
        for (name, value) in vector.headers {
            #expect(code { $0.replaceOrAdd(name: name, value: value + "1") } != nil)
            #expect(code { $0.remove(name: name) } != nil)
            if name != "host" {
                #expect(code { $0.add(name: name, value: value) } == "SignatureDoesNotMatch")
            }
        }
        // The service ignores an unsigned parameter; a signed one must be unchanged.
        if vector.uri.contains("?") {
            #expect(code(uri: vector.uri + "0") == "SignatureDoesNotMatch")
            #expect(code(uri: vector.uri + "&more=1") == nil)
        }
    }

    @Test(
        "a signature that is none is refused with the code that says why",
        arguments: [
            ("", "AccessDenied"), ("x", "AccessDenied"), ("sign", "AccessDenied"),
            ("q-sign-algorithm=md5&", "AccessDenied"), ("q-ak=other&", "AccessDenied"),
        ])
    func malformed(text: String, code: String) async throws {
        try await TestService.run { (service) async throws in
            var client = XMLClient(service)
            client.change = { text.isEmpty ? "" : text + $0 }
            #expect(try client.send("GET", "/a").code == code)
        }
    }

    @Test("another pair, other times and another host are told apart; the host's port may be signed or not")
    func pairs() async throws {
        try await TestService.run { (service) async throws in
            func code(_ change: (inout XMLClient) -> Void) throws -> String {
                var client = XMLClient(service)
                change(&client)
                return try client.send("GET", "/a", query: [("uploadId", "x y")]).code
            }
            let now = TestService.now
            #expect(try code { _ in } == "NoSuchUpload")
            #expect(try code { $0.signsInQuery = true } == "NoSuchUpload")
            #expect(try code { $0.key = "OTHER" } == "SignatureDoesNotMatch")
            #expect(try code { $0.id = "AKIDOTHER" } == "InvalidAccessKeyId")
            #expect(try code { $0.times = "\(now - 5);\(now)" } == "RequestTimeTooSkewed")
            #expect(try code { $0.times = "\(now - 5);\(now + 1)" } == "NoSuchUpload")
            #expect(try code { $0.times = "\(now + 901);\(now + 1_000)" } == "RequestTimeTooSkewed")
            #expect(try code { $0.times = "\(now + 1_000)" } == "AccessDenied")
            #expect(try code { $0.signedHost = "other" } == "SignatureDoesNotMatch")
            for signed in ["xy2-1251668577.localhost", "xy2-1251668577.localhost:\(service.port)"] {
                #expect(
                    try code {
                        $0.host = "xy2-1251668577.localhost:\(service.port)"
                        $0.signedHost = signed
                    } == "NoSuchUpload")
            }
            #expect(
                try code {
                    $0.host = "xy2-1251668577.localhost:\(service.port)"
                    $0.signedHost = "xy2-1251668577.localhost:1"
                } == "SignatureDoesNotMatch")
        }
    }

    @Test("a temporary pair's token must come with it")
    func token() async throws {
        let pair = try Credentials(secretID: "AKIDTMP", secretKey: "KEY", sessionToken: "TOKEN")
        try await TestService.run(.test { $0.credentials = pair }) { (service) async throws in
            var client = XMLClient(service)
            client.id = "AKIDTMP"
            client.key = "KEY"
            #expect(try client.send("GET", "/a").code == "InvalidToken")
            #expect(
                try client.send("GET", "/a", headers: [("x-cos-security-token", "OTHER")]).code
                    == "InvalidToken")
            #expect(
                try client.send("GET", "/a", headers: [("x-cos-security-token", "TOKEN")]).code == "NoSuchKey"
            )
        }
    }

    @Test("changed signatures are refused or still the same, and end nothing", arguments: [1, 2] as [UInt64])
    func mutated(seed: UInt64) async throws {
        var mutator = Mutator(seed: seed)
        try await TestService.run { (service) async throws in
            var client = XMLClient(service)
            var sent = ""
            client.change = {
                sent = $0
                return $0
            }
            _ = client.request("GET", "/a")
            let authorization = XMLAuthorization(credentials: .published, limits: EmulatorLimits())
            for _ in 0..<1_500 {
                let changed = String(decoding: mutator.changed(Array(sent.utf8)), as: UTF8.self)
                let head = HTTPRequestHead(
                    version: .http1_1, method: .GET, uri: "/a",
                    headers: ["Host": client.host, "Authorization": changed])
                let target = try XMLRequestTarget(head, .cos)
                let isTaken = (try? authorization.check(head, target, now: TestService.now)) != nil
                // Only equivalent fields may be accepted: in another order, or with an unknown field added.
                #expect(!isTaken || changed.contains(sent.suffix(40)))
            }
        }
    }
}
