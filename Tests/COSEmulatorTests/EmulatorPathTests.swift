import Testing

@Suite("Emulator: paths")
struct EmulatorPathTests {
    @Test(
        "a bad path is -180",
        arguments: [
            "/a%2F", "/a//b", "//a", "/.", "/..", "/a/../b", "/a/./b", "/%2e%2e/x", "/a%2F..%2Fb",
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

    @Test("a folder's path is none of an object, and what is done with folders is not emulated")
    func folders() async throws {
        try await TestService.run { (service) async throws in
            for path in ["/", "", "/a/"] {
                let head =
                    "GET /files/v2/1251668577/xy2\(path)?op=stat HTTP/1.1\r\nHost: a\r\nAuthorization: "
                    + "\(TestSigner().text)\r\n\r\n"
                let stat = try service.answer(to: Array(head.utf8))
                #expect(stat.code == -9201 && stat.says("op stat of a folder is not part"), "\(stat.message)")
                let upload = try service.post(path, [("op", "upload"), ("filecontent", "x")])
                #expect(upload.code == -180 && upload.status == 400, "\(upload.code) \(upload.message)")
            }
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
        try await TestService.run(.test { $0.apis = [.json] }) { (service) async throws in
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
