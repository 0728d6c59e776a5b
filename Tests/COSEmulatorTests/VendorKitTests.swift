import Foundation
import Testing

/// Complete uploads as the vendor's SDKs send them, request by request.
///
/// **Source**: requests of the SDKs, recorded by running them against an emulator.
@Suite("Emulator: the vendor's kits on the wire")
struct VendorKitTests {
    private let bytes = TestFile.pattern(2_621_440)

    /// The bytes of a request from its line, headers and body.
    private static func request(_ line: String, _ headers: [String], _ body: [UInt8] = []) -> [UInt8] {
        let head =
            ["\(line) HTTP/1.1", "Host: gz.file.myqcloud.com", "Content-Length: \(body.count)"] + headers
        return Array((head.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
    }

    /// A multipart body; the head of each part is given without the empty line.
    private static func form(
        _ boundary: String, _ parts: [(head: String, value: [UInt8])], preamble: String = ""
    ) -> [UInt8] {
        var body = Array(preamble.utf8)
        for part in parts {
            body += Array("--\(boundary)\r\n\(part.head)\r\n\r\n".utf8) + part.value + [13, 10]
        }
        return body + Array("--\(boundary)--\r\n".utf8)
    }

    private static func text(_ name: String, _ value: String) -> (head: String, value: [UInt8]) {
        ("Content-Disposition: form-data; name=\"\(name)\"", Array(value.utf8))
    }

    @Test(
        "C++: uploadparts with sorted members and a line end, r of twenty digits, an empty file without content"
    )
    func cpp() async throws {
        try await TestService.run { (service) async throws in
            let boundary = "------------------------d74496d66958873e"
            let type = "Content-Type: multipart/form-data; boundary=\(boundary)"
            var signer = TestSigner(order: "abketrf")
            signer.nonce = "15926535897932384626"
            func post(_ path: String, _ parts: [(head: String, value: [UInt8])]) throws -> TestService.Answer
            {
                try service.answer(
                    to: Self.request(
                        "POST /files/v2/1251668577/xy2\(path)",
                        ["Authorization: \(signer.text)", "Accept: */*", type],
                        Self.form(boundary, parts)))
            }
            let parts = try JSONSerialization.jsonObject(
                with: Data(TestFile.uploadParts(bytes, partSize: 1_048_576).utf8))
            let sorted =
                try JSONSerialization.data(withJSONObject: parts, options: [.sortedKeys]) + Data("\n".utf8)
            let begun = try post(
                "/dir/c.bin",
                [
                    Self.text("op", "upload_slice_init"), Self.text("filesize", "2621440"),
                    Self.text("slice_size", "1048576"), Self.text("sha", TestFile.sha1(bytes)),
                    ("Content-Disposition: form-data; name=\"uploadparts\"", Array(sorted)),
                    Self.text("insertOnly", "0"),
                ])
            #expect(begun.code == 0, "\(begun.message)")
            for offset in stride(from: 0, to: bytes.count, by: 1_048_576) {
                let slice = Array(bytes[offset..<min(offset + 1_048_576, bytes.count)])
                let file =
                    "Content-Disposition: form-data; name=\"filecontent\"; filename=\"c.bin\"\r\nContent-Type: "
                    + "application/octet-stream"
                let answer = try post(
                    "/dir/c.bin",
                    [
                        Self.text("op", "upload_slice_data"), Self.text("session", begun.text("session")),
                        Self.text("offset", "\(offset)"), (file, slice),
                    ])
                #expect(answer.code == 0, "\(answer.message)")
            }
            let end = try post(
                "/dir/c.bin",
                [
                    Self.text("op", "upload_slice_finish"), Self.text("session", begun.text("session")),
                    Self.text("filesize", "2621440"), Self.text("sha", TestFile.sha1(bytes)),
                ])
            #expect(end.code == 0, "\(end.message)")
            let empty = try post(
                "/dir/empty.bin",
                [
                    Self.text("op", "upload"), Self.text("sha", TestFile.sha1([])),
                    Self.text("insertOnly", "0"),
                ])
            #expect(empty.code == 0, "\(empty.message)")
            #expect(try service.stat("/dir/empty.bin").number("filelen") == 0)
        }
    }

    @Test(
        "JavaScript: OPTIONS first, list before init, sliceSize, the form grown by every retry, delete by multipart"
    )
    func js() async throws {
        try await TestService.run { (service) async throws in
            let boundary = "----WebKitFormBoundaryE19zNvXGzXaLvS5C"
            let origin = "http://localhost:8000"
            func post(
                _ parts: [(head: String, value: [UInt8])], signer: TestSigner = TestSigner()
            ) throws -> TestService.Answer {
                let sign = signer.text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                let path = "/files/v2/1251668577/xy2/j.bin?sign=\(sign)"
                let client = try RawClient(port: service.port)
                try client.send(
                    Self.request(
                        "OPTIONS \(path)",
                        ["Origin: \(origin)", "Access-Control-Request-Method: POST"]))
                let asked = try client.reply()
                #expect(asked.status == 200 && asked.headers["access-control-allow-origin"] == origin)
                #expect(asked.headers["access-control-allow-methods"]?.contains("POST") ?? false)
                try client.send(
                    Self.request(
                        "POST \(path)",
                        ["Origin: \(origin)", "Content-Type: multipart/form-data; boundary=\(boundary)"],
                        Self.form(boundary, parts)))
                let reply = try client.reply()
                #expect(reply.headers["access-control-allow-origin"] == origin)
                return try TestService.answer(reply)
            }
            #expect(try post([Self.text("op", "upload_slice_list")]).status == 404)
            let fields = [
                Self.text("op", "upload_slice_init"),
                Self.text("uploadparts", TestFile.uploadParts(bytes, partSize: 1_048_576)),
                Self.text("sha", TestFile.sha1(bytes)), Self.text("filesize", "2621440"),
                Self.text("slice_size", "1048576"), Self.text("biz_attr", ""), Self.text("insertOnly", "1"),
            ]
            let begun = try post(fields + fields)
            #expect(begun.code == 0, "\(begun.message)")
            for offset in stride(from: 0, to: bytes.count, by: 1_048_576) {
                let slice = Array(bytes[offset..<min(offset + 1_048_576, bytes.count)])
                let file =
                    "Content-Disposition: form-data; name=\"fileContent\"; filename=\"blob\"\r\nContent-Type: "
                    + "application/octet-stream"
                let data = [
                    Self.text("op", "upload_slice_data"), Self.text("session", begun.text("session")),
                    Self.text("sliceSize", "1048576"), Self.text("offset", "\(offset)"), (file, slice),
                ]
                let answer = try post(data + data)
                #expect(answer.code == 0, "\(answer.message)")
            }
            let end = try post([
                Self.text("op", "upload_slice_finish"), Self.text("session", begun.text("session")),
                Self.text("filesize", "2621440"), Self.text("sha", TestFile.sha1(bytes)),
            ])
            #expect(end.code == 0, "\(end.message)")
            var once = TestSigner(fileID: "/1251668577/xy2/j.bin")
            once.expiry = 0
            #expect(try post([Self.text("op", "delete")], signer: once).code == 0)
            #expect(try service.stat("/j.bin").status == 404)
        }
    }

    @Test(
        ".NET: CRLF before the first boundary, a quoted boundary, lower-case hex, %7e and raw parentheses in f"
    )
    func dotnet() async throws {
        try await TestService.run { (service) async throws in
            let boundary = "---------------------------8d5c0b1f5d2a1f0"
            let signer = TestSigner(fileID: "/1251668577/xy2/%e4%b8%8a%e4%bc%a0%7e(1).bin")
            func post(_ parts: [(head: String, value: [UInt8])]) throws -> TestService.Answer {
                try service.answer(
                    to: Self.request(
                        "POST /files/v2/1251668577/xy2/%E4%B8%8A%E4%BC%A0~(1).bin",
                        [
                            "Authorization: \(signer.text)",
                            "Content-Type: multipart/form-data; boundary=\"\(boundary)\"",
                            "Expect: 100-continue",
                        ], Self.form(boundary, parts, preamble: "\r\n")), skipping: 100)
            }
            let small = Array(bytes[..<26_585])
            let begun = try post([
                Self.text("op", "upload_slice_init"), Self.text("fileSize", "26585"),
                Self.text("sha", TestFile.sha1(small)), Self.text("slice_size", "1048576"),
                Self.text("uploadparts", TestFile.uploadParts(small, partSize: 1_048_576)),
                Self.text("insertOnly", "1"),
            ])
            #expect(begun.code == 0, "\(begun.message)")
            let file =
                "Content-Disposition: form-data; name=\"fileContent\"; filename=\"x\"\r\nContent-Type: "
                + "application/octet-stream"
            let data = try post([
                (file, small), Self.text("op", "upload_slice_data"),
                Self.text("session", begun.text("session")), Self.text("offset", "0"),
            ])
            #expect(data.code == 0, "\(data.message)")
            let end = try post([
                Self.text("op", "upload_slice_finish"), Self.text("session", begun.text("session")),
                Self.text("fileSize", "26585"), Self.text("sha", TestFile.sha1(small)),
            ])
            #expect(end.code == 0, "\(end.message)")
            #expect(try service.stat("/上传~(1).bin").number("filelen") == 26_585)
        }
    }

    @Test("Java: a transfer encoding in every part, list and delete as JSON")
    func java() async throws {
        try await TestService.run { (service) async throws in
            let small = Array(bytes[..<26_585])
            #expect(try service.upload("/j.bin", small, shape: .java).code == 0)
            func json(_ op: String, _ signer: TestSigner) throws -> TestService.Answer {
                try service.answer(
                    to: Self.request(
                        "POST /files/v2/1251668577/xy2/j.bin",
                        ["Authorization: \(signer.text)", "Content-Type: application/json"],
                        Array("{\"op\":\"\(op)\"}".utf8)))
            }
            #expect(try json("upload_slice_list", TestSigner()).text("access_url").hasSuffix("/j.bin"))
            var once = TestSigner(fileID: "/1251668577/xy2/j.bin")
            once.expiry = 0
            #expect(try json("delete", once).code == 0)
        }
    }

    @Test("PHP: insertOnly and biz_attr empty where they are not set, datamd5, folder operations as JSON")
    func php() async throws {
        try await TestService.run { (service) async throws in
            let small = Array(bytes[..<26_585])
            let begun = try service.post(
                "/p.bin",
                [
                    ("op", "upload_slice_init"), ("filesize", "26585"), ("sha", TestFile.sha1(small)),
                    ("slice_size", "1048576"), ("biz_attr", ""), ("insertOnly", ""),
                    ("uploadparts", TestFile.uploadParts(small, partSize: 1_048_576)),
                ], shape: .php)
            #expect(begun.code == 0, "\(begun.message)")
            #expect(try service.slice("/p.bin", begun.text("session"), 0, small, shape: .php).code == 0)
            #expect(try service.finish("/p.bin", begun.text("session"), small, shape: .php).code == 0)
            // Missing and empty both mean that an object must not be replaced.
            let again = try service.post(
                "/p.bin", [("op", "upload"), ("insertOnly", ""), ("filecontent", "x")])
            #expect(again.code == -177, "\(again.message)")
            let folder = try service.answer(
                to: Self.request(
                    "POST /files/v2/1251668577/xy2/dir/",
                    ["Authorization: \(TestSigner().text)", "Content-Type: application/json"],
                    Array(#"{"op":"create","biz_attr":""}"#.utf8)))
            #expect(folder.says("op create is not part of this emulator"), "\(folder.message)")
        }
    }
}
