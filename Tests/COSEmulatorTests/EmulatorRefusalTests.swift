import COSEmulator
import Foundation
import PlanCore
import Testing

@Suite("Emulator: what it refuses")
struct EmulatorRefusalTests {
    static let initFields: [(String, String)] = [
        ("op", "upload_slice_init"), ("sha", "7f24f7278b3693cf9fe1fd4eb48eb51532e587d0"),
        ("slice_size", "1048576"), ("filesize", "2621440"), ("uploadparts", EmulatorUploadTests.vector1M),
    ]

    /// The init of the pattern file with some fields changed, or removed where the value is nil.
    static func fields(_ changes: [String: String?]) -> [(String, String)] {
        initFields.compactMap { name, value in
            guard let change = changes[name] else { return (name, value) }
            return change.map { (name, $0) }
        }
            + changes.compactMap { name, value in
                initFields.contains { $0.0 == name } ? nil : value.map { (name, $0) }
            }
    }

    // MARK: Signature

    struct SignatureCase: Sendable, CustomTestStringConvertible {
        let what: String
        let message: String?
        let code: Int
        let change: @Sendable (inout TestSigner) -> Void

        var testDescription: String { what }

        init(
            _ what: String, _ code: Int = 0, _ message: String? = nil,
            _ change: @escaping @Sendable (inout TestSigner) -> Void
        ) {
            self.what = what
            self.code = code
            self.message = message
            self.change = change
        }
    }

    static let now = TestService.now
    static let signatureCases: [SignatureCase] = [
        SignatureCase("as it should be") { _ in },
        SignatureCase("in the other SDKs' order") { $0.order = "abketrf" },
        SignatureCase("in any order") { $0.order = "frbteka" },
        SignatureCase("f empty") { $0.fileID = "" },
        SignatureCase("f a prefix") { $0.fileID = "/1251668577/xy2/di" },
        SignatureCase("f another object", -9102, "f does not cover") { $0.fileID = "/1251668577/xy2/dir/b" },
        SignatureCase("f longer than the path", -9102, "f does not cover") { $0.fileID += "x" },
        SignatureCase("another appid", -9103, "a is not the appid") { $0.appID = "1251668578" },
        SignatureCase("another secret id", -9104, "k is not") { $0.id = "AKIDOTHER" },
        SignatureCase("another key", -9102, "HMAC") { $0.key = "OTHER" },
        SignatureCase("another bucket", -9102, "b is not the bucket") { $0.bucket = "xy3" },
        SignatureCase("expires now", -96, "or passed") { $0.expiry = now },
        SignatureCase("expires in a second") { $0.expiry = now + 1 },
        SignatureCase("expires before it begins", -96, "e is not between") { $0.time = now + 301 },
        SignatureCase("valid for 90 days") { $0.expiry = now + 7_776_000 },
        SignatureCase("valid for 90 days and a second", -96, "after t") { $0.expiry = now + 7_776_001 },
        SignatureCase("from a clock 900 s ahead") {
            $0.time = now + 900
            $0.expiry = now + 1200
        },
        SignatureCase("from a clock 901 s ahead", -96, "901 seconds ahead") {
            $0.time = now + 901
            $0.expiry = now + 1200
        },
        SignatureCase("for one use", -9102, "e is 0") { $0.expiry = 0 },
        SignatureCase("without r", -9102, "does not read") { $0.order = "aketfb" },
        SignatureCase("with e twice", -9102, "does not read") { $0.order = "aketrfbe" },
        SignatureCase("r of eleven digits", -9102, "does not read") { $0.nonce = "12345678901" },
    ]

    @Test("a signature", arguments: signatureCases)
    func signature(example: SignatureCase) async throws {
        try await TestService.run { (service) async throws in
            var signer = TestSigner(fileID: "/1251668577/xy2/dir/a")
            example.change(&signer)
            let fields = Self.initFields.map { ($0.0, Array($0.1.utf8)) }
            for shape in [FormShape.page, .js] {
                let answer = try service.post(
                    "/dir/a", fields, shape: shape, signature: signer.text)
                if example.code == 0 {
                    #expect(answer.code == 0 || answer.code == -4019, "\(answer.message)")
                } else {
                    #expect(answer.code == example.code, "\(answer.message)")
                    #expect(answer.status == 400)
                    #expect(answer.says(example.message ?? ""), "\(answer.message)")
                }
                #expect(!answer.message.contains(signer.text) && !answer.message.contains(signer.key))
            }
        }
    }

    @Test("a request without a signature, or with one that is none, is refused before its form is looked at")
    func unsigned() async throws {
        try await TestService.run { (service) async throws in
            let fields: [(String, [UInt8])] = [("op", Array("upload_slice_init".utf8)), ("sha", [1, 2])]
            let empty = try service.post("/a", fields, signature: "")
            #expect(empty.code == -9105 && empty.message.contains("ERROR_PROXY_AUTH_SIGN_EMPTY"))
            let garbage = try service.post("/a", fields, signature: "!!!!")
            #expect(garbage.code == -9102 && garbage.message.contains("ERROR_PROXY_AUTH_FAILED"))
            let formless = try service.post("/a", [("sha", [1])] as [(String, [UInt8])], signature: "")
            #expect(formless.code == -9105)
        }
    }

    @Test(
        "f may be encoded as any SDK does it",
        arguments: ["/~(1)!.bin", "/%7E%281%29!.bin", "/~%281%29%21.bin"])
    func spelling(path: String) async throws {
        try await TestService.run { (service) async throws in
            let signature = TestSigner(fileID: "/1251668577/xy2\(path)").text
            let head =
                "GET /files/v2/1251668577/xy2\(path)?op=stat HTTP/1.1\r\nHost: a\r\nAuthorization: "
                + "\(signature)\r\n\r\n"
            #expect(try service.answer(to: Array(head.utf8)).code == -166)
        }
    }

    @Test("delete takes a signature for one use, for this object, once")
    func delete() async throws {
        try await TestService.run { (service) async throws in
            #expect(try service.upload("/a", [1, 2, 3]).code == 0)
            func delete(_ signer: TestSigner) throws -> TestService.Answer {
                let body = "{\"op\":\"delete\"}"
                let head =
                    "POST /files/v2/1251668577/xy2/a HTTP/1.1\r\nHost: a\r\nAuthorization: \(signer.text)\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                return try service.answer(to: Array((head + body).utf8))
            }
            var signer = TestSigner(fileID: "/1251668577/xy2/a")
            #expect(try delete(signer).message.contains("e is 0 for delete"))
            signer.expiry = 0
            signer.fileID = "/1251668577/xy2/"
            #expect(try delete(signer).code == -9102)
            signer.fileID = "/1251668577/xy2/a"
            #expect(try delete(signer).code == 0)
            #expect(try service.stat("/a").status == 404)
            #expect(try delete(signer).message.contains("used before"))
            signer.nonce = "2"
            #expect(try delete(signer).status == 404)
        }
    }

    // MARK: Form

    @Test(
        "an init",
        arguments: [
            ([:], 0, ""),
            (["insertOnly": "0"], 0, ""), (["insertOnly": "1"], 0, ""),
            (["insertOnly": "2"], -179, "neither 0"),
            (["insertOnly": ""], -179, ""), (["insertonly": "1"], -9200, "is written 'insertOnly'"),
            (["biz_attr": "x"], 0, ""), (["unknown": "x"], 0, ""),
            (["sha": nil], -9200, "uploadparts without sha"), (["sha": nil, "uploadparts": nil], 0, ""),
            (["uploadparts": nil], 0, ""),
            (["sha": "7F24F7278B3693CF9FE1FD4EB48EB51532E587D0"], -168, "not 40 lower-case hex"),
            (["sha": "7f24"], -168, ""), (["sha": ""], -168, ""),
            (["sha": "da39a3ee5e6b4b0d3255bfef95601890afd80709"], -9200, "last datasha is not sha"),
            (["slice_size": nil], -9200, "slice_size lacks"), (["slice_size": "524288"], 0, ""),
            (["slice_size": "2097152"], 0, ""), (["slice_size": "3145728"], 0, ""),
            (["slice_size": "1048575"], -9200, "is not one of"),
            (["slice_size": "01048576"], -9200, "no whole number"),
            (["slice_size": "+1048576"], -9200, "no whole number"),
            (["filesize": nil], -9200, "filesize lacks"),
            (["filesize": "0"], -9200, "filesize is 0"), (["filesize": "-1"], -9200, "no whole number"),
            (["filesize": "2621441"], -9200, "cover 2621440 bytes of a file of 2621441"),
            (["filesize": "2621439"], -9200, "cover 2621440"),
            (["filesize": "99999999999999999999"], -9200, "no whole number"),
            (["filesize": "9223372036854775807", "uploadparts": nil], -9200, "more than 1048576 slices"),
            (["op": "upload_slice_begin"], -9106, "ERROR_CGI_PARAM_MISSING_OP"),
            (["op": nil], -9106, "op lacks"),
        ] as [([String: String?], Int, String)])
    func initForm(changes: [String: String?], code: Int, words: String) async throws {
        try await TestService.run { (service) async throws in
            for shape in [FormShape.page, .python] {
                let answer = try service.post("/\(shape)", Self.fields(changes), shape: shape)
                #expect(answer.code == code, "\(answer.message)")
                #expect(answer.status == (code == 0 ? 200 : 400))
                #expect(answer.says(words), "\(answer.message)")
            }
        }
    }

    static let shaA = String(repeating: "a", count: 40)

    @Test(
        "uploadparts",
        arguments: [
            ("[]", "is empty"), ("", "not the JSON"), ("{}", "not the JSON"), ("[1]", "not the JSON"),
            (#"[{"offset":0,"datalen":100}]"#, "lacks"), (#"[{}]"#, "not the JSON"),
            (#"[{"offset":0,"datalen":100,"datasha":"\#(shaA)"}"#, "not the JSON"),
            (#"[{"offset":0,"datalen":100,"datasha":"\#(shaA)"}] x"#, "not the JSON"),
            (#"[{"offset":0,"datalen":100,"datasha":"\#(shaA)"},]"#, "not the JSON"),
            (#"[{"offset":0,"datalen":100,"datasha":"\#(shaA.uppercased())"}]"#, "40 lower-case"),
            (#"[{"offset":0,"datalen":100,"datasha":7}]"#, "not the JSON"),
            (#"[{"offset":"0","datalen":100,"datasha":"\#(shaA)"}]"#, "not the JSON"),
            (#"[{"offset":0.0,"datalen":100,"datasha":"\#(shaA)"}]"#, "not the JSON"),
            (#"[{"offset":0,"offset":0,"datalen":100,"datasha":"\#(shaA)"}]"#, "has the key 'offset'"),
            (#"[{"offset":0,"datalen":100,"datasha":"\#(shaA)","sha1":""}]"#, "has the key 'sha1'"),
            (#"[{"offset":1,"datalen":99,"datasha":"\#(shaA)"}]"#, "is at offset 1"),
            (#"[{"offset":0,"datalen":0,"datasha":"\#(shaA)"}]"#, "has 0 bytes"),
            (#"[{"offset":0,"datalen":99,"datasha":"\#(shaA)"}]"#, "cover 99 bytes"),
            (
                #"[{"offset":0,"datalen":64,"datasha":"\#(shaA)"},{"offset":65,"datalen":35,"datasha":"\#(shaA)"}]"#,
                "is at offset 65"
            ),
            (
                #"[{"offset":0,"datalen":50,"datasha":"\#(shaA)"},{"offset":50,"datalen":50,"datasha":"\#(shaA)"}]"#,
                "no multiple of 64"
            ),
            (
                #"[{"offset":0,"datalen":36,"datasha":"\#(shaA)"},{"offset":36,"datalen":64,"datasha":"\#(shaA)"}]"#,
                "has 64 bytes"
            ),
            (#" [ { "datasha" : "\#(shaA)" , "datalen":100 , "off\u0073et" : 0 } ] "#, ""),
            (
                #"[{"offset":0,"datalen":64,"datasha":"\#(shaA)"},{"offset":64,"datalen":36,"datasha":"\#(shaA)"}]"#,
                ""
            ),
        ])
    func uploadParts(text: String, words: String) async throws {
        try await TestService.run { (service) async throws in
            let answer = try service.post(
                "/a", Self.fields(["sha": Self.shaA, "filesize": "100", "uploadparts": text]))
            #expect((answer.code == 0) == words.isEmpty, "\(answer.message)")
            #expect(answer.says(words), "\(answer.message)")
        }
    }

    @Test("a form with a field twice, a wrong Content-Length, or no end is refused; the connection lives on")
    func malformed() async throws {
        try await TestService.run { (service) async throws in
            let good = String(
                decoding: service.request("/a", [("op", Array("upload_slice_list".utf8))]), as: UTF8.self)
            #expect(try service.answer(to: Array(good.utf8)).status == 404)
            let client = try RawClient(port: service.port)
            for (from, to, words) in [
                ("Content-Length: 17", "Content-Length: 18", "declares 18 bytes and has 17"),
                ("name=\"op\"", "nome=\"op\"", "not of the form"),
                ("\r\nupload_slice_list", "\r\nupload_slice_lost", "ERROR_CGI_PARAM_MISSING_OP"),
                (
                    "--9fd48fba-1ea2-4789-8e6e-64c40c243480--", "--9fd48fba-1ea2-4789-8e6e-64c40c243480-+",
                    "delimiter"
                ),
                ("0c243480--\r\n", "0c24348-\r\n--", "last delimiter"),
            ] {
                let bad = good.replacingOccurrences(of: from, with: to)
                try client.send(bad)
                let answer = try TestService.answer(client.reply())
                #expect(answer.status == 400 && answer.says(words), "\(answer.message)")
            }
            let twice = try service.post("/a", [("op", "upload_slice_list"), ("op", "upload_slice_list")])
            #expect(twice.message.contains("there twice"), "\(twice.message)")
        }
    }

    @Test("a slice")
    func slices() async throws {
        try await TestService.run { (service) async throws in
            let bytes = TestFile.pattern(2_621_440)
            let session = try service.begin("/a", bytes).text("session")
            let slice = bytes[..<1_048_576]
            func refused(_ answer: TestService.Answer, _ code: Int, _ words: String) {
                #expect(answer.code == code && answer.says(words), "\(answer.message)")
            }
            refused(try service.slice("/a", "none", 0, slice), -166, "no session")
            refused(try service.slice("/b", session, 0, slice), -166, "no session")
            refused(try service.slice("/a", session, 1, slice), -9200, "offset 1 is no multiple")
            refused(try service.slice("/a", session, 3_145_728, slice), -9200, "offset 3145728")
            refused(try service.slice("/a", session, 0, slice.dropLast()), -9200, "has 1048575 bytes")
            refused(try service.slice("/a", session, 0, bytes[...1_048_576]), -9200, "longer than 1048576")
            refused(try service.slice("/a", session, 2_097_152, slice), -9200, "longer than 524288")
            refused(
                try service.slice("/a", session, 0, slice, extra: [("datamd5", TestFile.md5([]))]), -9200,
                "is not the MD5")
            refused(
                try service.slice("/a", session, 0, slice, extra: [("sha", Self.shaA)]), -174,
                "data names aaaa")
            refused(
                try service.post("/a", [("op", "upload_slice_data"), ("session", session), ("offset", "0")]),
                -9200,
                "filecontent lacks")
            refused(
                try service.post(
                    "/a", [("op", "upload_slice_data"), ("session", session), ("filecontent", "x")]), -9200,
                "offset lacks")
            #expect(try service.list("/a").listed == [])
            #expect(
                try service.slice("/a", session, 0, slice, extra: [("sha", TestFile.sha1(bytes))]).code == 0)
        }
    }

    @Test("finish")
    func finish() async throws {
        try await TestService.run { (service) async throws in
            let bytes = TestFile.pattern(2_621_440)
            let sha = TestFile.sha1(bytes)
            let session = try service.begin("/a", bytes).text("session")
            func finish(_ changes: [String: String?]) throws -> Int {
                let fields = [
                    ("op", "upload_slice_finish"), ("session", session), ("filesize", "2621440"),
                    ("sha", sha),
                ].compactMap { name, value in (changes[name] ?? value).map { (name, $0) } }
                return try service.post("/a", fields).code
            }
            #expect(try finish([:]) == -175)
            for offset in [0, 2_097_152] {
                let slice = bytes[offset..<min(offset + 1_048_576, bytes.count)]
                #expect(try service.slice("/a", session, offset, slice).code == 0)
            }
            #expect(try finish([:]) == -175)
            #expect(try service.slice("/a", session, 1_048_576, bytes[1_048_576..<2_097_152]).code == 0)
            #expect(try finish(["sha": nil]) == -29094)
            #expect(try finish(["sha": Self.shaA]) == -174)
            #expect(try finish(["sha": "x"]) == -168)
            #expect(try finish(["filesize": "2621441"]) == -175)
            #expect(try finish(["session": "x"]) == -166)
            #expect(try service.stat("/a").status == 404)
            #expect(try finish([:]) == 0)
            #expect(try finish([:]) == -166)
        }
    }

    // MARK: What is there already

    @Test("list: 404 with JSON, then the slices, then the URLs; from a form or from JSON")
    func list() async throws {
        try await TestService.run { (service) async throws in
            let bytes = TestFile.pattern(2_621_440)
            let absent = try service.list("/a")
            #expect(absent.status == 404 && absent.code == -166)
            let session = try service.begin("/a", bytes).text("session")
            #expect(try service.slice("/a", session, 1_048_576, bytes[1_048_576..<2_097_152]).code == 0)
            let body = "{\"op\":\"upload_slice_list\"}"
            let json = try service.answer(
                to: Array(
                    ("POST /files/v2/1251668577/xy2/a HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                        + "Authorization: \(TestService.signature("/a"))\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                        + body).utf8))
            for answer in [try service.list("/a"), json] {
                #expect(answer.code == 0 && answer.text("session") == session)
                #expect(answer.number("filesize") == 2_621_440 && answer.number("slice_size") == 1_048_576)
                #expect(answer.text("sha") == TestFile.sha1(bytes))
                #expect(answer.listed == [[1_048_576, 1_048_576]])
            }
            for offset in [0, 2_097_152] {
                let slice = bytes[offset..<min(offset + 1_048_576, bytes.count)]
                #expect(try service.slice("/a", session, offset, slice).code == 0)
            }
            #expect(try service.finish("/a", session, bytes).code == 0)
            let complete = try service.list("/a")
            #expect(complete.code == 0 && complete.data["session"] == nil)
            #expect(complete.text("source_url") == "http://xy2-1251668577.cosgz.myqcloud.com/a")
        }
    }

    @Test("-177 comes before -4019, and -4019 before instant upload")
    func order() async throws {
        try await TestService.run { (service) async throws in
            let first = TestFile.random(600_000, seed: 1)
            let second = TestFile.random(600_000, seed: 2)
            #expect(try service.upload("/a", first).code == 0)
            #expect(try service.begin("/a", second).code == -177)
            #expect(try service.begin("/a", second, insertOnly: "1").code == -177)
            #expect(try service.begin("/a", second, insertOnly: "0").code == 0)
            #expect(try service.begin("/a", second).code == -177)
            #expect(try service.begin("/a", first, insertOnly: "0").code == -4019)
            #expect(try service.begin("/b", first).data["session"] == nil)
            let simple: [(String, String)] = [("op", "upload"), ("filecontent", "x")]
            #expect(try service.post("/a", simple).code == -177)
            #expect(try service.post("/a", simple + [("insertOnly", "0")]).code == 0)
        }
    }

    @Test("an upload that another overtook ends in -177, one that may overwrite replaces it")
    func overtaken() async throws {
        try await TestService.run { (service) async throws in
            let bytes = TestFile.random(600_000, seed: 3)
            for (key, flag, code) in [("/a", "1", -177), ("/b", "0", 0)] {
                let session = try service.begin(key, bytes, insertOnly: flag).text("session")
                #expect(try service.slice(key, session, 0, bytes).code == 0)
                #expect(try service.post(key, [("op", "upload"), ("filecontent", "x")]).code == 0)
                #expect(try service.finish(key, session, bytes).code == code)
                #expect(try service.stat(key).number("filelen") == (code == 0 ? 600_000 : 1))
            }
        }
    }

    @Test("/a beside /a/b is -178, in both directions and at every depth")
    func pathConflict() async throws {
        try await TestService.run { (service) async throws in
            let bytes = [UInt8](repeating: 1, count: 100)
            #expect(try service.upload("/a", bytes).code == 0)
            #expect(try service.upload("/d/e/f", bytes + bytes).code == 0)
            let other = TestFile.random(300, seed: 1)
            for key in ["/a/b", "/a/b/c", "/d", "/d/e", "/d/e/f/g"] {
                #expect(try service.begin(key, other).code == -178, "\(key)")
            }
            for key in ["/ab", "/d/ef", "/d/e/fg"] {
                #expect(try service.begin(key, other).code == 0, "\(key)")
            }
        }
    }

    // MARK: Path

    @Test(
        "a bad path is -180",
        arguments: [
            "/", "", "/a/", "/a//b", "//a", "/.", "/..", "/a/../b", "/a/./b", "/%2e%2e/x", "/a%2F..%2Fb",
            "/a%00b",
            "/a%0Ab", "/a%zzb", "/a%2", "/%ff%fe", "/a%3Fb", "/a*b", "/a%5Cb",
            "/" + String(repeating: "x", count: 256), "/a/" + String(repeating: "%E4%B8%8A", count: 86),
            String(repeating: "/x", count: 2048) + "x",
        ])
    func badPath(path: String) async throws {
        try await TestService.run { (service) async throws in
            let head =
                "GET /files/v2/1251668577/xy2\(path)?op=stat HTTP/1.1\r\nHost: a\r\nAuthorization: "
                + "\(TestSigner().text)\r\n\r\n"
            let answer = try service.answer(to: Array(head.utf8))
            #expect(answer.code == -180 && answer.status == 400, "\(answer.code) \(answer.message)")
        }
    }

    @Test(
        "an odd path is decoded once",
        arguments: [
            ("/%252e%252e/x", "/%2e%2e/x"), ("/a%2Fb", "/a/b"), ("/...", "/..."), ("/a+b", "/a+b"),
            ("/%61", "/a"),
            ("/" + String(repeating: "x", count: 255), "/" + String(repeating: "x", count: 255)),
            (String(repeating: "/x", count: 2048), String(repeating: "/x", count: 2048)),
        ])
    func oddPath(path: String, key: String) async throws {
        try await TestService.run { (service) async throws in
            #expect(try service.upload(key, [1]).code == 0)
            let head =
                "GET /files/v2/1251668577/xy2\(path)?op=stat HTTP/1.1\r\nHost: a\r\nAuthorization: "
                + "\(TestSigner().text)\r\n\r\n"
            #expect(try service.answer(to: Array(head.utf8)).code == 0)
        }
    }

    @Test("a malformed bucket or appid gets XML, another path HTML")
    func malformedBucket() async throws {
        try await TestService.run { (service) async throws in
            for (path, status, words) in [
                ("/files/v2/1251668577/-xy/a", 400, "<Code>InvalidBucketName</Code>"),
                ("/files/v2/1251668577/x%2Fy/a", 400, "<Code>"), ("/files/v2/01/xy2/a", 400, "<Code>"),
                ("/files/v2/x/xy2/a", 400, "<Code>"), ("/files/v2/", 400, "<Code>"),
                ("/files/v1/1/a/b", 404, "<html>"),
                ("/", 404, "<html>"),
            ] {
                let client = try RawClient(port: service.port)
                try client.send("GET \(path)?op=stat HTTP/1.1\r\nHost: a\r\n\r\n")
                let reply = try client.reply()
                #expect(reply.status == status && reply.text.contains(words), "\(path) \(reply.text)")
            }
        }
    }
}
