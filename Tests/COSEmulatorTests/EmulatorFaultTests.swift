import COSEmulator
import COSProtocol
import Foundation
import PlanCore
import Testing

@Suite("Emulator: faults")
struct EmulatorFaultTests {
    private func faulty(_ faults: [ByteString: String]...) throws -> EmulatorConfiguration {
        let faults = try faults.map { try Fault(fields: $0) }
        return .test { $0.faults = faults }
    }

    @Test("nth and times choose requests of the operation and key; the first fault in the list wins")
    func selection() async throws {
        let configuration = try faulty(
            [
                "op": "list", "key": "/a", "nth": "2", "times": "2", "do": "status", "status": "503",
                "code": "-71",
            ],
            ["op": "list", "nth": "3", "times": "all", "do": "html"])
        try await TestService.run(configuration) { (service) async throws in
            #expect(try service.stat("/a").status == 404)
            #expect(try service.list("/a").status == 404)
            let faulty = try service.list("/a")
            #expect(faulty.status == 503 && faulty.code == -71)
            // The third list overall, so the second fault applies as well.
            #expect(try service.list("/a").status == 503)
            for key in ["/a", "/b"] {
                let client = try RawClient(port: service.port)
                try client.send(service.request(key, [("op", Array("upload_slice_list".utf8))]))
                let reply = try client.reply()
                #expect(reply.status == 403 && reply.headers["content-type"] == "text/html")
            }
            #expect(service.emulator.statistics.faults == ["status": 2, "html": 2])
        }
    }

    @Test("a reset ends the connection, before, during and after the body, and nothing is done")
    func reset() async throws {
        for moment in ["before", "during", "after"] {
            let configuration = try faulty(["op": "data", "do": "reset", "when": moment])
            try await TestService.run(configuration) { (service) async throws in
                let bytes = TestFile.random(1_000_000, seed: 1)
                let session = try service.begin("/a", bytes).text("session")
                #expect(throws: RawClient.Problem.self) { try service.slice("/a", session, 0, bytes) }
                #expect(try service.list("/a").listed == [])
                #expect(try service.slice("/a", session, 0, bytes).code == 0)
            }
        }
    }

    @Test("a reply that is dropped or cut leaves the work done")
    func lostReply() async throws {
        for (action, key) in [("drop_reply", "/a"), ("cut_reply", "/b")] {
            try await TestService.run(try faulty(["op": "finish", "do": action])) { (service) async throws in
                let bytes = TestFile.random(600_000, seed: 1)
                let session = try service.begin(key, bytes).text("session")
                #expect(try service.slice(key, session, 0, bytes).code == 0)
                let problem = #expect(throws: RawClient.Problem.self) {
                    try service.finish(key, session, bytes)
                }
                if case .closed(let after)? = problem { #expect((after > 0) == (action == "cut_reply")) }
                #expect(try service.stat(key).text("sha") == TestFile.sha1(bytes))
                #expect(try service.finish(key, session, bytes).code == -166)
            }
        }
    }

    @Test("empty replies, redirects and statuses leave the work undone")
    func otherReplies() async throws {
        let configuration = try faulty(
            ["op": "upload", "do": "empty_reply"],
            ["op": "upload", "nth": "2", "do": "redirect", "status": "308"],
            ["op": "upload", "nth": "3", "do": "expired"],
            ["op": "upload", "nth": "4", "do": "redirect", "location": "http://127.0.0.1:9/x"])
        try await TestService.run(configuration) { (service) async throws in
            let request = service.request("/a", [("op", Array("upload".utf8)), ("filecontent", [1])])
            let client = try RawClient(port: service.port)
            try client.send(request)
            let empty = try client.reply()
            #expect(empty.status == 200 && empty.body.isEmpty)
            try client.send(request)
            let redirect = try client.reply()
            #expect(redirect.status == 308)
            #expect(redirect.headers["location"] == "/redirected/files/v2/1251668577/xy2/a")
            try client.send(request)
            #expect(try TestService.answer(client.reply()).code == -96)
            try client.send(request)
            #expect(try client.reply().headers["location"] == "http://127.0.0.1:9/x")
            #expect(try service.stat("/a").status == 404)
        }
    }

    @Test("slice_size and serial change what init answers, and the session keeps to it")
    func initFaults() async throws {
        let configuration = try faulty(
            ["op": "init", "do": "slice_size", "slice_size": "524288"],
            ["op": "init", "nth": "2", "do": "serial"])
        try await TestService.run(configuration) { (service) async throws in
            let bytes = TestFile.random(1_500_000, seed: 1)
            let first = try service.begin("/a", bytes)
            #expect(first.number("slice_size") == 524_288 && first.number("serial_upload") == 0)
            #expect(try service.slice("/a", first.text("session"), 0, bytes[..<1_048_576]).code == -9200)
            for offset in [524_288, 0, 1_048_576] {
                let slice = bytes[offset..<min(offset + 524_288, bytes.count)]
                #expect(try service.slice("/a", first.text("session"), offset, slice).code == 0)
            }
            #expect(try service.finish("/a", first.text("session"), bytes).code == 0)

            let other = TestFile.random(1_500_000, seed: 2)
            let second = try service.begin("/b", other)
            #expect(second.number("serial_upload") == 1)
            let session = second.text("session")
            let early = try service.slice("/b", session, 1_048_576, other[1_048_576...])
            #expect(early.code == -9200 && early.message.contains("serial_upload is 1"))
            #expect(try service.slice("/b", session, 0, other[..<1_048_576]).code == 0)
            #expect(try service.slice("/b", session, 0, other[..<1_048_576]).code == 0)  // a retry
            #expect(try service.slice("/b", session, 1_048_576, other[1_048_576...]).code == 0)
            #expect(try service.finish("/b", session, other).code == 0)
        }
    }

    @Test("a serial session refuses a slice while another is under way")
    func serialInFlight() async throws {
        let configuration = EmulatorConfiguration.test { $0.serialUpload = true }
        try await TestService.run(configuration) { (service) async throws in
            let bytes = TestFile.random(1_500_000, seed: 1)
            let session = try service.begin("/a", bytes).text("session")
            let request = service.request(
                "/a",
                [
                    ("op", Array("upload_slice_data".utf8)), ("session", Array(session.utf8)),
                    ("offset", Array("0".utf8)), ("filecontent", Array(bytes[..<1_048_576])),
                ])
            let client = try RawClient(port: service.port)
            try client.send(Array(request[..<500_000]))
            while service.emulator.statistics.maximumSlicesInFlight == 0 { await Task.yield() }
            let early = try service.slice("/a", session, 1_048_576, bytes[1_048_576...])
            #expect(early.code == -9200 && early.message.contains("another slice is under way"))
            try client.send(Array(request[500_000...]))
            #expect(try TestService.answer(client.reply()).code == 0)
            #expect(try service.slice("/a", session, 1_048_576, bytes[1_048_576...]).code == 0)
            #expect(service.emulator.statistics.maximumSlicesInFlight == 1)
        }
    }

    @Test("a skewed clock refuses signatures and shows itself in Date")
    func clockSkew() async throws {
        let configuration = try faulty(
            ["op": "stat", "do": "clock_skew", "s": "301"], ["nth": "2", "do": "clock_skew", "s": "-901"])
        try await TestService.run(configuration) { (service) async throws in
            let ahead = try service.stat("/a")
            #expect(ahead.code == -96)
            #expect(ahead.headers["date"] == "Tue, 12 Sep 2017 07:42:00 GMT")
            let behind = try service.stat("/a")
            #expect(behind.code == -96)
            #expect(behind.headers["date"] == "Tue, 12 Sep 2017 07:21:58 GMT")
            let right = try service.stat("/a")
            #expect(right.code == -166)
            #expect(right.headers["date"] == "Tue, 12 Sep 2017 07:36:59 GMT")
        }
    }

    @Test("throttling lasts for its time and no longer")
    func throttle() async throws {
        let configuration = try faulty(
            ["key": "/long", "do": "throttle", "ms": "86400000"],
            ["key": "/short", "do": "throttle", "ms": "1"])
        try await TestService.run(configuration) { (service) async throws in
            for _ in 0..<5 { #expect(try service.stat("/long").status == 429) }
            #expect(try service.stat("/short").status == 429)
            var status = 429
            while status == 429 { status = try service.stat("/short").status }
            #expect(status == 404)
            #expect(try service.stat("/long").status == 429)
        }
    }

    @Test("a delay holds the reply back, and slow reading the body")
    func slowness() async throws {
        let configuration = try faulty(
            ["op": "stat", "do": "delay", "ms": "150"],
            ["op": "upload", "do": "slow_read", "bytes_per_second": "2000000"])
        try await TestService.run(configuration) { (service) async throws in
            let begun = ContinuousClock.now
            #expect(try service.stat("/a").status == 404)
            #expect(ContinuousClock.now - begun >= .milliseconds(150))
            let again = ContinuousClock.now
            let bytes = [UInt8](repeating: 1, count: 1_000_000)
            #expect(try service.post("/a", [("op", Array("upload".utf8)), ("filecontent", bytes)]).code == 0)
            #expect(ContinuousClock.now - again >= .milliseconds(500))
        }
    }

    @Test("a dead session is gone with its slices")
    func deadSession() async throws {
        for operation in ["data", "finish", "list"] {
            try await TestService.run(try faulty(["op": operation, "nth": "2", "do": "dead_session"])) {
                (service) async throws in
                let bytes = TestFile.random(1_500_000, seed: 1)
                let session = try service.begin("/a", bytes).text("session")
                #expect(try service.slice("/a", session, 0, bytes[..<1_048_576]).code == 0)
                _ = try service.list("/a")
                _ = try service.finish("/a", session, bytes)
                let answer =
                    switch operation {
                    case "data": try service.slice("/a", session, 1_048_576, bytes[1_048_576...])
                    case "finish": try service.finish("/a", session, bytes)
                    default: try service.list("/a")
                    }
                #expect(answer.code == -166)
                #expect(try service.begin("/a", bytes).text("session") != session)
            }
        }
    }
}
