import ServiceCore
import COSEmulator
import COSProtocol
import Foundation
import PlanCore
import PlanFiles
import Synchronization
import Testing

@testable import COSUpload

/// Uploads over real sockets against the emulator; the stored objects are compared.
struct Rehearsal {
    let trial: Trial
    let store: Folder

    /// For files that go to `target`; nil for the JSON API's usual one.
    init(target: Target? = nil) throws {
        var trial = try Trial()
        trial.target = target
        trial.configuration.retry = RetryPolicy(retries: 3, firstPause: 0.01, maximumPause: 0.02)
        trial.random = { 1 }
        self.trial = trial
        store = try Folder()
        Self.withoutProxy
    }

    /// The tests must not use a proxy from their environment.
    private static let withoutProxy: Void = {
        for name in ["http_proxy", "https_proxy", "all_proxy"] { unsetenv(name) }
    }()

    /// Runs one upload against an emulator with this store and these faults.
    func run(
        _ plans: [PlannedFile], faults: [Fault], configure: (inout Trial) -> Void = { _ in }
    ) async throws -> Trial.Report {
        var configuration = EmulatorConfiguration()
        configuration.root = store.url.path
        configuration.faults = faults
        configuration.apis = Set(EmulatedAPI.allCases)
        let emulator = Emulator(configuration)
        let port = try await emulator.start()
        var trial = trial
        trial.configuration.endpoint = try Endpoint("http://127.0.0.1:\(port)")
        trial.machine = { Int64(Date().timeIntervalSince1970) }
        configure(&trial)
        let report: Trial.Report
        do {
            report = try await trial.run(plans, against: URLSessionTransport(trial.configuration))
        } catch {
            await emulator.stop()
            throw error
        }
        await emulator.stop()
        return report
    }

    /// Compares the object at the plan's key with `bytes`.
    ///
    /// The bytes themselves are not shown in failures.
    func kept(_ plan: PlannedFile, is bytes: [UInt8]) -> Kept {
        object(plan).map { $0 == bytes ? .right : .wrong } ?? .absent
    }

    enum Kept { case absent, right, wrong }

    private func object(_ plan: PlannedFile) -> [UInt8]? {
        let isS3 = trial.target?.api == .s3
        let path = "objects/\(isS3 ? "s3" : "1251668577")/xy2" + plan.key.text
        // A missing object is a valid result.
        return (try? Data(contentsOf: store.url.appending(path: path))).map { Array($0) }
    }
}

/// The expected end of an upload.
enum End: Hashable, Sendable {
    case done
    case verdict(UploadFailure.Verdict)
}

@Suite("Upload against the emulator", .serialized)
struct EmulatorFaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let action: FaultAction
        /// The end if the fault applies once.
        let once: End
        /// The end if the fault applies to every request.
        let always: End
        let operations: [EmulatedOperation]

        init(
            _ action: FaultAction, once: End, always: End,
            _ operations: [EmulatedOperation] = [.initialize, .data, .list, .finish]
        ) {
            self.action = action
            self.once = once
            self.always = always
            self.operations = operations
        }

        var testDescription: String { "\(action)" }
    }

    static let cases: [Case] = [
        Case(.status(500, code: -181), once: .done, always: .verdict(.tryAgain)),
        Case(.status(503, code: -181), once: .done, always: .verdict(.tryAgain)),
        Case(.status(200, code: -181), once: .done, always: .verdict(.tryAgain)),
        Case(.status(400, code: -133), once: .verdict(.refused), always: .verdict(.refused)),
        Case(.delay(milliseconds: 30), once: .done, always: .done),
        Case(.reset(.before), once: .done, always: .verdict(.tryAgain)),
        Case(.reset(.during), once: .done, always: .verdict(.tryAgain)),
        Case(.reset(.after), once: .done, always: .verdict(.tryAgain)),
        Case(.cutReply, once: .done, always: .verdict(.tryAgain)),
        Case(.dropReply, once: .done, always: .verdict(.tryAgain)),
        Case(.emptyReply(status: 200), once: .done, always: .verdict(.tryAgain)),
        Case(.html(status: 403), once: .verdict(.refused), always: .verdict(.refused)),
        Case(.html(status: 502), once: .done, always: .verdict(.tryAgain)),
        Case(.redirect(status: 307, location: nil), once: .verdict(.refused), always: .verdict(.refused)),
        Case(.redirect(status: 302, location: nil), once: .verdict(.refused), always: .verdict(.refused)),
        Case(.throttle(milliseconds: 20, status: 429, code: -181), once: .done, always: .verdict(.tryAgain)),
        Case(.expired, once: .done, always: .verdict(.credentials)),
        Case(.clockSkew(seconds: 7200), once: .done, always: .done),
        Case(.clockSkew(seconds: -7200), once: .done, always: .done),
        Case(.slowRead(bytesPerSecond: 10_000_000), once: .done, always: .done),
        Case(.deadSession, once: .done, always: .verdict(.tryAgain), [.data, .finish]),
        Case(.deadSession, once: .done, always: .done, [.list]),
        Case(.sliceSize(bytes: 1_048_576), once: .done, always: .done, [.initialize]),
        Case(.sliceSize(bytes: 3_145_728), once: .done, always: .done, [.initialize]),
        Case(.serial, once: .done, always: .done, [.initialize]),
    ]

    @Test("every fault at every request ends as it must, the object right or absent", arguments: cases)
    func fault(_ row: Case) async throws {
        for operation in row.operations {
            for isOnce in [true, false] {
                try await check(
                    row.action, at: operation, isOnce: isOnce, end: isOnce ? row.once : row.always)
            }
        }
    }

    private func check(
        _ action: FaultAction, at operation: EmulatedOperation, isOnce: Bool, end: End
    ) async throws {
        let place = Comment("\(action) at \(operation), \(isOnce ? "once" : "always")")
        let rehearsal = try Rehearsal()
        let bytes = pattern(1_200_001)
        try rehearsal.trial.folder.write("a", bytes)
        let plan = try plan(bytes, partSize: 524_288, sliceSize: 524_288)
        if operation == .list {
            // Leaves an unfinished upload, which list then returns.
            let refused = Fault(.status(400, code: -133), operation: .data, nth: 2, times: nil)
            let begun = try await rehearsal.run([plan], faults: [refused])
            #expect(begun.failure("a")?.verdict == .refused, place)
        }
        let fault = Fault(action, operation: operation, times: isOnce ? 1 : nil)
        let report = try await rehearsal.run([plan], faults: [fault])
        let kept = rehearsal.kept(plan, is: bytes)
        #expect(kept != .wrong, place)
        switch end {
        case .done:
            #expect(report.failure("a") == nil, place)
            #expect(kept == .right, place)
        case .verdict(let verdict):
            #expect(report.failure("a")?.verdict == verdict, place)
        }
        let again = try await rehearsal.run([plan], faults: [])
        #expect(again.failure("a") == nil, place)
        #expect(rehearsal.kept(plan, is: bytes) == .right, place)
    }

    @Test("a service that does not answer in time is given up and asked again")
    func stillness() async throws {
        let rehearsal = try Rehearsal()
        let (plan, bytes) = try rehearsal.trial.file("a", 1000)
        let fault = Fault(.delay(milliseconds: 600_000), operation: .data)
        let report = try await rehearsal.run([plan], faults: [fault]) {
            // Long enough for every other request on a busy machine.
            ($0.configuration.replySeconds, $0.configuration.retry) = (15, RetryPolicy(retries: 8))
        }
        #expect(report.failure("a") == nil)
        #expect(report.progress.retries >= 1)
        #expect(rehearsal.kept(plan, is: bytes) == .right)
    }

    @Test("nobody listening is worth another try later")
    func nobody() async throws {
        let trial = try Trial()
        var configuration = trial.configuration
        configuration.endpoint = try Endpoint("http://127.0.0.1:1")
        let (plan, _) = try trial.file("a", 1000)
        let report = try await trial.run([plan], against: URLSessionTransport(configuration))
        #expect(report.failure("a")?.verdict == .tryAgain)
    }

    @Test("wrong credentials are refused as such")
    func credentials() async throws {
        let rehearsal = try Rehearsal()
        let (plan, _) = try rehearsal.trial.file("a", 1000)
        let pair = try Credentials(
            secretID: "AKIDEXAMPLE0000000000000000000000000", secretKey: "another")
        let report = try await rehearsal.run([plan], faults: []) { $0.configuration.credentials = pair }
        #expect(report.failure("a")?.verdict == .credentials)
        #expect(rehearsal.kept(plan, is: []) == .absent)
    }
}
