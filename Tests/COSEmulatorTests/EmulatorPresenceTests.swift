import Testing

@Suite("Emulator: what is there already")
struct EmulatorPresenceTests {
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
}
