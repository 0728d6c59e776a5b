import Foundation
import Testing

@Suite("Emulator: which forms it refuses")
struct EmulatorFormTests {
    @Test(
        "an init",
        arguments: [
            ([:], 0, ""),
            (["insertOnly": "0"], 0, ""), (["insertOnly": "1"], 0, ""),
            (["insertOnly": "2"], -179, "neither 0"),
            (["insertOnly": ""], 0, ""), (["biz_attr": ""], 0, ""),
            (["insertonly": "1"], -9200, "is written 'insertOnly'"),
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
                let answer = try service.post("/\(shape)", InitForm.fields(changes), shape: shape)
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
            (#"[{"offset":0,"datalen":100}]"#, "lacks"), (#"[{}]"#, "lacks"),
            (#"["x"]"#, "not the JSON"),
            (#"[{"offset":0,"datalen":100,"datasha":"\#(shaA)"}"#, "the text ends"),
            (#"[{"offset":0,"datalen":100,"datasha":{}}]"#, "not the JSON"),
            ("[{\"offset\":\(String(repeating: " ", count: 4_096))0}]", "longer than 4096 bytes"),
            (#"[{"offset":0,"datalen":100,"datasha":"\#(shaA)"}] x"#, "not the JSON"),
            (#"[{"offset":0,"datalen":100,"datasha":"\#(shaA)"},]"#, "not the JSON"),
            (#"[{"offset":0,"datalen":100,"datasha":"\#(shaA.uppercased())"}]"#, "40 lower-case"),
            (#"[{"offset":0,"datalen":100,"datasha":7}]"#, "not the JSON"),
            (#"[{"offset":"0","datalen":100,"datasha":"\#(shaA)"}]"#, "not the JSON"),
            (#"[{"offset":0.0,"datalen":100,"datasha":"\#(shaA)"}]"#, "not the JSON"),
            (#"[{"offset":0,"offset":0,"datalen":100,"datasha":"\#(shaA)"}]"#, "a name for the second time"),
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
                "/a", InitForm.fields(["sha": Self.shaA, "filesize": "100", "uploadparts": text]))
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
            let twice = try service.post("/a", [("op", "upload_slice_list"), ("op", "upload_slice_init")])
            #expect(twice.message.contains("there twice, with different values"), "\(twice.message)")
        }
    }

    @Test(
        "fields, uploadparts and content may come twice with one value, as kits send them when they try again"
    )
    func repeated() async throws {
        try await TestService.run { (service) async throws in
            let bytes = TestFile.pattern(2_621_440)
            for shape in [FormShape.page, .js] {
                let key = "/\(shape)"
                let fields = InitForm.unchanged
                let begun = try service.post(key, fields + fields + fields, shape: shape)
                #expect(begun.code == 0, "\(begun.message)")
                let slice: [(String, [UInt8])] = [
                    ("op", Array("upload_slice_data".utf8)), ("session", Array(begun.text("session").utf8)),
                    ("offset", Array("0".utf8)), ("filecontent", Array(bytes[..<1_048_576])),
                ]
                #expect(try service.post(key, slice + slice + slice, shape: shape).code == 0)
                // The content precedes the fields that identify its slice.
                #expect(try service.post(key, slice.reversed() + slice, shape: shape).code == 0)
                var other = slice
                other[3].1[1_048_575] ^= 1
                #expect(
                    try service.post(key, slice + other, shape: shape).says("'filecontent' is there twice"))
                other[3].1.removeLast()
                #expect(
                    try service.post(key, slice + other, shape: shape).says("'filecontent' is there twice"))
                #expect(try service.post(key, other + slice, shape: shape).code == -9200)
                other = slice
                other[2].1 = Array("1048576".utf8)
                #expect(try service.post(key, slice + other, shape: shape).says("'offset' is there twice"))
                #expect(try service.list(key).listed == [[0, 1_048_576]])
            }
            let parts = InitForm.fields(["uploadparts": nil, "sha": nil])
            let twice = try service.post("/b", InitForm.unchanged + parts + [("uploadparts", "[]")])
            #expect(twice.says("'uploadparts' is there twice"), "\(twice.message)")
        }
    }

    @Test("a simple upload without filecontent is an empty file; a slice without it is refused")
    func emptyFile() async throws {
        try await TestService.run { (service) async throws in
            #expect(try service.post("/a", [("op", "upload")]).code == 0)
            #expect(try service.stat("/a").text("sha") == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
            #expect(try service.post("/b", [("op", "upload"), ("sha", Self.shaA)]).code == -174)
        }
    }

    @Test(
        "an operation of the service that is not emulated says so, whatever its signature and path",
        arguments: ["move", "copy", "update", "create", "list"])
    func notEmulated(op: String) async throws {
        try await TestService.run { (service) async throws in
            var signer = TestSigner()
            signer.expiry = 0
            let body = #"{"custom_headers":{"Cache-Control":"no"},"op":"\#(op)","biz_attr":""}"#
            for (path, signature) in [("/a", signer.text), ("/a/", TestSigner().text), ("/a", "none")] {
                let head =
                    "POST /files/v2/1251668577/xy2\(path) HTTP/1.1\r\nHost: a\r\nAuthorization: \(signature)\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
                let answers = [
                    try service.answer(to: Array((head + body).utf8)),
                    try service.post(path, [("op", Array(op.utf8))], signature: signature),
                    try service.answer(
                        to: Array(
                            "GET /files/v2/1251668577/xy2\(path)?op=\(op) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)),
                ]
                for answer in answers {
                    #expect(answer.code == -9201 && answer.status == 400)
                    #expect(answer.says("op \(op) is not part of this emulator"), "\(answer.message)")
                }
            }
        }
    }

    @Test("unknown fields that differ in normal form only are two fields, in a form and in a query")
    func normalForms() async throws {
        try await TestService.run { (service) async throws in
            let form = try service.post(
                "/a", InitForm.unchanged + [("\u{e9}", "1"), ("e\u{301}", "1")], shape: .python)
            #expect(form.code == 0, "\(form.message)")
            let head =
                "GET /files/v2/1251668577/xy2/b?op=stat&%C3%A9=1&e%CC%81=1 HTTP/1.1\r\nHost: a\r\n"
                + "Authorization: \(TestService.signature("/b"))\r\n\r\n"
            #expect(try service.answer(to: Array(head.utf8)).code == -166)
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
}
