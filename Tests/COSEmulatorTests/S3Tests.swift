import COSEmulator
import Foundation
import PlanCore
import ServiceCore
import Testing

@Suite("Emulator: S3")
struct S3Tests {
    private let digits = Array("123456789".utf8)

    private func run(
        _ configure: (inout EmulatorConfiguration) -> Void = { _ in },
        _ body: (S3Client, TestService) throws -> Void
    ) async throws {
        let configuration = EmulatorConfiguration.test {
            $0.apis = [.json, .xml, .s3]
            configure(&$0)
        }
        try await TestService.run(configuration) { (service) async throws in
            try body(S3Client(service), service)
        }
    }

    @Test("the request on AWS's page is taken, and any other is not")
    func vector() async throws {
        var configuration = EmulatorConfiguration.test { $0.apis = [.s3] }
        configuration.now = { 1_369_353_600 }
        configuration.credentials = try Credentials(
            secretID: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
        try await TestService.run(configuration) { (service) async throws in
            func send(_ path: String, _ body: String, _ signature: String) throws -> RawClient.Reply {
                let client = try RawClient(port: service.port)
                try client.send(
                    """
                    PUT \(path) HTTP/1.1\r
                    Host: examplebucket.s3.amazonaws.com\r
                    Date: Fri, 24 May 2013 00:00:00 GMT\r
                    x-amz-date: 20130524T000000Z\r
                    x-amz-storage-class: REDUCED_REDUNDANCY\r
                    x-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\r
                    Authorization: AWS4-HMAC-SHA256 \
                    Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
                    SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,\
                    Signature=\(signature)\r
                    Content-Length: \(body.utf8.count)\r
                    \r
                    \(body)
                    """)
                return try client.reply()
            }
            let body = "Welcome to Amazon S3."
            let signature = "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
            let good = try send("/test%24file.text", body, signature)
            #expect(good.status == 200, "\(good.text)")
            #expect(good.headers["x-amz-request-id"] != nil && good.headers["x-cos-request-id"] == nil)
            #expect(try send("/test%24file.texT", body, signature).text.contains("SignatureDoesNotMatch"))
            #expect(
                try send("/test%24file.text", "Welcome to amazon S3.", signature).text
                    .contains("XAmzContentSHA256Mismatch"))
        }
    }

    @Test("what is wrong with a signature is said, and nothing is done")
    func signatures() async throws {
        try await run { client, _ in
            func code(_ change: (inout S3Client) -> Void) throws -> String {
                var other = client
                change(&other)
                return try other.send("PUT", "/a", body: digits).code
            }
            #expect(try code({ $0.key = "another" }) == "SignatureDoesNotMatch")
            #expect(try code({ $0.id = "AKIDanother" }) == "InvalidAccessKeyId")
            #expect(try code({ $0.stamp = "20170912T070000Z" }) == "RequestTimeTooSkewed")
            #expect(try code({ $0.day = "20170911" }) == "AccessDenied")
            #expect(try code({ $0.unsigned = ["x-amz-date"] }) == "AccessDenied")
            #expect(try code({ $0.unsigned = ["host"] }) == "AccessDenied")
            #expect(try code({ $0.payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" }) == "NotImplemented")
            #expect(
                try code({ $0.payload = String(repeating: "0", count: 64) }) == "XAmzContentSHA256Mismatch")
            #expect(
                try code({ $0.change = { $0.replacingOccurrences(of: "/s3/", with: "/ec2/") } })
                    == "AuthorizationHeaderMalformed")
            #expect(try code({ $0.change = { _ in "AWS4-HMAC-SHA256 x" } }) == "AuthorizationHeaderMalformed")
            let nothing = try client.send("HEAD", "/a")
            #expect(nothing.status == 404)
            // A region is what the client says it is.
            #expect(try code({ $0.region = "Moon_1" }) == "")
            #expect(try code({ $0.payload = nil }) == "")
            #expect(try client.send("GET", "/a").status == 501)
        }
    }

    @Test(
        "each checksum is computed, answered and held against the one that is sent",
        arguments: [
            ("crc64nvme", "rosUhgp5mIg="), ("crc32", "y/Q5Jg=="), ("crc32c", "4waSgw=="),
            ("sha1", "98O8HYCOBHMq32eZZczDTKeuNEE="),
            ("sha256", "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
        ])
    func checksums(name: String, expected: String) async throws {
        let header = "x-amz-checksum-\(name)"
        // Another program's, for the digests.
        if name == "sha1" { #expect(Data(S3Client.sha1(digits)).base64EncodedString() == expected) }
        if name == "sha256" { #expect(Data(S3Client.sha256(digits)).base64EncodedString() == expected) }
        try await run { client, _ in
            let put = try client.send("PUT", "/a", headers: [(header, expected)], body: digits)
            #expect(put.status == 200 && put.headers[header] == expected, "\(put.text)")
            let enabled = [("x-amz-checksum-mode", "ENABLED")]
            let head = try client.send("HEAD", "/a", headers: enabled)
            #expect(head.headers[header] == expected && head.headers["x-amz-checksum-type"] == "FULL_OBJECT")
            #expect(head.headers["content-length"] == "9")
            #expect(try client.send("HEAD", "/a").headers[header] == nil)
            let wrong = try client.send("PUT", "/b", headers: [(header, expected)], body: digits + [0])
            #expect(wrong.code == "BadDigest")
            #expect(
                try client.send("PUT", "/b", headers: [(header, "AA==")], body: []).code == "InvalidRequest")
            #expect(try client.send("HEAD", "/b").status == 404)
        }
    }

    @Test(
        "a whole object's CRC-64 is that of all its parts, and is answered by part, finish, HEAD and listings"
    )
    func multipart() async throws {
        let folder = try ScratchFolder()
        let bytes = TestFile.random((5 << 20) + 9, seed: 4)
        let pieces = [Array(bytes[..<(5 << 20)]), Array(bytes[(5 << 20)...])]
        let begin = [("x-amz-checksum-algorithm", "CRC64NVME"), ("x-amz-checksum-type", "FULL_OBJECT")]
        let enabled = [("x-amz-checksum-mode", "ENABLED")]
        var upload = ""
        var parts: [(etag: String, more: String)] = []
        try await run({ $0.root = folder.path + "/root" }) { client, service in
            upload = try client.begin("/dir/上传 a+b~(1)", begin)
            let first = try client.part("/dir/上传 a+b~(1)", upload, 1, pieces[0])
            let crc = try #require(first.headers["x-amz-checksum-crc64nvme"])
            parts.append((first.etag, "<ChecksumCRC64NVME>\(crc)</ChecksumCRC64NVME>"))
            let listed = try client.send("GET", "", query: [("uploads", "")])
            #expect(
                listed.element("ChecksumAlgorithm") == "CRC64NVME" && listed.element("UploadId") == upload)
            let sha = try client.part(
                "/dir/上传 a+b~(1)", upload, 2, pieces[1],
                [("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE=")])
            #expect(sha.code == "InvalidRequest", "\(sha.text)")
        }
        // It survives the process, checksums and all.
        try await run({ $0.root = folder.path + "/root" }) { client, service in
            let key = "/dir/上传 a+b~(1)"
            let last = try client.part(key, upload, 2, pieces[1])
            parts.append((last.etag, ""))
            let list = try client.send("GET", key, query: [("uploadId", upload)])
            #expect(list.elements("ChecksumCRC64NVME").count == 2)
            let wrong = [(parts[0].etag, "<ChecksumCRC64NVME>AAAAAAAAAAA=</ChecksumCRC64NVME>"), parts[1]]
            #expect(try client.finish(key, upload, wrong).code == "InvalidPart")
            let whole = try client.send("PUT", "/whole", body: bytes).headers["x-amz-checksum-crc64nvme"]
            let bad = [("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=")]
            #expect(try client.finish(key, upload, parts, headers: bad).code == "BadDigest")
            let end = try client.finish(key, upload, parts)
            #expect(end.status == 200 && end.element("ChecksumCRC64NVME") == whole, "\(end.text)")
            #expect(end.element("ChecksumType") == "FULL_OBJECT")
            #expect(
                try client.send("HEAD", key, headers: enabled).headers["x-amz-checksum-crc64nvme"] == whole)
            #expect(try client.send("GET", key).body == bytes)
            #expect(folder.bytes("root/objects/s3/data\(key)") == bytes)
        }
    }

    @Test("a composite is made of the parts' digests, which finish must list")
    func composite() async throws {
        let pieces = [TestFile.random(5 << 20, seed: 1), Array("x".utf8)]
        let digests = pieces.map { S3Client.sha1($0) }
        let expected = Data(S3Client.sha1(digests[0] + digests[1])).base64EncodedString() + "-2"
        try await run { client, _ in
            let upload = try client.begin("/a", [("x-amz-checksum-algorithm", "SHA1")])
            var parts: [(etag: String, more: String)] = []
            for (index, piece) in pieces.enumerated() {
                let text = Data(digests[index]).base64EncodedString()
                let part = try client.part("/a", upload, index + 1, piece, [("x-amz-checksum-sha1", text)])
                parts.append((part.etag, "<ChecksumSHA1>\(text)</ChecksumSHA1>"))
            }
            #expect(try client.finish("/a", upload, parts.map { ($0.etag, "") }).code == "InvalidRequest")
            let end = try client.finish("/a", upload, parts)
            #expect(end.element("ChecksumSHA1") == expected, "\(end.text)")
            let head = try client.send("HEAD", "/a", headers: [("x-amz-checksum-mode", "ENABLED")])
            #expect(head.headers["x-amz-checksum-sha1"] == expected)
            #expect(head.headers["x-amz-checksum-type"] == "COMPOSITE")
            let full = [("x-amz-checksum-algorithm", "SHA1"), ("x-amz-checksum-type", "FULL_OBJECT")]
            #expect(
                try client.send("POST", "/b", query: [("uploads", "")], headers: full, body: []).code
                    == "InvalidRequest")
            let unknown = [("x-amz-checksum-algorithm", "MD4")]
            #expect(
                try client.send("POST", "/b", query: [("uploads", "")], headers: unknown, body: []).code
                    == "InvalidRequest")
        }
    }

    @Test("all parts but the last have 5 MiB")
    func shortParts() async throws {
        try await run { client, _ in
            let upload = try client.begin("/a")
            let short = [UInt8](repeating: 7, count: (5 << 20) - 1)
            let parts = try [short, [1]].enumerated().map { index, bytes in
                (try client.part("/a", upload, index + 1, bytes).etag, "")
            }
            #expect(try client.finish("/a", upload, parts).code == "EntityTooSmall")
            let long = try client.part("/a", upload, 1, short + [7]).etag
            #expect(try client.finish("/a", upload, [(long, ""), parts[1]]).status == 200)
        }
    }

    @Test("If-None-Match refuses to replace an object, unless a fault ignores it")
    func overwrite() async throws {
        let condition = [("If-None-Match", "*")]
        func check(_ client: S3Client, put: Int, finish: Int) throws {
            #expect(try client.send("PUT", "/a", body: [1]).status == 200)
            #expect(try client.send("PUT", "/a", headers: condition, body: [2]).status == put)
            let upload = try client.begin("/a")
            let etag = try client.part("/a", upload, 1, [3]).etag
            #expect(try client.finish("/a", upload, [(etag, "")], headers: condition).status == finish)
        }
        try await run { client, _ in try check(client, put: 412, finish: 412) }
        let faults = [EmulatedOperation.put, .finish].map {
            Fault(.ignoresIfNoneMatch, operation: $0, times: nil)
        }
        try await run({ $0.faults = faults }) { client, _ in try check(client, put: 200, finish: 200) }
    }

    @Test("a bucket called <bucket>-<appid> is that of the other APIs; unfinished uploads are each API's own")
    func shared() async throws {
        let folder = try ScratchFolder()
        try await run({ $0.root = folder.path + "/root" }) { client, service in
            var s3 = client
            s3.prefix = "/xy2-1251668577"
            let xml = XMLClient(service)
            #expect(try s3.send("PUT", "/a", body: digits).status == 200)
            let head = try xml.send("HEAD", "/a")
            #expect(head.crc == "11051210869376104954" && head.headers["x-cos-request-id"] != nil)
            #expect(try service.stat("/a").number("filelen") == 9)
            #expect(try xml.send("PUT", "/b", body: digits).status == 200)
            let seen = try s3.send("HEAD", "/b", headers: [("x-amz-checksum-mode", "ENABLED")])
            #expect(seen.headers["x-amz-checksum-crc64nvme"] == "rosUhgp5mIg=")
            let upload = try s3.begin("/c")
            #expect(try xml.send("GET", "/c", query: [("uploadId", upload)]).code == "NoSuchUpload")
            #expect(try xml.send("GET", "/", query: [("uploads", "")]).elements("UploadId").isEmpty)
            s3.prefix = "/xy"
            #expect(try s3.send("HEAD", "/a").status == 400)
            #expect(try s3.send("GET", "/a").code == "InvalidBucketName")
        }
    }
}
