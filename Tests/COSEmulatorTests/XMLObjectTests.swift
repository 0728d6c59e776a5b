import Foundation
import PlanCore
import Testing

@testable import COSEmulator

@Suite("Emulator: objects of the XML API")
struct XMLObjectTests {
    private func kept(_ folder: ScratchFolder) -> EmulatorConfiguration {
        .test { $0.root = folder.path + "/root" }
    }

    @Test(
        "a CRC is the published one, however the bytes come, and follows from that of pieces",
        arguments: [
            (CRC.Kind.ecma, 11_051_210_869_376_104_954), (.nvme, 0xae8b_1486_0a79_9888),
            (.crc32, 0xcbf4_3926), (.crc32c, 0xe306_9283),
        ] as [(CRC.Kind, UInt64)])
    func crc(kind: CRC.Kind, ofDigits: UInt64) {
        func crc(_ bytes: some Collection<UInt8>) -> CRC {
            var crc = CRC(kind)
            Array(bytes).withUnsafeBytes { crc.update($0) }
            return crc
        }
        #expect(crc("123456789".utf8).value == ofDigits)
        #expect(crc([]).value == 0)
        var mutator = Mutator(seed: 1)
        let bytes = TestFile.random(100_003, seed: 2)
        for _ in 0..<20 {
            let cuts =
                (0..<5).map { _ in Int.random(in: 0...bytes.count, using: &mutator) }.sorted() + [bytes.count]
            var start = 0
            var running = CRC(kind)
            var pieces: [(value: UInt64, length: Int64)] = []
            for end in cuts {
                bytes[start..<end].withUnsafeBytes { running.update($0) }
                let piece = crc(bytes[start..<end])
                pieces.append((piece.value, piece.length))
                start = end
            }
            #expect(running == crc(bytes))
            #expect(CRC.combined(kind, pieces) == running.value)
        }
        // Pieces longer than memory: zero bytes only, by repeated doubling.
        let zero = crc([0])
        var whole = (value: zero.value, length: zero.length)
        for _ in 0..<20 { whole = (CRC.combined(kind, [whole, whole]), whole.length * 2) }
        #expect(whole.value == crc([UInt8](repeating: 0, count: 1 << 20)).value)
    }

    /// Whether python3 is installed.
    static let hasPython =
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/python3")
        }

    @Test(
        "a client in Python that shares nothing with this package puts, reads and compares",
        .enabled(if: hasPython, "python3 is not installed"))
    func python() async throws {
        let folder = try ScratchFolder()
        var configuration = EmulatorConfiguration()
        configuration.root = folder.path + "/root"
        try await TestService.run(configuration) { (service) async throws in
            let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "xml_client.py")
                .path
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["python3", script, "\(service.port)", folder.path + "/root"]
            let output = Pipe()
            process.standardOutput = output
            process.standardError = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(text == "ok\n")
        }
    }

    @Test("put, head, get, ranges and delete, in the host, in the path and below localhost")
    func objects() async throws {
        let folder = try ScratchFolder()
        try await TestService.run(kept(folder)) { (service) async throws in
            let bytes = TestFile.random(3_000_017, seed: 1)
            var client = XMLClient(service)
            for (index, host) in [
                "xy2-1251668577.cos.ap-guangzhou.myqcloud.com", "xy2-1251668577.cos.sgp.tencentcos.cn:443",
                "xy2-1251668577.localhost:\(service.port)", "127.0.0.1:\(service.port)", "store.example",
            ].enumerated() {
                client.host = host
                client.prefix = index < 3 ? "" : "/xy2-1251668577"
                let key = "/dir/上传 a+b~(1)*:?\(index).bin"
                let put = try client.send("PUT", key, body: bytes)
                #expect(put.status == 200 && put.etag == "\"\(TestFile.md5(bytes))\"", "\(put.text)")
                let head = try client.send("HEAD", key)
                #expect(head.status == 200 && head.headers["content-length"] == "3000017")
                #expect(head.etag == put.etag && head.crc == put.crc && put.crc != nil)
                #expect(head.headers["last-modified"] == "Tue, 12 Sep 2017 07:36:59 GMT")
                #expect(try client.send("GET", key).body == bytes)
                #expect(folder.bytes("root/objects/1251668577/xy2\(key)") == bytes)
                for (range, expected) in [
                    ("bytes=0-0", bytes[0..<1]), ("bytes=1000000-2999999", bytes[1_000_000..<3_000_000]),
                    ("bytes=3000000-", bytes[3_000_000...]), ("bytes=-17", bytes.suffix(17)),
                    ("bytes=3000016-9999999", bytes.suffix(1)),
                ] {
                    let part = try client.send("GET", key, headers: [("Range", range)])
                    #expect(part.status == 206 && part.body.elementsEqual(expected))
                    #expect(part.headers["content-range"]?.hasSuffix("/3000017") ?? false)
                }
                for range in [
                    "bytes=3000017-", "bytes=2-1", "bytes=x-", "bytes=-0", "items=0-1", "bytes=0-1,3-4",
                ] {
                    #expect(try client.send("GET", key, headers: [("Range", range)]).code == "InvalidRange")
                }
                #expect(try client.send("DELETE", key).status == 204)
                #expect(try client.send("DELETE", key).status == 204)
                #expect(try client.send("GET", key).code == "NoSuchKey")
                let missing = try client.send("HEAD", key)
                #expect(missing.status == 404 && missing.code == "NoSuchKey" && missing.body.isEmpty)
            }
            let empty = try client.send("PUT", "/empty", body: [])
            #expect(empty.crc == "0" && empty.etag == "\"d41d8cd98f00b204e9800998ecf8427e\"")
            #expect(try client.send("GET", "/empty").body.isEmpty)
            #expect(try client.send("HEAD", "/").status == 200)
        }
    }

    @Test("bytes that are not those announced are refused, and nothing of them stays")
    func digests() async throws {
        let folder = try ScratchFolder()
        try await TestService.run(kept(folder)) { (service) async throws in
            let client = XMLClient(service)
            for (md5, code) in [
                ("mQ/fVh815F3k6TAUm8m0eg==", "BadDigest"), ("x", "InvalidDigest"), ("", "InvalidDigest"),
                ("mQ/fVh815F3k6TAUm8m0", "InvalidDigest"), ("kAFQmDzST7DWlj99KOF/cg==", ""),
            ] {
                let put = try client.send(
                    "PUT", "/a", headers: [("Content-MD5", md5)], body: Array("abc".utf8))
                #expect(put.code == code && put.status == (code.isEmpty ? 200 : 400), "\(put.text)")
            }
            var request = String(decoding: client.request("PUT", "/b"), as: UTF8.self)
            request = request.replacingOccurrences(
                of: "\r\n\r\n", with: "\r\nTransfer-Encoding: chunked\r\n\r\n")
            let raw = try RawClient(port: service.port)
            try raw.send(request + "1\r\nx\r\n0\r\n\r\n")
            #expect(try raw.reply().text.contains("<Code>MissingContentLength</Code>"))
            #expect(folder.names(below: "root/objects/1251668577/xy2") == ["a"])
            #expect(folder.names(below: "root/uploads").isEmpty)
        }
    }

    @Test(
        "keys that cannot be paths of files are objects like others; long ones and others have their limits")
    func oddKeys() async throws {
        let folder = try ScratchFolder()
        let keys = [
            "/a", "/a/b", "/a/b/", "/a//b", "//", "/.", "/..", "/a/../../../../x", "/a\u{0}b", "/a\nb",
            "/\u{e9}",
            "/e\u{301}", "/" + String(repeating: "x", count: 850), "/n/" + String(repeating: "y", count: 255),
            "/n/" + String(repeating: "y", count: 256), "/a<&>\"'",
        ]
        for round in 0..<2 {
            try await TestService.run(kept(folder)) { (service) async throws in
                let client = XMLClient(service)
                for (number, key) in keys.enumerated() {
                    let bytes = Array("\(number)".utf8)
                    if round == 0 {
                        let put = try client.send("PUT", key, body: bytes)
                        #expect(put.status == 200, "\(key) \(put.text)")
                    }
                    #expect(try client.send("GET", key).body == bytes, "\(key)")
                }
                #expect(service.emulator.notices.isEmpty)
                let long = try client.send("PUT", "/" + String(repeating: "x", count: 851), body: [])
                #expect(long.code == "KeyTooLong")
                // Keys that are valid paths are stored where README's `cmp` looks for them.
                #expect(folder.bytes("root/objects/1251668577/xy2/a") == Array("0".utf8))
                #expect(folder.names(below: "root/aside").count == 10)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["root"])
            }
        }
        try await TestService.run(kept(folder)) { (service) async throws in
            let client = XMLClient(service)
            // Overwritten and deleted in `aside/`.
            #expect(try client.send("PUT", "/a/b", body: [9]).status == 200)
            #expect(try client.send("GET", "/a/b").body == [9])
            for key in keys { #expect(try client.send("DELETE", key).status == 204) }
            #expect(folder.names(below: "root/aside").isEmpty)
            #expect(folder.names(below: "root/records").isEmpty)
        }
    }

    @Test("both APIs see one store: sizes, digests and bytes, whichever put them there")
    func shared() async throws {
        let folder = try ScratchFolder()
        let bytes = TestFile.random(2_500_000, seed: 3)
        try await TestService.run(kept(folder)) { (service) async throws in
            let client = XMLClient(service)
            #expect(try service.upload("/json", bytes).code == 0)
            let put = try client.send("PUT", "/xml", body: bytes)
            let head = try client.send("HEAD", "/json")
            #expect(head.crc == put.crc && head.headers["content-length"] == "2500000")
            #expect(head.etag == "\"\(TestFile.sha1(bytes))\"")
            #expect(try client.send("GET", "/json").body == bytes)
            let stat = try service.stat("/xml")
            #expect(stat.number("filelen") == bytes.count && stat.text("sha") == TestFile.sha1(bytes))
            // Its SHA-1 is known now, so the same bytes are an instant upload.
            #expect(try service.begin("/again", bytes).data["session"] == nil)
            #expect(try service.begin("/xml", bytes).code == -177)
            #expect(try service.begin("/xml/below", bytes).code == -178)
            #expect(try client.send("PUT", "/json/below", body: [1]).status == 200)
            #expect(try client.send("GET", "/json/below").body == [1])
            #expect(try service.list("/xml").text("access_url").hasSuffix("/xml"))
        }
    }

    @Test("an object is not replaced where the request forbids it, unless the bucket keeps versions")
    func forbidOverwrite() async throws {
        let folder = try ScratchFolder()
        var configuration = kept(folder)
        configuration.faults = [
            Fault(.versioned(.suspended), key: try ObjectKey("/versioned"), times: nil),
            Fault(.versioned(.enabled), operation: .versioning, nth: 2, times: 1),
        ]
        try await TestService.run(configuration) { (service) async throws in
            let client = XMLClient(service)
            let forbid = [("x-cos-forbid-overwrite", "true")]
            for key in ["/a", "/versioned"] {
                #expect(try client.send("PUT", key, headers: forbid, body: [1]).status == 200)
                let isVoid = key == "/versioned"
                let again = try client.send("PUT", key, headers: forbid, body: [2])
                #expect(
                    again.status == (isVoid ? 200 : 409) && again.code == (isVoid ? "" : "FileAlreadyExists"))
                let begun = try client.send("POST", key, query: [("uploads", "")], headers: forbid, body: [])
                #expect(begun.code == (isVoid ? "" : "FileAlreadyExists"))
                let upload = try client.begin(key)
                let etag = try client.part(key, upload, 1, [3]).etag
                let end = try client.finish(key, upload, [(1, etag)], headers: forbid)
                #expect(end.code == (isVoid ? "" : "FileAlreadyExists"))
                if !isVoid { #expect(try client.finish(key, upload, [(1, etag)]).status == 200) }
                #expect(try client.send("GET", key).body == [3])
            }
            for status in ["", "Enabled", ""] {
                let answer = try client.send("GET", "/", query: [("versioning", "")])
                #expect(answer.status == 200 && answer.element("Status") == status, "\(answer.text)")
                #expect(answer.text.contains("VersioningConfiguration"))
            }
        }
    }

    @Test(
        "what is not emulated is named, and what names no bucket is told apart",
        arguments: [
            ("GET", "/", "", 501), ("PUT", "/a", "acl", 501), ("PUT", "/a", "tagging", 501),
            ("POST", "/a", "", 501),
            ("POST", "/", "delete", 501), ("DELETE", "/", "", 501), ("GET", "/a", "versionId", 501),
            ("PATCH", "/a", "", 501), ("GET", "/", "acl", 501), ("POST", "/a", "append", 501),
        ])
    func notEmulated(method: String, key: String, query: String, status: Int) async throws {
        try await TestService.run { (service) async throws in
            let client = XMLClient(service)
            let answer = try client.send(
                method, key, query: query.isEmpty ? [] : [(query, "")], body: method == "GET" ? nil : [])
            #expect(answer.status == status && answer.code == "NotImplemented", "\(answer.text)")
            #expect(answer.element("Message").contains("is not part of this emulator"))
            #expect(answer.headers["x-cos-request-id"] == answer.element("RequestId"))
            let copy = try client.send("PUT", "/a", headers: [("x-cos-copy-source", "b/c")], body: [])
            #expect(copy.element("Message").contains("copying"))
        }
    }

    @Test(
        "a host or path without <bucket>-<appid> is no bucket; with one API only the other's requests are not known"
    )
    func buckets() async throws {
        try await TestService.run { (service) async throws in
            var client = XMLClient(service)
            for (host, prefix) in [
                ("xy2.cos.ap-guangzhou.myqcloud.com", ""), ("127.0.0.1", ""), ("127.0.0.1", "/xy2"),
                ("127.0.0.1", "/-1"), ("127.0.0.1", "/xy2-0"), ("127.0.0.1", "/xy2-01"), ("localhost", ""),
            ] {
                client.host = host
                client.prefix = prefix
                #expect(try client.send("GET", "/a").code == "NoSuchBucket", "\(host)\(prefix)")
            }
        }
        try await TestService.run(.test { $0.apis = [.json] }) { (service) async throws in
            let raw = try RawClient(port: service.port)
            try raw.send(XMLClient(service).request("GET", "/a"))
            #expect(try raw.reply().text.contains("<html>"))
            #expect(try service.list("/a").code == -166)
        }
        try await TestService.run(.test { $0.apis = [.xml] }) { (service) async throws in
            #expect(try XMLClient(service).send("GET", "/a").code == "NoSuchKey")
            let raw = try RawClient(port: service.port)
            try raw.send("GET /files/v2/1251668577/xy2/a?op=stat HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(try raw.reply().text.contains("NoSuchBucket"))
            let s3 = try RawClient(port: service.port)
            try s3.send(
                "GET /backup/a HTTP/1.1\r\nHost: a\r\nAuthorization: AWS4-HMAC-SHA256 Credential=a\r\n\r\n")
            let reply = try s3.reply().text
            #expect(
                reply.contains("NotImplemented") && reply.contains("started without the API s3"), "\(reply)")
        }
    }
}
