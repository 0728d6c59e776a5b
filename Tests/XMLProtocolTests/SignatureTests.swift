import ByteDigests
import PlanCore
import ServiceCore
import Testing

@testable import XMLProtocol

/// **Source** of the vectors: the vendor's page 436/7778, the tests of its Python SDK, and AWS's page on
/// SigV4.
@Suite("Signatures of the XML API and S3")
struct XMLSignatureTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let method: String
        let path: String
        var id = "AKIDQjz3ltompVjBni5LitkWHFlFpwkn9U5q"
        var key = "BQYIM75p8x0iWVFSIgqEKwFprpRSVHlz"
        let time: String
        var query: [(String, String)] = []
        let headers: [(String, String)]
        var signKey: String?
        var sha1: String?
        let signature: String

        var testDescription: String { "\(method) \(path)" }
    }

    static let host = ("host", "examplebucket-1250000000.cos.ap-beijing.myqcloud.com")
    static let md5 = ("content-md5", "mQ/fVh815F3k6TAUm8m0eg==")
    static let vectors = [
        Vector(
            method: "PUT", path: "/exampleobject(腾讯云)", time: "1557989151;1557996351",
            headers: [
                ("Content-Length", "13"), md5, ("Content-Type", "text/plain"),
                ("date", "Thu, 16 May 2019 06:45:51 GMT"), host, ("x-cos-acl", "private"),
                ("x-cos-grant-read", #"uin="100000000011""#),
            ], signKey: "eb2519b498b02ac213cb1f3d1a3d27a3b3c9bc5f",
            sha1: "8b2751e77f43a0995d6e9eb9477f4b685cca4172",
            signature: "3b8851a11a569213c17ba8fa7dcf2abec6935172"),
        Vector(
            method: "GET", path: "/exampleobject(腾讯云)", time: "1557989753;1557996953",
            query: [
                ("response-content-type", "application/octet-stream"),
                ("response-cache-control", "max-age=600"),
            ], headers: [("date", "Thu, 16 May 2019 06:55:53 GMT"), host],
            signKey: "937914bf490e9e8c189836aad2052e4feeb35eaf",
            sha1: "54ecfe22f59d3514fdc764b87a32d8133ea611e6",
            signature: "01681b8c9d798a678e43b685a9f1bba0f6c0e012"),
        Vector(
            method: "PUT", path: "/testfile2", id: "QmFzZTY0IGlzIGEgZ2VuZXJp",
            key: "AKIDZfbOA78asKUYBcXFrJD0a1ICvR98JM", time: "1480932292;1481012292",
            headers: [
                ("host", "testbucket-125000000.cos.ap-guangzhou.myqcloud.com"),
                ("x-cos-content-sha1", "db8ac1c259eb89d4a131b253bacfca5f319d54f2"),
                ("x-cos-stroage-class", "nearline"),
            ], signature: "ce4ac0ecbcdb30538b3fee0a97cc6389694ce53a"),
        Vector(
            method: "PUT", path: "/dir/上传 a+b~(1).bin", time: "1557989151;1557996351",
            query: [
                ("partNumber", "1"),
                ("uploadId", "1585130821cbb7df1d11846c073ad648e8f33b087cec2381df437acdc833cf654b9ecc6361"),
            ], headers: [("content-length", "1048576"), md5, host],
            sha1: "14e16c3d979a68f3ad8edd4a4a7b36abc5e23bbb",
            signature: "bce8e67db54cbaf62f6ed0eaa395bde437d1e755"),
    ]

    @Test("COS's signature is the vendor's", arguments: vectors)
    func cos(vector: Vector) throws {
        let signature = COSSignature(
            method: vector.method, path: Array(vector.path.utf8), query: vector.query,
            headers: vector.headers,
            keyTime: vector.time, credentials: try Credentials(secretID: vector.id, secretKey: vector.key))
        #expect(signature.signature == vector.signature)
        if let signKey = vector.signKey { #expect(signature.signKey == signKey) }
        if let sha1 = vector.sha1 { #expect(signature.httpStringSHA1 == sha1) }
        #expect(signature.authorization.hasSuffix("&q-signature=\(vector.signature)"))
    }

    @Test("SigV4 is AWS's")
    func sigv4() throws {
        let hash = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
        #expect(MessageDigest.sha256(Array("Welcome to Amazon S3.".utf8)).hexText == hash)
        let signature = SigV4Signature(
            method: "PUT", path: PathEncoding.encoded("/test$file.text".utf8), query: [],
            headers: [
                ("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("Host", "examplebucket.s3.amazonaws.com"),
                ("x-amz-content-sha256", hash), ("x-amz-date", "20130524T000000Z"),
                ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ], payloadHash: hash, moment: .init(unixSeconds: 1_369_353_600), region: "us-east-1",
            credentials: try Credentials(
                secretID: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"))
        #expect(signature.signature == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
        #expect(
            signature.authorization
                == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
                + "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, "
                + "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    }

    @Test(
        "for 300 random requests both signatures are those of a program written in Python",
        .enabled(if: SecondOpinion.isThere, "python3 is not installed"))
    func secondOpinion() throws {
        var random = Seeded(state: 7778)
        let letters = Array(
            "aZ09-_.~ /+%&=?#;:!'()*@,\"<>\\上传é😀e\u{301}".unicodeScalars)
        func word(_ length: Int, _ allowed: ArraySlice<Unicode.Scalar>) -> String {
            var text = String.UnicodeScalarView()
            for _ in 0..<length { text.append(allowed.randomElement(using: &random) ?? "x") }
            return String(text)
        }
        func pairs(_ name: String) -> [(String, String)] {
            (0..<Int.random(in: 0...4, using: &random)).map { number in
                (
                    "\(name)\(number)\(word(2, letters[..<8]))",
                    word(Int.random(in: 0...20, using: &random), letters[...])
                )
            }
        }
        var (cases, ours): ([[String: Any]], [String]) = ([], [])
        for round in 0..<300 {
            let isCOS = round % 2 == 0
            let pair = try Credentials(
                secretID: "AKID\(word(8, letters[..<4]))", secretKey: word(20, letters[..<4]))
            let path = "/" + word(Int.random(in: 1...30, using: &random), letters[...])
            let query = pairs("q")
            // A header's value has no blanks at its ends.
            let headers = pairs("X-Head").map { ($0.0, "v\($0.1)v") }
            let method = ["GET", "PUT", "POST", "HEAD"][round % 4]
            var known: [String: Any] = [
                "kind": isCOS ? "cos" : "sigv4", "id": pair.secretID, "key": pair.secretKey, "method": method,
                "path": path, "query": query.map { [$0.0, $0.1] }, "headers": headers.map { [$0.0, $0.1] },
            ]
            if isCOS {
                let time = "\(round);\(round + 900)"
                known["time"] = time
                ours.append(
                    COSSignature(
                        method: method, path: Array(path.utf8), query: query, headers: headers, keyTime: time,
                        credentials: pair
                    ).authorization)
            } else {
                known["time"] = "20130524T000000Z"
                known["region"] = "eu-x-1"
                known["payload"] = SigV4Signature.unsignedPayload
                ours.append(
                    SigV4Signature(
                        method: method, path: PathEncoding.encoded(path.utf8), query: query, headers: headers,
                        payloadHash: SigV4Signature.unsignedPayload, moment: .init(stamp: "20130524T000000Z"),
                        region: "eu-x-1", credentials: pair
                    ).authorization)
            }
            cases.append(known)
        }
        let theirs = try SecondOpinion.answers(to: cases)
        for (index, answer) in theirs.enumerated() { #expect(ours[index] == answer, "\(cases[index])") }
        #expect(theirs.count == 300)
    }

    @Test("a request is signed with its query, its digest and every header; the path signed is the path sent")
    func cosRequest() throws {
        let pair = try Credentials(secretID: "AKIDx", secretKey: "k", sessionToken: "TOKEN/+=token")
        let content = ContentDigests(length: 1_048_576, md5: MessageDigest.md5(Array("x".utf8)), crc64: 1)
        let request = XMLRequest.part(
            try cosAddress(), key: try ObjectKey("/dir/上传 a+b~(1).bin"), uploadID: "id/+&", number: 3)
        #expect(request.path == "/dir/%E4%B8%8A%E4%BC%A0%20a%2Bb~%281%29.bin")
        #expect(request.queryText == "partNumber=3&uploadId=id%2F%2B%26")
        let signed = request.signed(pair, content: content, now: 1_557_989_211)
        let sent = Dictionary(uniqueKeysWithValues: signed.headers.map { ($0.name, $0.value) })
        let expected = COSSignature(
            method: "put", path: Array("/dir/上传 a+b~(1).bin".utf8),
            query: [("partnumber", "3"), ("uploadid", "id/+&")],
            headers: [
                ("content-length", "1048576"), ("content-md5", "ndTkYSaMgDT1yFZOFVxnpg=="),
                ("host", "examplebucket-1250000000.cos.ap-beijing.myqcloud.com"),
                ("x-cos-security-token", "TOKEN/+=token"),
            ], keyTime: "1557989151;1557990111", credentials: pair)
        #expect(sent["authorization"] == expected.authorization)
        #expect(sent["content-md5"] == "ndTkYSaMgDT1yFZOFVxnpg==")
        #expect(sent["x-cos-security-token"] == "TOKEN/+=token")
        #expect(sent.count == 3)
        #expect(signed.hidden.removed(from: "<\(expected.signature)>") == "<(hidden)>")
        #expect(signed.hidden.removed(from: "<\(expected.authorization)>") == "<(hidden)>")
    }

    @Test("S3 binds a body by a signed checksum; over plain http to another host by its SHA-256, too")
    func s3Request() throws {
        let pair = try Credentials(secretID: "AKIDx", secretKey: "k", sessionToken: "TOKENtoken")
        let key = try ObjectKey("/a b")
        var content = ContentDigests(length: 9, crc64: 0xae8b_1486_0a79_9888)
        let near = XMLRequest.put(try s3Address(), key: key, insertOnly: .refuse)
        #expect(near.digests == [.crc64nvme])
        let signed = near.signed(pair, content: content, now: 1_369_353_600)
        let sent = Dictionary(uniqueKeysWithValues: signed.headers.map { ($0.name, $0.value) })
        #expect(sent["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD")
        #expect(sent["x-amz-checksum-crc64nvme"] == "rosUhgp5mIg=")
        #expect(sent["if-none-match"] == "*")
        #expect(
            sent["authorization"]?.contains(
                "SignedHeaders=content-type;host;if-none-match;x-amz-checksum-crc64nvme;x-amz-content-sha256;"
                    + "x-amz-date;x-amz-security-token, ") == true)
        let far = XMLRequest.put(try s3Address(endpoint: "http://192.0.2.1"), key: key, insertOnly: .refuse)
        #expect(far.digests == [.crc64nvme, .sha256])
        content.sha256 = MessageDigest.sha256(Array("123456789".utf8))
        let hashed = far.signed(pair, content: content, now: 0).headers
        #expect(
            hashed.contains {
                $0.name == "x-amz-content-sha256"
                    && $0.value == "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"
            })
        let secure = XMLRequest.put(
            try s3Address(endpoint: "https://192.0.2.1"), key: key, insertOnly: .refuse)
        #expect(secure.digests == [.crc64nvme])
        // A request without a body signs the hash of the empty string.
        let head = XMLRequest.head(try s3Address(), key: key).signed(pair, now: 0).headers
        #expect(
            head.contains {
                $0.value == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
            })
    }
}
