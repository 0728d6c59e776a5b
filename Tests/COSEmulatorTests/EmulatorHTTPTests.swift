import COSEmulator
import Foundation
import Glibc
import Testing

@Suite("Emulator: HTTP")
struct EmulatorHTTPTests {
    /// SO_DEBUG requires CAP_NET_ADMIN; its number at the socket level equals that of TCP_NODELAY at the TCP
    /// level.
    @Test("a connection has TCP_NODELAY set and SO_DEBUG not, so that it needs no capability")
    func socketOptions() async throws {
        try await TestService.run { (service) async throws in
            let client = try RawClient(port: service.port)
            try client.send(service.request("/a", [("op", Array("upload_slice_list".utf8))]))
            #expect(try client.reply().status == 404)
            #expect(client.serverOption(SOL_SOCKET, SO_DEBUG) == 0)
            let isSet = try #require(client.serverOption(Int32(IPPROTO_TCP), TCP_NODELAY))
            #expect(isSet != 0)
        }
    }

    @Test("a body that is announced too long gets an answer that the client reads, then the end")
    func tooLong() async throws {
        let configuration = EmulatorConfiguration.test { $0.limits.bodyBytes = 1 << 20 }
        try await TestService.run(configuration) { (service) async throws in
            let client = try RawClient(port: service.port)
            let length = 7 << 20
            try client.send(
                "POST /files/v2/1251668577/xy2/a HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n")
            // Sent in pieces, so that the reply is available long before the end.
            for _ in 0..<7 { try client.send([UInt8](repeating: 0, count: 1 << 20)) }
            let answer = try TestService.answer(client.reply())
            #expect(answer.status == 400)
            #expect(answer.says("the body has \(length) bytes, the limit is 1048576"))
            #expect(answer.headers["connection"] == "close")
            #expect(throws: RawClient.Problem.closed(after: 0)) { try client.reply() }
        }
    }

    @Test("Expect: 100-continue is answered before the body comes")
    func expectContinue() async throws {
        try await TestService.run { (service) async throws in
            let request = service.request(
                "/a", [("op", Array("upload".utf8)), ("filecontent", [1, 2])],
                extra: "Expect: 100-continue\r\n")
            let end = try #require(request.firstRange(of: [13, 10, 13, 10]))
            let client = try RawClient(port: service.port)
            try client.send(Array(request[..<end.upperBound]))
            #expect(try client.reply().status == 100)
            try client.send(Array(request[end.upperBound...]))
            #expect(try TestService.answer(client.reply()).code == 0)
        }
    }

    @Test("a chunked body is taken, cut anywhere")
    func chunked() async throws {
        try await TestService.run { (service) async throws in
            let bytes = TestFile.random(3000, seed: 1)
            let body = FormShape.page.body([("op", Array("upload".utf8)), ("filecontent", bytes)])
            var request = Array(
                ("POST /files/v2/1251668577/xy2/a HTTP/1.1\r\nHost: a\r\nAuthorization: \(TestSigner().text)\r\n"
                    + "Content-Type: \(FormShape.page.contentType)\r\nTransfer-Encoding: chunked\r\n\r\n")
                    .utf8)
            for start in stride(from: 0, to: body.count, by: 7) {
                let piece = body[start..<min(start + 7, body.count)]
                request += Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [13, 10]
            }
            #expect(try service.answer(to: request + Array("0\r\n\r\n".utf8)).code == 0)
            #expect(try service.stat("/a").text("sha") == TestFile.sha1(bytes))
        }
    }

    @Test("a connection carries one request after the other, also sent at once; refused bodies are drained")
    func keepAlive() async throws {
        try await TestService.run { (service) async throws in
            let client = try RawClient(port: service.port)
            let refused = service.request(
                "/a", [("op", Array("upload".utf8)), ("filecontent", TestFile.random(5_000_000, seed: 1))],
                signature: "none")
            let list = service.request("/a", [("op", Array("upload_slice_list".utf8))])
            try client.send(refused + list + list)
            #expect(try TestService.answer(client.reply()).code == -9102)
            for _ in 0..<2 { #expect(try TestService.answer(client.reply()).status == 404) }
            #expect(service.emulator.statistics.connections == 1)
        }
    }

    @Test("HTTP/1.0 and Connection: close end the connection after the reply")
    func close() async throws {
        try await TestService.run { (service) async throws in
            for (version, extra) in [("1.0", ""), ("1.1", "Connection: close\r\n")] {
                let client = try RawClient(port: service.port)
                try client.send("GET /files/v2/1/b/a?op=stat HTTP/\(version)\r\nHost: a\r\n\(extra)\r\n")
                #expect(try client.reply().headers["connection"] == "close")
                #expect(throws: RawClient.Problem.closed(after: 0)) { try client.reply() }
            }
        }
    }

    @Test(
        "what is no HTTP, and a head that is too long, end in 400 or a closed connection, and the next one is served"
    )
    func garbage() async throws {
        try await TestService.run { (service) async throws in
            for garbage in [
                "\u{0}\u{1}\u{2}\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                "GET /" + String(repeating: "x", count: 200_000),
            ] {
                let client = try RawClient(port: service.port)
                try? client.send(garbage)  // It may be refused before it is all sent.
                if let reply = try? client.reply() { #expect(reply.status == 400) }
            }
            #expect(try service.stat("/a").status == 404)
        }
    }

    @Test("a body, a field, a form and a part's head have limits; each is taken at its edge")
    func limits() async throws {
        let configuration = EmulatorConfiguration.test {
            $0.limits.fieldBytes = 100
            $0.limits.formParts = 3
            $0.limits.bodyBytes = 10_000
            $0.limits.partHeadBytes = 200
        }
        try await TestService.run(configuration) { (service) async throws in
            func upload(_ extra: [(String, String)], content: Int = 1) throws -> TestService.Answer {
                try service.post(
                    "/a\(UInt64.random(in: 0...UInt64.max))",
                    [("op", "upload"), ("filecontent", String(repeating: "x", count: content))] + extra)
            }
            #expect(try upload([("biz_attr", String(repeating: "x", count: 100))]).code == 0)
            #expect(
                try upload([("biz_attr", String(repeating: "x", count: 101))]).message.contains(
                    "longer than 100"))
            #expect(try upload([("biz_attr", ""), ("x", "")]).message.contains("more than 3 parts"))
            #expect(try upload([(String(repeating: "n", count: 120), "")]).code == 0)
            #expect(
                try upload([(String(repeating: "n", count: 160), "")]).message.contains("longer than 200"))
            #expect(try upload([], content: 9000).code == 0)
            let tooLong = try upload([], content: 10_000)
            #expect(
                tooLong.message.contains("the limit is 10000") && tooLong.headers["connection"] == "close")
        }
    }

    @Test("unfinished uploads, objects and parts have limits; each is taken at its edge")
    func counts() async throws {
        let configuration = EmulatorConfiguration.test {
            $0.limits.sessions = 2
            $0.limits.objects = 2
            $0.limits.uploadParts = 3
        }
        try await TestService.run(configuration) { (service) async throws in
            let bytes = TestFile.random(1_572_864, seed: 1)
            #expect(try service.begin("/a", bytes, slice: 524_288).code == 0)
            let tooMany = try service.begin("/b", bytes + [1], slice: 524_288)
            #expect(tooMany.message.contains("more than 3 slices"))
            let parts = try service.begin("/b", bytes, slice: 1_048_576, part: 393_216)
            #expect(parts.message.contains("uploadparts has more than 3 entries"))
            #expect(try service.begin("/b", bytes).code == 0)
            #expect(try service.begin("/c", bytes).code == -181)
            for (key, code) in [("/x", 0), ("/y", 0), ("/z", -181)] {
                #expect(try service.post(key, [("op", "upload"), ("filecontent", "")]).code == code)
            }
        }
    }

    @Test(
        "what is remembered of an upload counts: key, attribute, a byte a slice, 21 a part; also at its edge",
        arguments: [(0, 136, 0), (0, 135, -181), (50, 186, 0), (50, 185, -181)])
    func catalogueOfUploads(bizAttr: Int, limit: Int, code: Int) async throws {
        try await TestService.run(.test { $0.limits.catalogueBytes = limit }) { (service) async throws in
            let bytes = TestFile.random(1_572_864, seed: 1)
            func begin(_ key: String, bizAttr: Int) throws -> Int {
                try service.post(
                    key,
                    [
                        ("op", "upload_slice_init"), ("sha", TestFile.sha1(bytes)), ("slice_size", "524288"),
                        ("filesize", "1572864"), ("biz_attr", String(repeating: "x", count: bizAttr)),
                        ("uploadparts", TestFile.uploadParts(bytes, partSize: 524_288)),
                    ]
                ).code
            }
            #expect(try begin("/a", bizAttr: bizAttr) == 0)
            #expect(try begin("/b", bizAttr: 0) == code)
            var signer = TestSigner(fileID: "/1251668577/xy2/a")
            signer.expiry = 0
            let fields: [(String, [UInt8])] = [("op", Array("delete".utf8))]
            #expect(try service.post("/a", fields, signature: signer.text).code == 0)
            #expect(try begin(code == 0 ? "/c" : "/b", bizAttr: 0) == 0)
        }
    }

    @Test(
        "what is remembered of an object counts: its key, the names of its folders and its attribute",
        arguments: [("/x", 98, 100), ("/x", 99, 100), ("/d/e", 94, 100), ("/d/e", 95, 100)])
    func catalogueOfObjects(key: String, bizAttr: Int, limit: Int) async throws {
        let folders = key == "/d/e" ? 2 : 0
        let fits = key.utf8.count + folders + bizAttr <= limit
        try await TestService.run(.test { $0.limits.catalogueBytes = limit }) { (service) async throws in
            for _ in 0..<2 {
                let answer = try service.post(
                    key,
                    [
                        ("op", "upload"), ("filecontent", "x"), ("insertOnly", "0"),
                        ("biz_attr", String(repeating: "x", count: bizAttr)),
                    ])
                #expect(answer.code == (fits ? 0 : -181))
            }
        }
    }

    @Test("in a rehearsal bytes that wait for others are bounded, and the upload still ends")
    func heldBytes() async throws {
        let configuration = EmulatorConfiguration.test {
            $0.limits.heldBytes = 2_200_000
            $0.datashaKind = .part
        }
        try await TestService.run(configuration) { (service) async throws in
            let bytes = TestFile.random(4_194_304, seed: 1)
            let session = try service.begin("/a", bytes, plain: true).text("session")
            func send(_ offset: Int) throws -> Int {
                try service.slice("/a", session, offset, bytes[offset..<offset + 1_048_576]).code
            }
            #expect(try send(3_145_728) == 0)
            #expect(try send(2_097_152) == -181)
            #expect(try service.list("/a").listed == [[3_145_728, 1_048_576]])
            for offset in [0, 1_048_576, 2_097_152] { #expect(try send(offset) == 0) }
            #expect(try service.finish("/a", session, bytes).code == 0)
        }
    }

    @Test("uploadparts that are being received are bounded over all requests, and give their room back")
    func heldUploadParts() async throws {
        // A hundred entries hold 4,000 bytes: three requests have room, a fourth has not.
        let configuration = EmulatorConfiguration.test { $0.limits.heldBytes = 15_000 }
        try await TestService.run(configuration) { (service) async throws in
            let bytes = TestFile.random(6_400, seed: 1)
            let fields = [
                ("op", "upload_slice_init"), ("sha", TestFile.sha1(bytes)), ("slice_size", "1048576"),
                ("filesize", "6400"), ("uploadparts", TestFile.uploadParts(bytes, partSize: 64)),
            ]
            func request(_ key: String) -> [UInt8] {
                service.request(key, fields.map { ($0.0, Array($0.1.utf8)) })
            }
            let waiting = try (0..<3).map { number in
                let client = try RawClient(port: service.port)
                try client.send(Array(request("/\(number)").dropLast()))
                return client
            }
            while service.emulator.statistics.heldBytes < 12_000 {
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(try service.post("/early", fields).code == -181)
            for (number, client) in waiting.enumerated() {
                try client.send(Array(request("/\(number)").suffix(1)))
                #expect(try TestService.answer(client.reply()).code == 0)
            }
            #expect(try service.post("/late", fields).code == 0)
        }
    }

    @Test("a target with scheme and host, as the page writes it, names the same object")
    func absoluteForm() async throws {
        try await TestService.run { (service) async throws in
            for host in ["http://gz.file.myqcloud.com", "https://127.0.0.1:1", ""] {
                let answer = try service.answer(
                    to: Array(
                        ("GET \(host)/files/v2/1251668577/xy2/a?op=stat HTTP/1.1\r\nHost: a\r\nAuthorization: "
                            + "\(TestService.signature("/a"))\r\n\r\n").utf8))
                #expect(answer.code == -166)
            }
        }
    }

    @Test("it listens on 127.0.0.1 only, once, and a port in use is an error that names it")
    func listening() async throws {
        try await TestService.run { (service) async throws in
            #expect(service.emulator.url == "http://127.0.0.1:\(service.port)")
            await #expect(throws: EmulatorError.startedBefore) { try await service.emulator.start() }
            let second = Emulator(.test { $0.port = service.port })
            await #expect {
                try await second.start()
            } throws: {
                "\($0)".hasPrefix("127.0.0.1:\(service.port): cannot listen")
            }
            await second.stop()
            await second.stop()
        }
    }
}
