import ServiceCore
import COSProtocol
import PlanCore
import Testing

@testable import COSUpload

@Suite("Receipts")
struct ReceiptTests {
    func receipt(_ plan: PlannedFile, endpoint: String = "https://h") throws -> Receipt {
        Receipt(
            result: .uploaded,
            identity: Receipt.Identity(
                endpoint: try Endpoint(endpoint), target: try testTarget(), plan: plan),
            path: plan.path.bytes, slicesSent: 3, slicesFound: 1,
            urls: ObjectURLs(entries: [.init("access_url", "http://x/\"\n")]), requestIDs: ["a", "b"],
            started: "2017-09-12T07:36:59Z", ended: "2017-09-12T07:37:00Z", manifestSHA256: "00", error: nil)
    }

    @Test("a receipt is one line of JSON with the documented fields in order")
    func line() throws {
        let plan = try plan([1, 2, 3], path: "a \"b\"\n", key: "/上传")
        let line = String(decoding: try receipt(plan).json, as: UTF8.self)
        #expect(
            line
                == #"{"version":1,"result":"uploaded","endpoint":"https://h","region":"gz","appid":1251668577,"#
                + #""bucket":"xy2","key":"/上传","path":"a \"b\"\n","filesize":3,"#
                + #""sha":"7037807198c22a7d2b0807371d763779a84fdfcf","datasha":"state","slices_sent":3,"#
                + #""slices_found":1,"urls":{"access_url":"http://x/\"\n"},"request_ids":["a","b"],"#
                + #""started":"2017-09-12T07:36:59Z","ended":"2017-09-12T07:37:00Z","manifest_sha256":"00"}"#)
    }

    @Test("what is written reads back", arguments: Receipt.Result.allCases)
    func reading(result: Receipt.Result) throws {
        var receipt = try receipt(try plan([1, 2, 3]))
        receipt.result = result
        receipt.error = result == .failed ? "no" : nil
        #expect(Receipt(json: receipt.json) == receipt)
        for count in 0..<receipt.json.count {
            #expect(Receipt(json: Array(receipt.json.prefix(count))) == nil)
            #expect(Receipt.isBeginning(Array(receipt.json.prefix(count)), whole: false))
        }
    }

    @Test("a good line stands for its plan, and for no other endpoint, target, key, size, sha or datasha")
    func skipping() throws {
        let plan = try plan([1, 2, 3])
        let (endpoint, target) = (try Endpoint("https://h"), try testTarget())
        var log = ReceiptLog()
        var failed = try receipt(plan)
        failed.result = .failed
        log.read(line: failed.json)
        #expect(!log.shows(endpoint: endpoint, target: target, plan: plan))
        log.read(line: try receipt(plan).json)
        #expect(log.shows(endpoint: endpoint, target: target, plan: plan))
        #expect(!log.shows(endpoint: try Endpoint("http://h"), target: target, plan: plan))
        let json = try jsonTarget()
        for other in [
            try JSONTarget(region: Region("sh"), appID: json.appID, bucket: json.bucket),
            try JSONTarget(region: json.region, appID: AppID(1), bucket: json.bucket),
            try JSONTarget(region: json.region, appID: json.appID, bucket: Bucket("b")),
        ] {
            #expect(!log.shows(endpoint: endpoint, target: .json(other), plan: plan))
        }
        for other in [
            try COSUploadTests.plan([1, 2, 3], key: "/b"), try COSUploadTests.plan([1, 2, 4]),
            try COSUploadTests.plan([1, 2, 3, 4]), try COSUploadTests.plan([1, 2, 3], kind: .part),
        ] {
            #expect(!log.shows(endpoint: endpoint, target: target, plan: other))
        }
        #expect(
            log.shows(
                endpoint: endpoint, target: target,
                plan: try COSUploadTests.plan([1, 2, 3], path: "c", key: "/a")))
    }

    @Test("a later line about other content of the object ends what an earlier one says, through any API")
    func superseded() throws {
        let (endpoint, target) = (try Endpoint("https://h"), try testTarget())
        let (first, second) = (try plan([1, 2, 3]), try plan([4, 5, 6]))
        func log(_ lines: [Receipt]) -> ReceiptLog {
            var log = ReceiptLog()
            for line in lines { log.read(line: line.json) }
            return log
        }
        func shown(_ log: ReceiptLog) -> [Bool] {
            [first, second].map { log.shows(endpoint: endpoint, target: target, plan: $0) }
        }
        let (a, b) = (try receipt(first), try receipt(second))
        #expect(shown(log([a, b])) == [false, true])
        #expect(shown(log([a, b, a])) == [true, false])
        // What failed may have arrived all the same.
        var failed = b
        failed.result = .failed
        #expect(shown(log([a, failed])) == [false, false])
        var again = a
        again.result = .failed
        #expect(shown(log([a, again])) == [true, false])
        // The same object by the XML API and by S3.
        var xml = b
        (xml.identity.api, xml.identity.region, xml.identity.endpoint) = (.xml, "ap-guangzhou", "https://x")
        #expect(shown(log([a, xml])) == [false, false])
        var s3 = b
        (s3.identity.api, s3.identity.appID) = (.s3, nil)
        s3.identity.bucket = "\(b.identity.bucket)-\(try #require(b.identity.appID))"
        #expect(shown(log([a, s3])) == [false, false])
        // The same content at two endpoints is two uploads, and both count.
        var elsewhere = a
        elsewhere.identity.endpoint = "https://elsewhere"
        #expect(shown(log([a, elsewhere])) == [true, false])
    }

    @Test("names in NFC and NFD are two keys")
    func normalForms() throws {
        let (endpoint, target) = (try Endpoint("https://h"), try testTarget())
        let composed = try plan([1], path: "a", key: "/\u{e9}")
        let decomposed = try plan([1], path: "a", key: "/e\u{301}")
        var log = ReceiptLog()
        log.read(line: try receipt(composed).json)
        #expect(log.shows(endpoint: endpoint, target: target, plan: composed))
        #expect(!log.shows(endpoint: endpoint, target: target, plan: decomposed))
    }

    @Test("lines that are no receipt are counted and skip nothing")
    func unreadable() {
        var log = ReceiptLog()
        for line in ["", "{", "{}", #"{"version":2}"#, "x"] { log.read(line: Array(line.utf8)) }
        #expect(log.unreadableLines == 4)
    }

    @Test(
        "what begins a line of any version is told from other JSON, torn or whole",
        arguments: [
            (#"{"version":1,"result":"uploaded","x":"#, true, true),
            (#"{"version":2,"result":""#, true, true),
            ("", true, false), ("{", true, false), (#"{"version":1"#, true, false),
            (#"{"version":1,"resu"#, true, false), (#"{"version": 1,"result":""#, false, false),
            (#"{"version":"1.0","name":"package"}"#, false, false), (#"{"cosplan":1,"#, false, false),
            (#"{"version":1,"name":"#, false, false), (#"{"version":,"result":""#, false, false),
            ("---\n", false, false), (#"{"version":12345678901,"result":""#, false, false),
        ])
    func beginnings(text: String, torn: Bool, whole: Bool) {
        #expect(Receipt.isBeginning(Array(text.utf8), whole: false) == torn)
        #expect(Receipt.isBeginning(Array(text.utf8), whole: true) == whole)
    }

    @Test("the first line says whether it is a receipt at all; later foreign ones are told by number")
    func foreign() throws {
        let line = try receipt(try plan([1])).json
        let later = Array(#"{"version":7,"result":"moved"}"#.utf8)
        var log = ReceiptLog()
        #expect(log.beginsAsReceipt == nil)
        for text in [[], line, later, Array("x".utf8), Array("y".utf8)] { log.read(line: text) }
        #expect(log.beginsAsReceipt == true)
        #expect(log.firstForeignLine == 4)
        #expect(log.unreadableLines == 3)
        var other = ReceiptLog()
        for text in [Array("x".utf8), line] { other.read(line: text) }
        #expect(other.beginsAsReceipt == false)
        #expect(other.firstForeignLine == 1)
    }
}
