import PlanCore
import Testing

@testable import COSEmulator

@Suite("Emulator: faults of the XML API")
struct XMLFaultTests {
    private func run(
        _ faults: [Fault], _ body: (XMLClient, TestService) throws -> Void
    ) async throws {
        try await TestService.run(.test { $0.faults = faults }) { (service) async throws in
            try body(XMLClient(service), service)
        }
    }

    @Test(
        "a fault answers in the service's place, and nothing is done",
        arguments: [
            (FaultAction.status(500, code: -1), 500, "InternalError"),
            (.status(503, code: -1), 503, "SlowDown"),
            (.status(400, code: -1, error: "RequestTimeout"), 400, "RequestTimeout"),
            (.throttle(milliseconds: 1, status: 429, code: -1), 429, "SlowDown"),
            (.expired, 403, "RequestTimeTooSkewed"), (.forbidden, 403, "AccessDenied"),
            (.clockSkew(seconds: 1_000), 403, "RequestTimeTooSkewed"),
            (.clockSkew(seconds: -1_000), 403, "RequestTimeTooSkewed"), (.html(status: 403), 403, ""),
            (.emptyReply(status: 200), 200, ""), (.redirect(status: 307, location: nil), 307, ""),
        ])
    func refusals(action: FaultAction, status: Int, code: String) async throws {
        try await run([Fault(action, operation: .put)]) { client, service in
            let put = try client.send("PUT", "/a", body: [1])
            #expect(put.status == status && put.code == code, "\(put.text)")
            #expect(try client.send("HEAD", "/a").status == 404)
            #expect(try client.send("PUT", "/a", body: [1]).status == 200)
            #expect(service.emulator.statistics.faults[action.name] == 1)
            #expect(service.emulator.statistics.requests[.put] == 2)
        }
    }

    @Test("late_error is a 200, white space, an error, and no object", arguments: [0, 50] as [Int64])
    func lateError(milliseconds: Int64) async throws {
        try await run([Fault(.lateError(milliseconds: milliseconds, error: "InternalError"))]) { client, _ in
            let upload = try client.begin("/a")
            let etag = try client.part("/a", upload, 1, [1]).etag
            // The fault applies to begin, the first request, which it does not affect.
            #expect(try client.finish("/a", upload, [(1, etag)]).status == 200)
        }
        let fault = Fault(.lateError(milliseconds: milliseconds, error: "SlowDown"), operation: .finish)
        try await run([fault]) { client, _ in
            let upload = try client.begin("/a")
            let etag = try client.part("/a", upload, 1, [1]).etag
            let late = try client.finish("/a", upload, [(1, etag)])
            #expect(late.status == 200 && late.headers["transfer-encoding"] == "chunked")
            #expect(late.body.first == 0x20 && late.code == "SlowDown", "\(late.text)")
            #expect(try client.send("HEAD", "/a").status == 404)
            #expect(try client.finish("/a", upload, [(1, etag)]).status == 200)
        }
    }

    @Test("no_checksum and wrong_checksum change the reply, not the object")
    func checksums() async throws {
        for action in [FaultAction.noChecksum, .wrongChecksum] {
            try await run(
                [.put, .part, .finish, .head].map { Fault(action, operation: $0) }
            ) { client, _ in
                let first = try client.send("PUT", "/a", body: [1, 2, 3])
                let right = try client.send("PUT", "/a", body: [1, 2, 3])
                let upload = try client.begin("/b")
                let part = try client.part("/b", upload, 1, [1, 2, 3])
                let end = try client.finish("/b", upload, [(1, part.etag)])
                let head = try client.send("HEAD", "/a")
                for answer in [first, part, end, head] {
                    #expect(answer.status == 200 && answer.crc != right.crc)
                    #expect((answer.crc == nil) == (action == .noChecksum))
                }
                #expect(try client.send("HEAD", "/a").crc == right.crc)
                #expect(try client.send("HEAD", "/b").crc == right.crc)
            }
        }
    }

    @Test("replies are cut, dropped, reset; an unfinished upload is forgotten")
    func connections() async throws {
        let faults = [
            Fault(.dropReply, operation: .put), Fault(.cutReply, operation: .begin),
            Fault(.reset(.during), operation: .part), Fault(.deadSession, operation: .listParts),
        ]
        try await run(faults) { client, _ in
            #expect(throws: RawClient.Problem.self) { try client.send("PUT", "/a", body: [1]) }
            #expect(try client.send("HEAD", "/a").status == 200)
            #expect(throws: RawClient.Problem.self) { try client.begin("/a") }
            let found = try client.send("GET", "/", query: [("uploads", "")]).elements("UploadId")
            let upload = try #require(found.first)
            #expect(throws: RawClient.Problem.self) {
                try client.part("/a", upload, 1, [UInt8](repeating: 1, count: 100_000))
            }
            #expect(try client.part("/a", upload, 1, [1]).status == 200)
            #expect(try client.send("GET", "/a", query: [("uploadId", upload)]).code == "NoSuchUpload")
        }
    }

    @Test("what came of a body that breaks off does not stay")
    func brokenOff() async throws {
        let folder = try ScratchFolder()
        let configuration = EmulatorConfiguration.test {
            $0.root = folder.path + "/root"
            $0.faults = [
                Fault(.reset(.during), operation: .put), Fault(.reset(.during), operation: .part),
                Fault(.forbidden, operation: .put, nth: 2),
            ]
        }
        let bytes = [UInt8](repeating: 1, count: 3_000_000)
        try await TestService.run(configuration) { (service) async throws in
            let client = XMLClient(service)
            #expect(throws: RawClient.Problem.self) { try client.send("PUT", "/a", body: bytes) }
            let upload = try client.begin("/a")
            #expect(throws: RawClient.Problem.self) { try client.part("/a", upload, 1, bytes) }
            #expect(try client.send("PUT", "/a", body: bytes).code == "AccessDenied")
            #expect(try client.part("/a", upload, 2, [1]).status == 200)
            let etag = try client.part("/a", upload, 1, bytes).etag
            #expect(try client.finish("/a", upload, [(1, etag)]).status == 200)
            #expect(folder.names(below: "root/uploads").isEmpty)
        }
    }
}
