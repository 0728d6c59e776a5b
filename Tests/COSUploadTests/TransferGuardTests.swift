import CCurlHook
import COSEmulator
import COSProtocol
import Foundation
import FoundationNetworking
import PlanCore
import Testing

@testable import COSUpload

@Suite("Guard between Foundation and libcurl")
struct TransferGuardTests {
    @Test("it works on this Foundation and libcurl: sockets that only wait to read are no longer written to")
    func active() async throws {
        #expect(TransferGuard.install() == nil)
        let before = cosplan_curl_guard_counts_read()
        let rehearsal = try Rehearsal()
        let (plan, bytes) = try rehearsal.trial.file("a", 2_000_000)
        let report = try await rehearsal.run([plan], faults: [])
        #expect(report.failure("a") == nil)
        #expect(rehearsal.kept(plan, is: bytes) == .right)
        let after = cosplan_curl_guard_counts_read()
        #expect(after.guarded >= before.guarded + 4)
        #expect(after.replayed > before.replayed)
    }

    @Test("a kept connection that the service closed ends the request at once, and it is made again")
    func rewind() async throws {
        let rewinds = cosplan_curl_guard_counts_read().refused_rewinds
        let rehearsal = try Rehearsal()
        let (plan, bytes) = try rehearsal.trial.file("a", 2_000_000)
        // Slices are sent one at a time over the connection of init, which is reset once the first was read.
        let faults = [Fault(.serial), Fault(.reset(.after), operation: .data)]
        let report = try await rehearsal.run([plan], faults: faults) {
            // So long that reaching the timeout would exceed the time limit of the test.
            $0.configuration.idleSeconds = 600
        }
        #expect(report.failure("a") == nil)
        #expect(report.progress.retries == 1)
        #expect(rehearsal.kept(plan, is: bytes) == .right)
        #expect(cosplan_curl_guard_counts_read().refused_rewinds > rewinds)
    }

    @Test("turned off, it leaves requests alone")
    func off() async {
        // In a process of its own: other tests would be counted as well.
        await #expect(processExitsWith: .success) {
            var configuration = UploadConfiguration(credentials: .published)
            configuration.isGuarded = false
            let server = try RawServer { _ in RawServer.json(#"{"code":0}"#) }
            let way = URLSessionTransport(configuration)
            let response = try await way.send(try httpRequest(port: server.port))
            let counts = cosplan_curl_guard_counts_read()
            guard response.status == 200, counts.guarded == 0, counts.replayed == 0 else { exit(1) }
        }
    }

    @Test("other requests of the process are as Foundation makes them: they ask for compressed replies")
    func others() async throws {
        #expect(TransferGuard.install() == nil)
        let server = try RawServer { _ in RawServer.json("{}") }
        let address = "http://127.0.0.1:\(server.port)/x#cosplan-guard-"
        // A fragment in the guard's format, of an exchange that was not registered.
        for fragment in ["", "0", "18446744073709551615", "1x"] {
            let url = try #require(URL(string: address + fragment))
            let (data, _) = try await URLSession(configuration: .ephemeral).data(from: url)
            #expect(data == Data("{}".utf8))
        }
        let heads = server.requests
        #expect(heads.count == 4)
        #expect(heads.allSatisfy { RawServer.header("Accept-Encoding", in: $0).contains("gzip") }, "\(heads)")
    }

    @Test("a guarded request asks for no compressed reply, over HTTP/1.1, and its URL's fragment is not sent")
    func asked() async throws {
        let server = try RawServer { _ in RawServer.json(#"{"code":0}"#) }
        let way = URLSessionTransport(UploadConfiguration(credentials: .published))
        _ = try await way.send(try httpRequest(port: server.port))
        let head = try #require(server.requests.first)
        #expect(RawServer.header("Accept-Encoding", in: head) == "")
        #expect(head.hasPrefix("GET /files/v2/1/xy2/a?op=stat HTTP/1.1\r\n"), "\(head)")
        #expect(!head.contains("cosplan-guard"))
    }

    @Test("an exchange that was begun is forgotten at its end, and unknown ones say nothing")
    func forgotten() throws {
        var number: UInt64 = 0
        do {
            let exchange = try #require(GuardedExchange(body: nil, replyLimit: 10, authorities: "/none"))
            number = try #require(UInt64(exchange.fragment.dropFirst("#cosplan-guard-".count)))
            #expect(exchange.outcome == nil)
            #expect(exchange.progress.acknowledged == 0 && !exchange.progress.is_connected)
        }
        #expect(!cosplan_curl_guard_outcome_read(number).is_over)
        cosplan_curl_guard_end(number)
        #expect(cosplan_curl_guard_progress_read(number).queued == 0)
    }

    @Test("a program that was linked with libcurl does not lack it")
    func linked() {
        #expect(TransferGuard.missingLibcurl == nil)
    }

    @Test("where it cannot work, the warning says why")
    func obstacles() {
        let texts = [
            TransferGuard.Obstacle.unsupportedPlatform, .noSharedLibcurl, .unknownLibcurl, .unknownFoundation,
            .writeRefused,
        ].map { "\(UploadWarning.notGuarded($0))" }
        #expect(Set(texts).count == 5)
        #expect(texts.allSatisfy { $0.hasPrefix("Foundation's faults on Linux are not cured here: ") })
    }
}
