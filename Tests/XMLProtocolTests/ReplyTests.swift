import PlanCore
import ServiceCore
import Testing

@testable import XMLProtocol

@Suite("Replies of the XML API and S3")
struct XMLReplyTests {
    func reply(
        _ operation: XMLOperation, _ status: Int, _ body: String = "", _ headers: [String: String] = [:]
    ) -> XMLReply {
        XMLReply(to: operation, status: status, headers: headers, body: Array(body.utf8))
    }

    func error(_ code: String, id: String = "R") -> String {
        "<?xml version='1.0'?><Error><Code>\(code)</Code><Message>why</Message><Resource>/a</Resource>"
            + "<RequestId>\(id)</RequestId><TraceId>t</TraceId></Error>"
    }

    @Test(
        "codes that decide have their reaction",
        arguments: [
            ("NoSuchUpload", 404, Reaction.beginAgain), ("NoSuchBucket", 404, .refuse),
            ("AccessDenied", 403, .refuseCredentials), ("SignatureDoesNotMatch", 403, .refuseCredentials),
            ("RequestTimeTooSkewed", 403, .signAgain), ("InvalidAccessKeyId", 403, .refuseCredentials),
            ("BadDigest", 400, .retry), ("InvalidDigest", 400, .refuse), ("InvalidPart", 400, .resume),
            ("InvalidPartOrder", 400, .resume), ("EntityTooSmall", 400, .refuse),
            ("FileAlreadyExists", 409, .compare), ("PreconditionFailed", 412, .compare),
            ("ConditionalRequestConflict", 409, .compare), ("SlowDown", 503, .retry),
            ("InternalError", 500, .retry), ("RequestTimeout", 400, .retry),
            ("ExpiredToken", 400, .renewCredentials),
            ("PathStyleDomainForbidden", 403, .refuseConfiguration), ("Unheard", 400, .refuse),
            ("Unheard", 429, .retry), ("Unheard", 502, .retry), ("NotImplemented", 501, .refuse),
            ("Unheard", 401, .refuseCredentials),
        ])
    func reactions(code: String, status: Int, reaction: Reaction) {
        #expect(reply(.part, status, error(code)).error?.reaction == reaction)
    }

    @Test("an error's code, message and request id are read, from JSON and from HEAD's headers, too")
    func errors() {
        let xml = reply(.finish, 404, error("NoSuchUpload")).error
        #expect(xml?.code == "NoSuchUpload" && xml?.message == "why" && xml?.requestID == "R")
        #expect(
            xml?.description
                == "finish: NoSuchUpload (no unfinished upload of that id), status 404, message 'why', request id R; "
                + "upload it again")
        let json = reply(.begin, 403, #"{"code":"AccessDenied","message":"no","request_id":"J"}"#).error
        #expect(json?.known == .accessDenied && json?.requestID == "J")
        #expect(reply(.begin, 400, #"{"code":-133,"message":"no"}"#).error?.code == "-133")
        let head = reply(.head, 403, "", ["x-cos-error-code": "AccessDenied", "x-cos-request-id": "H"]).error
        #expect(head?.known == .accessDenied && head?.requestID == "H")
        #expect(reply(.head, 404).error?.saysNothingThere == true)
        #expect(reply(.head, 404, "", ["x-cos-error-code": "NoSuchBucket"]).error?.saysNothingThere == false)
        #expect(reply(.head, 403).error?.saysNotAllowed == true)
        #expect(reply(.put, 412).error?.reaction == .compare)
    }

    @Test("a numeric code is one of the JSON API, and final unless its status is 429 or 5xx")
    func otherAPI() {
        for status in [400, 401, 403, 404, 409, 412, 501] {
            let found = reply(.begin, status, #"{"code":-71,"message":"no"}"#).error
            #expect(found?.isOfJSONAPI == true && found?.reaction == .refuse)
            #expect(found?.hint == "the endpoint answers JSON: is the JSON API meant?")
        }
        for status in [429, 502, 503] {
            #expect(reply(.put, status, #"{"code":-71}"#).error?.reaction == .retry)
            #expect(reply(.put, status, "<html/>").error?.reaction == .retry)
        }
        #expect(reply(.begin, 403, #"{"code":"AccessDenied"}"#).error?.isOfJSONAPI == false)
    }

    @Test("finish answers 200 at once and decides in its body, after any white space")
    func lateError() {
        let space = String(repeating: "\n ", count: 500)
        let late = reply(.finish, 200, space + error("InternalError")).error
        #expect(late?.status == 200 && late?.reaction == .retry)
        let good = "<CompleteMultipartUploadResult><ETag>\"e-1\"</ETag></CompleteMultipartUploadResult>"
        #expect(reply(.finish, 200, space + #"<?xml version="1.0"?>"# + good).error == nil)
        for cut in ["", space, "<CompleteMultipartUploadResult>", "<html><body>ok</body></html>", "OK"] {
            #expect(reply(.finish, 200, cut).error?.reaction == .retry)
        }
    }

    @Test("a success is one only with the document that the operation has")
    func documents() {
        #expect(reply(.begin, 200, "<InitiateMultipartUploadResult/>").error == nil)
        #expect(reply(.begin, 200, "<ListPartsResult/>").error?.reaction == .retry)
        for operation in [XMLOperation.part, .put] {
            let tagged = ["etag": "\"900150983cd24fb0d6963f7d28e17f72\""]
            #expect(reply(operation, 200, "", tagged).error == nil)
            #expect(reply(operation, 200, "<html/>").error?.reaction == .retry)
            let bare = reply(operation, 200).error
            #expect(bare?.reaction == .retry && bare?.finding == "\(operation): status 200 without an ETag")
        }
        #expect(reply(.part, 200, error("InternalError")).error?.code == "InternalError")
        #expect(reply(.versioning, 200, "<VersioningConfiguration/>").error == nil)
    }

    @Test("checksum headers are read by their own form only")
    func checksums() {
        func fields(_ headers: [String: String]) -> ReplyFields { ReplyFields(headers) }
        #expect(fields(["x-cos-hash-crc64ecma": "11051210869376104954"]).crc64ecma == 0x995d_c9bb_df19_39fa)
        for bad in ["-1", "+1", "18446744073709551616", "0x1", "", "1.0"] {
            #expect(fields(["x-cos-hash-crc64ecma": bad]).crc64ecma == nil)
        }
        #expect(fields(["x-amz-checksum-crc64nvme": "rosUhgp5mIg="]).crc64nvme == 0xae8b_1486_0a79_9888)
        for bad in ["rosUhgp5mIg", "AAAA", "", "rosUhgp5mIg=="] {
            #expect(fields(["x-amz-checksum-crc64nvme": bad]).crc64nvme == nil)
        }
        let md5 = fields(["etag": "\"900150983CD24FB0D6963F7D28E17F72\""]).md5
        #expect(md5?.hexText == "900150983cd24fb0d6963f7d28e17f72")
        #expect(fields(["etag": "\"900150983cd24fb0d6963f7d28e17f72-3\""]).md5 == nil)
        #expect(
            fields(["etag": "900150983cd24fb0d6963f7d28e17f72", "x-amz-server-side-encryption": "aws:kms"])
                .md5
                == nil)
        #expect(fields(["content-length": "-5"]).contentLength == nil)
    }

    @Test("listings are read page by page; url encoding is undone where the listing says that it is there")
    func listings() throws {
        let uploads = try XMLElement(
            document: Array(
                """
                <ListMultipartUploadsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType>
                <IsTruncated>true</IsTruncated><NextKeyMarker>a%2Bb</NextKeyMarker><NextUploadIdMarker>i</NextUploadIdMarker>
                <Upload><Key>dir/%E4%B8%8A+a%2Bb</Key><UploadId>i</UploadId><Initiated>2026-01-01T00:00:00.000Z</Initiated>
                <ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType></Upload>
                </ListMultipartUploadsResult>
                """.utf8))
        let page = try UploadsPage(uploads)
        #expect(page.uploads.map(\.key) == ["dir/上 a+b"])
        #expect(page.next == .init(key: "a+b", uploadID: "i"))
        #expect(page.uploads[0].suits(.s3(.crc64nvme)) && !page.uploads[0].suits(.s3(.sha1)))
        #expect(!page.uploads[0].suits(.cos))
        let raw = try UploadsPage(
            XMLElement(
                "R", [XMLElement("Upload", [XMLElement("Key", "a%20+b"), XMLElement("UploadId", "i")])]))
        #expect(raw.uploads.map(\.key) == ["a%20+b"] && raw.next == nil)
        let parts = try PartsPage(
            try XMLElement(
                document: Array(
                    """
                    <ListPartsResult><IsTruncated>true</IsTruncated><Part><PartNumber>2</PartNumber><ETag>"e"</ETag>
                    <Size>7</Size><ChecksumCRC64NVME>rosUhgp5mIg=</ChecksumCRC64NVME></Part></ListPartsResult>
                    """.utf8)))
        #expect(parts.next == "2")
        #expect(parts.parts[0].crc64nvme == 0xae8b_1486_0a79_9888 && parts.parts[0].etag == "\"e\"")
        for broken in [
            "<Part/>", "<Part><PartNumber>0</PartNumber><ETag>e</ETag><Size>1</Size></Part>",
            "<Part><PartNumber>1</PartNumber><ETag>e</ETag><Size>-1</Size></Part>",
            "<IsTruncated>true</IsTruncated>",
        ] {
            let document = try XMLElement(document: Array("<R>\(broken)</R>".utf8))
            #expect(throws: XMLReplyProblem.self) { try PartsPage(document) }
        }
    }

    @Test("what is hidden is taken out of code, message and request id; an upload's id goes back as it came")
    func hidden() throws {
        let pair = try Credentials(
            secretID: "AKIDidentity", secretKey: "keyverysecret", sessionToken: "TOKENTOKENTOKEN1")
        let redactor = Redactor(credentials: pair, signatures: ["3b8851a11a569213c17ba8fa7dcf2abec6935172"])
        let body =
            "<Error><Code>SignatureDoesNotMatch</Code><Message>k=AKIDidentity t=TOKENTOKENTOKEN1 "
            + "s=3b8851a11a569213c17ba8fa7dcf2abec6935172</Message><RequestId>AKIDidentity</RequestId></Error>"
        let error = XMLReply(
            to: .part, status: 403, headers: [:], body: Array(body.utf8), hiding: redactor
        ).error
        #expect(error?.message == "k=(hidden) t=(hidden) s=(hidden)")
        #expect(error?.requestID == "(hidden)")
        let begin = XMLReply(
            to: .begin, status: 200, headers: [:],
            body: Array(
                "<InitiateMultipartUploadResult><UploadId>AKIDidentity</UploadId></InitiateMultipartUploadResult>"
                    .utf8),
            hiding: redactor)
        #expect(try begin.result.get().document?.text("UploadId") == "AKIDidentity")
    }
}
