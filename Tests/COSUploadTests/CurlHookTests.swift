#if os(Linux)
    import CCurlHook
    import COSEmulator
    import COSProtocol
    import Foundation
    import PlanCore
    import Testing

    @testable import COSUpload

    @Suite("Curl hook")
    struct CurlHookTests {
        @Test(
            "it acts on this Foundation and this libcurl: sockets that only wait to read are no longer written to"
        )
        func active() async throws {
            let replays = cosplan_curl_hook_replays_read()
            let rehearsal = try Rehearsal()
            let (plan, bytes) = try rehearsal.trial.file("a", 2_000_000)
            let report = try await rehearsal.run([plan], faults: [])
            #expect(report.failure("a") == nil)
            #expect(rehearsal.kept(plan, is: bytes) == .right)
            #expect(cosplan_curl_hook_state_read() == cosplan_curl_hook_active)
            #expect(cosplan_curl_hook_replays_read() > replays)
        }

        @Test("a kept connection that the service closed ends the request at once, and it is made again")
        func rewind() async throws {
            let rewinds = cosplan_curl_hook_rewinds_read()
            let rehearsal = try Rehearsal()
            let (plan, bytes) = try rehearsal.trial.file("a", 2_000_000)
            // Slices go one by one over the connection of init, which is reset when the first has been read.
            let faults = [Fault(.serial), Fault(.reset(.after), operation: .data)]
            let report = try await rehearsal.run([plan], faults: faults) {
                // Long enough that waiting for it would fail the test's patience, not its expectations.
                $0.configuration.idleSeconds = 600
            }
            #expect(report.failure("a") == nil)
            #expect(report.progress.retries == 1)
            #expect(rehearsal.kept(plan, is: bytes) == .right)
            #expect(cosplan_curl_hook_rewinds_read() > rewinds)
        }

        @Test("COSPLAN_CURL_HOOK=0 turns it off")
        func off() async {
            await #expect(processExitsWith: .success) {
                setenv("COSPLAN_CURL_HOOK", "0", 1)
                let way = URLSessionTransport(UploadConfiguration(credentials: .published))
                // Nobody listens there; the hook is met all the same.
                _ = try? await way.send(try request(.stat))
                guard cosplan_curl_hook_state_read() == cosplan_curl_hook_off,
                    cosplan_curl_hook_replays_read() == 0
                else { exit(1) }
            }
        }
    }
#endif
