import Foundation
import PlanCore
import PlanDigest
import ServiceCore
import Synchronization
import Testing
import XMLProtocol

@testable import COSUpload

/// Answers HEAD, stat and `?versioning` by a function of the path.
///
/// A class: it counts.
final class LookedAt: HTTPTransport {
    typealias Answering = @Sendable (HTTPRequest, Int) throws(TransportError) -> HTTPResponse

    private let state = Mutex((requests: [HTTPRequest](), inFlight: 0, most: 0))
    private let answer: Answering

    init(_ answer: @escaping Answering) { self.answer = answer }

    var requests: [HTTPRequest] { state.withLock { $0.requests } }
    var maximumInFlight: Int { state.withLock { $0.most } }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let count = state.withLock { state in
            state.requests.append(request)
            state.inFlight += 1
            state.most = max(state.most, state.inFlight)
            return state.requests.count
        }
        defer { state.withLock { $0.inFlight -= 1 } }
        // Others get their turn while this request is under way.
        for _ in 0..<20 { await Task.yield() }
        return try answer(request, count)
    }
}

@Suite("The audit of what is at keys")
struct RemoteAuditTests {
    struct Report {
        var results: [String: Result<AuditFinding, UploadFailure>] = [:]
        var order: [Int] = []
        var full: [AuditResult] = []

        func finding(_ key: String) -> AuditFinding? { try? results[key]?.get() }
        func failure(_ key: String) -> UploadFailure? {
            if case .failure(let failure)? = results[key] { failure } else { nil }
        }
    }

    func run(
        _ objects: [AuditedObject], against transport: any HTTPTransport,
        configuration: UploadConfiguration? = nil, begun: (RemoteAudit) -> Void = { _ in }
    ) async throws -> Report {
        var usual = UploadConfiguration(credentials: .published)
        usual.retry = RetryPolicy(retries: 2, firstPause: 0, maximumPause: 0)
        let audit = RemoteAudit(
            configuration ?? usual, over: transport, clock: WallClock(machine: { 1_505_201_819 }))
        begun(audit)
        var rest = objects[...]
        var report = Report()
        await audit.ask {
            rest.popFirst()
        } ended: { result in
            report.results[result.object.key.text] = result.finding
            report.order.append(result.number)
            report.full.append(result)
        }
        return report
    }

    static func object(
        _ key: String, _ api: ServiceAPI, _ checksums: [ChecksumKind: String] = [:]
    ) throws -> AuditedObject { try AuditFindingTests.object(checksums, key: key, api: api) }

    static func headers(_ fields: [String: String] = [:], length: Int = 9) -> HTTPResponse {
        HTTPResponse(
            status: 200, headers: fields.merging(["content-length": "\(length)"]) { $1 }, body: [])
    }

    @Test("S3 and XML are asked by HEAD, S3 for its checksum too; nothing is sent and no bytes are asked for")
    func heads() async throws {
        let store = LookedAt { request, _ throws(TransportError) in
            switch request.head.path {
            case "/xy2/same": Self.headers(["x-amz-checksum-crc64nvme": AuditFindingTests.nvme])
            case "/xy2/other": Self.headers(["x-amz-checksum-crc64nvme": "AAAAAAAAAAA="])
            case "/xy2/longer": Self.headers(length: 10)
            case "/same": Self.headers(["x-cos-hash-crc64ecma": AuditFindingTests.ecma])
            case "/xy2": HTTPResponse(status: 200, body: Array("<VersioningConfiguration/>".utf8))
            default: HTTPResponse(status: 404, body: [])
            }
        }
        let nvme = [ChecksumKind.crc64nvme: AuditFindingTests.nvme]
        let objects =
            try ["/same", "/other", "/longer", "/gone"].map { try Self.object($0, .s3, nvme) }
            + [try Self.object("/same", .xml, [.crc64ecma: AuditFindingTests.ecma])]
        let report = try await run(Array(objects.prefix(4)), against: store)
        guard case .same? = report.finding("/same"), case .differs(.digest)? = report.finding("/other") else {
            Issue.record("\(report.results)")
            return
        }
        #expect(report.finding("/longer") == .differs(.size(recorded: 9, found: 10)))
        #expect(report.finding("/gone") == .missing)
        let xml = try await run(Array(objects.suffix(1)), against: store)
        guard case .same? = xml.finding("/same") else {
            Issue.record("\(xml.results)")
            return
        }
        for request in store.requests where request.head.query != "versioning" {
            #expect(request.head.method == "HEAD" && request.head.query == nil && request.body == nil)
            let isS3 = request.endpoint.host == "127.0.0.1"
            let mode = request.head.headers.first { $0.name == "x-amz-checksum-mode" }
            #expect((mode?.value == "ENABLED") == isS3)
            #expect(request.head.headers.contains { $0.name == "authorization" })
        }
    }

    @Test("JSON is asked by stat")
    func stats() async throws {
        let store = LookedAt { request, _ throws(TransportError) in
            let name = request.head.path.split(separator: "/").last ?? ""
            let body =
                switch name {
                case "same": #"{"code":0,"data":{"filelen":9,"sha":"\#(AuditFindingTests.sha)"}}"#
                case "bare": #"{"code":0,"data":{"filelen":9}}"#
                case "bucket": #"{"code":-133,"message":"m","request_id":"r"}"#
                default: #"{"code":-166}"#
                }
            return HTTPResponse(status: name == "gone" ? 404 : 200, body: Array(body.utf8))
        }
        let objects = try ["/same", "/bare", "/bucket", "/gone"].map { try Self.object($0, .json) }
        let report = try await run(objects, against: store)
        guard case .same? = report.finding("/same") else {
            Issue.record("\(report.results)")
            return
        }
        #expect(report.finding("/bare") == .cannotTell(.noDigest))
        #expect(report.finding("/gone") == .missing)
        #expect(report.failure("/bucket")?.verdict == .refused)
        for request in store.requests {
            #expect(request.head.method == "GET" && request.head.query == "op=stat" && request.body == nil)
        }
    }

    @Test("a bucket that is not there is not a thousand missing objects; it is asked for once")
    func noBucket() async throws {
        let store = LookedAt { request, _ throws(TransportError) in
            guard request.head.query == "versioning" else { return HTTPResponse(status: 404, body: []) }
            return HTTPResponse(
                status: 404, body: Array("<Error><Code>NoSuchBucket</Code><Message>m</Message></Error>".utf8))
        }
        let objects = try (0..<40).map { try Self.object("/\($0)", .s3) }
        let report = try await run(objects, against: store)
        #expect(objects.allSatisfy { report.failure($0.key.text)?.verdict == .refused })
        #expect("\(report.failure("/7").map { "\($0)" } ?? "")".contains("NoSuchBucket"))
        #expect(store.requests.count { $0.head.query == "versioning" } == 1)
        // A store that does not have the question, or not for this pair, is taken at HEAD's word, at once.
        for (status, body) in [
            (403, ""), (200, "<html/>"), (503, ""), (404, "<Error><Code>NoSuchKey</Code></Error>"),
        ] {
            let closed = LookedAt { request, _ throws(TransportError) in
                request.head.query == "versioning"
                    ? HTTPResponse(status: status, body: Array(body.utf8))
                    : HTTPResponse(status: 404, body: [])
            }
            let missing = try await run(objects, against: closed)
            #expect(objects.allSatisfy { missing.finding($0.key.text) == .missing }, "\(status)")
            #expect(closed.requests.count == 41)
        }
    }

    @Test("questions are asked again where that may help, and what is refused is told with its exit")
    func retries() async throws {
        let store = LookedAt { request, count throws(TransportError) in
            switch request.head.path {
            case "/xy2/late" where count < 3: throw .connectionLost
            case "/xy2/down": HTTPResponse(status: 503, body: [])
            case "/xy2/closed": HTTPResponse(status: 403, body: [])
            default: Self.headers(["etag": "\"\(AuditFindingTests.md5)\""])
            }
        }
        let md5 = [ChecksumKind.md5: AuditFindingTests.md5]
        let late = try await run([Self.object("/late", .s3, md5)], against: store)
        guard case .same? = late.finding("/late") else {
            Issue.record("\(late.results)")
            return
        }
        let report = try await run(
            [Self.object("/down", .s3), Self.object("/closed", .s3)], against: store)
        #expect(report.failure("/down")?.verdict == .tryAgain)
        #expect(report.failure("/closed")?.verdict == .credentials)
        #expect(store.requests.count { $0.head.path == "/xy2/down" } == 3)
        #expect(store.requests.count { $0.head.path == "/xy2/closed" } == 1)
    }

    @Test("several questions at once, never more than asked for; after a stop nothing more is asked")
    func bounds() async throws {
        let objects = try (0..<200).map { try Self.object("/\($0)", .s3) }
        let store = LookedAt { _, _ throws(TransportError) in Self.headers(length: 8) }
        var configuration = UploadConfiguration(credentials: .published)
        configuration.filesAtOnce = 7
        let report = try await run(objects, against: store, configuration: configuration)
        #expect(report.results.count == 200 && Set(report.order) == Set(0..<200))
        #expect((2...7).contains(store.maximumInFlight))
        let stopping = Mutex<RemoteAudit?>(nil)
        let stopped = LookedAt { _, count throws(TransportError) in
            if count == 20 { stopping.withLock { $0?.stop() } }
            return Self.headers(length: 8)
        }
        let part = try await run(objects, against: stopped, configuration: configuration) { audit in
            stopping.withLock { $0 = audit }
        }
        #expect((14...26).contains(part.results.count) && stopped.requests.count <= 26)
        #expect(part.results.values.allSatisfy { (try? $0.get()) != nil })
    }

    @Test("HEAD's 400 without words is an expired token: the source is read again once, for all questions")
    func expiredToken() async throws {
        let old = try Credentials(secretID: "AKIDone", secretKey: "k", sessionToken: "TOKENone")
        let new = try Credentials(secretID: "AKIDtwo", secretKey: "l", sessionToken: "TOKENtwo")
        let readings = Mutex(0)
        var configuration = UploadConfiguration(credentials: old)
        configuration.renewedCredentials = {
            readings.withLock { $0 += 1 }
            return new
        }
        let store = LookedAt { request, _ throws(TransportError) in
            let token = request.head.headers.first { $0.name == "x-amz-security-token" }?.value
            return token == "TOKENtwo" ? Self.headers(length: 8) : HTTPResponse(status: 400, body: [])
        }
        let objects = try (0..<20).map { try Self.object("/\($0)", .s3) }
        let report = try await run(objects, against: store, configuration: configuration)
        #expect(objects.allSatisfy { report.finding($0.key.text) == .differs(.size(recorded: 9, found: 8)) })
        #expect(readings.withLock { $0 } == 1)
    }

    @Test("HEAD's 403 with a Date far from this clock is asked once more by the store's clock")
    func skewedClock() async throws {
        let date = ["date": HTTPDate.text(1_505_201_819 + 3600)]
        let store = LookedAt { request, _ throws(TransportError) in
            let stamp = request.head.headers.first { $0.name == "x-amz-date" }?.value ?? ""
            // 2017-09-12T07:36:59Z and an hour.
            guard stamp.hasPrefix("20170912T0836") else {
                return HTTPResponse(status: 403, headers: date, body: [])
            }
            return Self.headers(length: 8)
        }
        let report = try await run([Self.object("/a", .s3)], against: store)
        #expect(report.finding("/a") == .differs(.size(recorded: 9, found: 8)))
        #expect(store.requests.count == 2)
    }

    @Test("the bytes of the files here settle what the plan lacks, if they are the planned ones")
    func bytes() async throws {
        let folder = try Folder()
        let text = Array("123456789".utf8)
        try folder.write("a", text)
        let store = LookedAt { request, _ throws(TransportError) in
            let crc = request.head.path == "/xy2/other" ? "AAAAAAAAAAA=" : AuditFindingTests.nvme
            return Self.headers(["x-amz-checksum-crc64nvme": crc])
        }
        let report = try await run(
            ["/a", "/other", "/changed", "/none"].map { try Self.object($0, .s3) }, against: store)
        #expect(report.full.allSatisfy(LocalDigests.couldTell))
        let digests = LocalDigests(
            root: try folder.root(), allowOutside: false, engine: DigestEngine(jobs: 2))
        var found: [String: AuditFinding] = [:]
        func settle(_ key: String) throws {
            let results = report.full.filter { $0.object.key.text == key }
            try digests.settle(results) { found[$0.object.key.text] = try? $0.finding.get() }
        }
        try settle("/a")
        try settle("/other")
        try folder.write("a", Array("123456780".utf8))
        try settle("/changed")
        try FileManager.default.removeItem(at: folder.url.appending(path: "a"))
        try settle("/none")
        guard case .same(let digest?)? = found["/a"], case .differs(.digest)? = found["/other"],
            case .cannotTell(.fileUnread)? = found["/none"]
        else {
            Issue.record("\(found)")
            return
        }
        #expect(digest.description == "crc64nvme \(AuditFindingTests.nvme)")
        #expect(found["/changed"] == .cannotTell(.fileDiffers(try LocalPath("a"))))
    }
}
