import COSProtocol
import PlanCore
import ServiceCore
import Synchronization
import Testing

@testable import COSUpload

@Suite("Uploads with tickets")
struct TicketUploadTests {
    private static let now: Int64 = 1_505_201_819

    private func ticket(_ key: String, lifetime: Int64 = 3600) throws -> Ticket {
        Ticket(
            .published, target: try jsonTarget(), key: try ObjectKey(key), now: Self.now, lifetime: lifetime,
            nonce: 1)
    }

    private func trial(_ tickets: [String: Ticket]) throws -> Trial {
        var all = Tickets()
        for (key, ticket) in tickets { all.add(ticket, for: try jsonTarget(), key: try ObjectKey(key)) }
        var trial = try Trial()
        trial.configuration.tickets = all
        return trial
    }

    @Test("every request of a file carries its ticket, and nothing is signed")
    func sent() async throws {
        let ticket = try ticket("/a")
        let trial = try trial(["/a": ticket])
        let service = FakeService()
        let (plan, bytes) = try trial.file("a", 3_000_000)
        let report = try await trial.run([plan], against: service)
        #expect(report.result("a") == .uploaded)
        #expect(service.object("/a") == bytes)
        #expect(service.state.withLock { $0.signatures } == [ticket.text])
    }

    @Test("a file without a ticket, or of another API, is not begun")
    func missing() async throws {
        var trial = try trial(["/a": try ticket("/a")])
        let service = FakeService()
        let (plan, _) = try trial.file("b", 5)
        let report = try await trial.run([plan], against: service)
        #expect(report.failure("b") == .ticket(.missing))
        #expect(report.failure("b")?.verdict == .credentials)
        trial.target = .xml(
            try XMLTarget(
                region: Region("ap-guangzhou", for: .xml), appID: AppID(1_251_668_577), bucket: Bucket("xy2"))
        )
        let other = try await trial.run([plan], against: service)
        #expect(other.failure("b") == .ticket(.missing))
        #expect(service.calls.isEmpty)
    }

    @Test("a file stops in order when its ticket is about to end, and goes on with a new one")
    func ends() async throws {
        let clock = Mutex(Self.now)
        // Ten seconds before the end nothing leaves any more: after the second slice it is nine.
        let service = FakeService { call in
            if call.operation == .data, call.count == 2 { clock.withLock { $0 = Self.now + 3600 - 9 } }
            return nil
        }
        var trial = try trial(["/a": try ticket("/a")])
        trial.configuration.slices = 1
        trial.machine = { clock.withLock { $0 } }
        let (plan, bytes) = try trial.file("a", 40 << 20)
        let report = try await trial.run([plan], against: service)
        #expect(report.failure("a") == .ticket(.expires(at: Self.now + 3600)))
        let text = report.failure("a").map { "\($0)" } ?? ""
        #expect(text.hasPrefix("its ticket expires at 2017-09-12T08:36:59Z; sign again"), "\(text)")
        let sent = service.count(.data)
        #expect(sent >= 2 && sent < 40)
        // What was under way arrived, and is found.
        var next = try self.trial(["/a": try ticket("/a", lifetime: 86_400)])
        next.machine = { Self.now + 3700 }
        try next.folder.write("a", bytes)
        let resumed = try await next.run([plan], against: service)
        #expect(resumed.result("a") == .uploaded)
        #expect(resumed.results["a"]?.receipt?.slicesFound == sent)
        #expect(service.object("/a") == bytes)
    }

    @Test("a request that is to be sent again is not sent after the end")
    func retried() async throws {
        let clock = Mutex(Self.now)
        let service = FakeService { _ in
            clock.withLock { $0 = Self.now + 3600 - 10 }
            return .answer(status: 503, code: -181)
        }
        var trial = try trial(["/a": try ticket("/a")])
        trial.machine = { clock.withLock { $0 } }
        let (plan, _) = try trial.file("a", 5)
        let report = try await trial.run([plan], against: service)
        #expect(report.failure("a") == .ticket(.expires(at: Self.now + 3600)))
        #expect(service.calls.count == 1)
    }

    @Test("a service that calls the ticket expired ends the file the same way")
    func expired() async throws {
        let trial = try trial(["/a": try ticket("/a")])
        let service = FakeService { _ in
            .answer(status: 400, code: -96, serverTime: Self.now + 7200)
        }
        let (plan, _) = try trial.file("a", 5)
        let report = try await trial.run([plan], against: service)
        #expect(report.failure("a") == .ticket(.expires(at: Self.now + 3600)))
        #expect(service.calls.count == 1)
    }

    @Test("a ticket that the service refuses is said to need another signature, with the service's words")
    func refused() async throws {
        let trial = try trial(["/a": try ticket("/a")])
        let service = FakeService { _ in
            .answer(status: 400, code: -9102, message: "ERROR_PROXY_AUTH_FAILED")
        }
        let (plan, _) = try trial.file("a", 5)
        let failure = try await trial.run([plan], against: service).failure("a")
        #expect(failure?.verdict == .credentials)
        let text = try #require(failure.map { "\($0)" })
        #expect(text.contains("signature refused") && text.contains("-9102"), "\(text)")
        #expect(text.hasSuffix("; sign again; what arrived stays there, upload again to go on"), "\(text)")
    }
}
