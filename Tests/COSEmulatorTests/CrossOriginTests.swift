import NIOHTTP1
import Testing

@testable import COSEmulator

@Suite("Emulator: web pages")
struct CrossOriginTests {
    @Test(
        "pages of this machine may, others may not",
        arguments: [
            ("http://localhost", true), ("http://localhost:8080", true), ("https://LOCALHOST:1", true),
            ("http://127.0.0.1:3000", true), ("http://127.9.8.7", true), ("http://[::1]:80", true),
            ("http://app.localhost:80", true), ("http://allowed.example:8080", true),
            ("http://allowed.example", false), ("https://allowed.example:8080", false),
            ("null", false), ("", false), ("*", false), ("http://evil.example", false),
            ("http://localhost.evil.example", false), ("http://evil.example#localhost", false),
            ("http://127.0.0.1.evil.example", false), ("http://127.0.0.256", false), ("http://127.1", false),
            ("http://128.0.0.1", false), ("http://notlocalhost", false), ("file://localhost", false),
            ("http://localhost:80:80", false), ("http://localhost:x", false), ("http://localhost/", false),
            ("http://user@localhost", false), ("http://[::1", false), ("http://[::2]", false),
            ("http://", false),
        ])
    func verdicts(origin: String, isAllowed: Bool) {
        let crossOrigin = CrossOrigin(allowed: ["http://Allowed.example:8080"])
        #expect(
            crossOrigin.verdict(["Origin": origin])
                == (isAllowed ? .allowed(origin: origin) : .refused(origin: origin)))
        #expect(crossOrigin.verdict([:]) == .noPage)
        // A browser never sends two origins.
        #expect(
            crossOrigin.verdict(["Origin": "http://localhost", "origin": "http://localhost"])
                == .refused(origin: "http://localhost"))
    }

    @Test("OPTIONS tells a page of this machine what it may send, and no page gets a *")
    func preflight() async throws {
        try await TestService.run { (service) async throws in
            let client = try RawClient(port: service.port)
            try client.send(
                "OPTIONS /files/v2/1251668577/xy2/a HTTP/1.1\r\nHost: a\r\nOrigin: http://localhost:8000\r\n"
                    + "Access-Control-Request-Method: PUT\r\n"
                    + "Access-Control-Request-Headers: authorization, x-cos-meta-a,bad name\r\n"
                    + "Access-Control-Request-Private-Network: true\r\n\r\n")
            let reply = try client.reply()
            #expect(reply.status == 200)
            #expect(reply.headers["access-control-allow-origin"] == "http://localhost:8000")
            #expect(reply.headers["access-control-allow-headers"] == "authorization, x-cos-meta-a")
            #expect(reply.headers["access-control-allow-methods"] == "GET, HEAD, POST, PUT, DELETE")
            #expect(reply.headers["access-control-allow-private-network"] == "true")
            #expect(reply.headers["vary"] == "Origin")
            try client.send("OPTIONS /x HTTP/1.1\r\nHost: a\r\n\r\n")
            let plain = try client.reply()
            #expect(plain.status == 200 && plain.headers["access-control-allow-origin"] == nil)
        }
    }

    @Test(
        "a page from elsewhere is refused before anything is done, also with a request browsers send unasked")
    func refused() async throws {
        let configuration = EmulatorConfiguration.test { $0.allowedOrigins = ["http://allowed.example"] }
        try await TestService.run(configuration) { (service) async throws in
            let client = try RawClient(port: service.port)
            for (origin, status) in [("http://evil.example", 403), ("http://allowed.example", 200)] {
                try client.send(
                    service.request(
                        "/a",
                        [("op", Array("upload".utf8)), ("filecontent", TestFile.random(100_000, seed: 1))],
                        shape: .js, extra: "Origin: \(origin)\r\n"))
                let reply = try client.reply()
                #expect(reply.status == status, "\(reply.text)")
                #expect(reply.headers["access-control-allow-origin"] == (status == 200 ? origin : nil))
                if status == 403 {
                    #expect(reply.text.contains("pages of http://evil.example may not use this emulator"))
                    #expect(try service.stat("/a").status == 404)
                }
            }
            #expect(service.emulator.statistics.objectsUploaded == 1)
        }
    }
}
