import COSProtocol
import Foundation
import PlanCore
import PlanFiles
import Synchronization
import Testing

@testable import COSUpload

/// One upload of some files against a service in memory.
struct Trial: Sendable {
    let folder: Folder
    var configuration = UploadConfiguration(credentials: .published)
    var machine: @Sendable () -> Int64 = { 1_505_201_819 }
    /// The target; nil for the JSON API's default.
    var target: Target?
    /// The random numbers for pauses.
    var random: @Sendable () -> Double = { 0 }

    init() throws {
        folder = try Folder()
        configuration.retry = RetryPolicy(retries: 3, firstPause: 0, maximumPause: 0)
    }

    struct Report: Sendable {
        var results: [String: UploadResult] = [:]
        var warnings: [UploadWarning] = []
        var progress = UploadProgress.Snapshot()

        func result(_ path: String) -> Receipt.Result? { results[path]?.receipt?.result }
        func failure(_ path: String) -> UploadFailure? { results[path]?.failure }
    }

    func run(
        _ plans: [PlannedFile], against service: any HTTPTransport,
        begun: (UploadSession) -> Void = { _ in }
    ) async throws -> Report {
        let warnings = Mutex<[UploadWarning]>([])
        let session = UploadSession(
            configuration, over: service, clock: WallClock(machine: machine), random: random,
            warn: { warning in warnings.withLock { $0.append(warning) } })
        let (root, target) = (try folder.root(), try target ?? testTarget())
        begun(session)
        var left = plans[...]
        var report = Report()
        await session.upload {
            left.popFirst().map { UploadJob(plan: $0, target: target, root: root, manifestSHA256: "m") }
        } ended: { results in
            for result in results { report.results[result.job.plan.path.text] = result }
        }
        report.warnings = warnings.withLock { $0 }
        report.progress = session.progress.snapshot
        return report
    }

    func file(_ name: String, _ count: Int, seed: UInt64 = 1) throws -> (plan: PlannedFile, bytes: [UInt8]) {
        let bytes = pattern(count, seed: seed)
        try folder.write(name, bytes)
        return (try plan(bytes, path: name), bytes)
    }
}

@Suite("Upload session")
struct UploadSessionTests {
    @Test("a batch goes up byte for byte, an empty file too, and its receipts say so", arguments: [1, 4, 16])
    func batch(slices: Int) async throws {
        var trial = try Trial()
        (trial.configuration.slices, trial.configuration.filesAtOnce) = (slices, slices)
        let sizes = ["empty": 0, "one": 1, "mib": 1_048_576, "more": 3_145_745, "a b 上传": 70_000]
        let files = try sizes.map { try trial.file($0.key, $0.value, seed: UInt64($0.value + 1)) }
        let service = FakeService()
        let report = try await trial.run(files.map(\.plan), against: service)
        for (plan, bytes) in files {
            #expect(service.object(plan.key.text) == bytes)
            #expect(report.result(plan.path.text) == .uploaded)
        }
        #expect(report.results["more"]?.receipt?.slicesSent == 4)
        #expect(report.progress.filesDone == 5 && report.progress.filesFailed == 0)
        #expect(report.progress.bytesDone == files.reduce(0) { $0 + $1.plan.fileSize })
        #expect(report.progress.files.isEmpty)
        #expect(service.state.withLock { $0.maximumInFlight } <= 2 * slices)
        #expect(service.state.withLock { $0.signatures.count } == service.calls.count)
        let again = try await trial.run(files.map(\.plan), against: service)
        for (plan, _) in files {
            #expect(again.result(plan.path.text) == (plan.fileSize == 0 ? .alreadyThere : .instant))
        }
        #expect(service.count(.data) == 7)
    }

    @Test("requests of small files are bounded by files at once, slices of large ones by slices")
    func smallFiles() async throws {
        var trial = try Trial()
        (trial.configuration.slices, trial.configuration.filesAtOnce) = (1, 16)
        let small = try (0..<64).map { try trial.file("s\($0)", 100 + $0, seed: UInt64($0 + 1)) }
        let service = FakeService()
        let report = try await trial.run(small.map(\.plan), against: service)
        #expect(report.results.values.allSatisfy { $0.receipt?.result == .uploaded })
        #expect((2...16).contains(service.state.withLock { $0.maximumInFlight }))
        for (plan, bytes) in small { #expect(service.object(plan.key.text) == bytes) }
        let large = try (0..<3).map { try trial.file("l\($0)", 2_500_000, seed: UInt64($0 + 90)) }
        let slices = FakeService()
        _ = try await trial.run(large.map(\.plan), against: slices)
        #expect(slices.state.withLock { $0.maximumInFlight } == 1)
        // A file that the service wants in slices falls under the limit on slices.
        let cut = FakeService(sliceSize: 65_536)
        let (plan, bytes) = try trial.file("cut", 1_000_000)
        _ = try await trial.run([plan], against: cut)
        #expect(cut.object("/cut") == bytes)
        #expect(cut.state.withLock { $0.maximumDataInFlight } == 1)
    }

    @Test("with a simple upload a small file is one request, and its bytes are checked before it leaves")
    func simpleUpload() async throws {
        var trial = try Trial()
        trial.configuration.simpleUpTo = 2_500_000
        let files = try [0, 1, 1_048_577, 2_500_000].map {
            try trial.file("f\($0)", $0, seed: UInt64($0 + 1))
        }
        let (larger, largerBytes) = try trial.file("larger", 2_500_001)
        var (bad, badBytes) = try trial.file("bad", 2_000_000, seed: 7)
        badBytes[1_999_999] ^= 1
        try trial.folder.write("bad", badBytes)
        let service = FakeService()
        let report = try await trial.run(files.map(\.plan) + [larger, bad], against: service)
        for (plan, bytes) in files {
            #expect(report.result(plan.path.text) == .uploaded)
            #expect(service.object(plan.key.text) == bytes)
        }
        #expect(service.count(.upload) == 4)
        #expect(service.object("/larger") == largerBytes)
        #expect(service.count(.initialize) == 1)
        #expect(
            report.failure("bad")
                == .bytesDiffer(path: bad.path, part: 1, count: 2, range: bad.partLayout.range(of: 1)))
        #expect(service.object("/bad") == nil)
        #expect(report.results["f2500000"]?.receipt?.slicesSent == 0)
    }

    @Test("a simple upload whose reply is lost is asked for again and compared")
    func lostSimpleUpload() async throws {
        var trial = try Trial()
        trial.configuration.simpleUpTo = 1000
        let (plan, bytes) = try trial.file("a", 1000)
        let service = FakeService { call in
            call.operation == .upload && call.count == 1 ? .lose(.noReply) : nil
        }
        let report = try await trial.run([plan], against: service)
        #expect(report.result("a") == .alreadyThere)
        #expect(service.object("/a") == bytes)
        #expect(service.calls.map(\.operation) == [.upload, .upload, .stat])
    }

    @Test("with serial_upload 1 slices go one by one and in order")
    func serial() async throws {
        var trial = try Trial()
        trial.configuration.slices = 8
        let (plan, bytes) = try trial.file("a", 5_000_000)
        let service = FakeService(serial: true)
        let report = try await trial.run([plan], against: service)
        #expect(report.result("a") == .uploaded)
        #expect(service.object("/a") == bytes)
        #expect(service.state.withLock { $0.maximumDataInFlight } == 1)
        let offsets = service.calls.compactMap(\.offset)
        #expect(offsets == offsets.sorted() && offsets.count == 5)
    }

    @Test("slices leave in the order of the file, whichever is read and checked first")
    func order() async throws {
        var trial = try Trial()
        trial.configuration.slices = 1
        let (plan, bytes) = try trial.file("a", 10 << 20)
        let size = Int64(65_536)
        try await withThrowingTaskGroup(of: Void.self) { [trial] group in
            for _ in 0..<8 {
                group.addTask {
                    let service = FakeService(sliceSize: size)
                    let report = try await trial.run([plan], against: service)
                    #expect(report.result("a") == .uploaded)
                    #expect(service.object("/a") == bytes)
                    #expect(service.calls.compactMap(\.offset) == (0..<160).map { $0 * size })
                }
            }
            try await group.waitForAll()
        }
    }

    @Test(
        "the service's slice size wins, smaller or larger than the plan's", arguments: [524_288, 3_145_728])
    func otherSliceSize(size: Int64) async throws {
        let trial = try Trial()
        let (plan, bytes) = try trial.file("a", 7_340_033)
        let service = FakeService(sliceSize: size)
        let report = try await trial.run([plan], against: service)
        #expect(report.result("a") == .uploaded)
        #expect(service.object("/a") == bytes)
        #expect(service.count(.data) == Int((7_340_033 - 1) / size + 1))
    }

    @Test("a wrong byte never leaves: its part is named, the rest of the batch goes up")
    func wrongByte() async throws {
        let trial = try Trial()
        let (good, goodBytes) = try trial.file("good", 2_000_000)
        var (bad, bytes) = try trial.file("bad", 3_000_000, seed: 2)
        bytes[1_500_000] ^= 1
        try trial.folder.write("bad", bytes)
        let service = FakeService()
        let report = try await trial.run([bad, good], against: service)
        #expect(
            report.failure("bad")
                == .bytesDiffer(
                    path: bad.path, part: 1, count: 3, range: ByteRange(offset: 1_048_576, length: 1_048_576))
        )
        #expect(report.failure("bad")?.verdict == .sourceDiffers)
        #expect(report.result("bad") == .failed)
        #expect(service.object("/bad") == nil)
        #expect(service.object("/good") == goodBytes)
        let sent = service.state.withLock { $0.sessions["/bad"]?.session.slices.keys.sorted() ?? [] }
        #expect(!sent.contains(1_048_576))
        #expect(report.progress.filesDone == 1 && report.progress.filesFailed == 1)
    }

    @Test("a file whose first part differs is not begun, nor one checked whole whose last differs")
    func checkedBeforeInit() async throws {
        for (place, checksAll) in [(0, false), (0, true), (2_999_999, true)] {
            var trial = try Trial()
            trial.configuration.checksWholeFilesFirst = checksAll
            var (bad, bytes) = try trial.file("bad", 3_000_000, seed: 2)
            bytes[place] ^= 1
            try trial.folder.write("bad", bytes)
            let service = FakeService()
            let report = try await trial.run([bad], against: service)
            let part = place / 1_048_576
            #expect(
                report.failure("bad")
                    == .bytesDiffer(
                        path: bad.path, part: part, count: 3, range: bad.partLayout.range(of: part)))
            #expect(service.calls.isEmpty)
        }
    }

    @Test("a file that the service has is read no further than its first part, unless it is checked whole")
    func heldIsNotRead() async throws {
        var trial = try Trial()
        var (held, bytes) = try trial.file("held", 3_000_000, seed: 2)
        let service = FakeService()
        service.state.withLock { $0.objects["/held"] = bytes }
        bytes[1_500_000] ^= 1
        try trial.folder.write("held", bytes)
        #expect(try await trial.run([held], against: service).result("held") == .instant)
        trial.configuration.checksWholeFilesFirst = true
        #expect(try await trial.run([held], against: service).failure("held")?.verdict == .sourceDiffers)
        #expect(service.calls.count == 1)
    }

    @Test("a damaged plan's wrong digests do not go out where the whole file is checked first")
    func damagedPlan() async throws {
        var trial = try Trial()
        trial.configuration.checksWholeFilesFirst = true
        let (good, _) = try trial.file("a", 3_000_000)
        var parts = good.parts
        parts[1] = Part(range: parts[1].range, datasha: .ofNoBytes, sha1: nil)
        let damaged = PlannedFile(
            path: good.path, key: good.key, sha: good.sha, sliceSize: good.sliceSize, insertOnly: .refuse,
            datashaKind: .state, partLayout: good.partLayout, parts: parts)
        let service = FakeService()
        let refused = try await trial.run([damaged], against: service)
        #expect(refused.failure("a")?.verdict == .sourceDiffers)
        #expect(service.calls.isEmpty)
        #expect(try await trial.run([good], against: service).result("a") == .uploaded)
    }

    @Test("a slice that is sent again is read and checked again")
    func changedBeforeRetry() async throws {
        let trial = try Trial()
        let (plan, bytes) = try trial.file("a", 1000)
        let folder = trial.folder
        let service = FakeService { call in
            guard call.operation == .data, call.count == 1 else { return nil }
            // In place: the open file itself changes.
            guard let file = FileHandle(forWritingAtPath: folder.url.appending(path: "a").path) else {
                return nil
            }
            file.write(Data([bytes[0] ^ 1]))
            return .fail(.connectionLost)
        }
        let report = try await trial.run([plan], against: service)
        #expect(
            report.failure("a")
                == .bytesDiffer(
                    path: plan.path, part: 0, count: 1, range: ByteRange(offset: 0, length: 1000)))
        #expect(service.count(.data) == 1)
        #expect(service.object("/a") == nil)
    }

    @Test(
        "lost replies are asked for again and never assumed",
        arguments: [
            ServiceOperation.initialize, .data, .finish,
        ])
    func lostReplies(operation: ServiceOperation) async throws {
        let trial = try Trial()
        let (plan, bytes) = try trial.file("a", 2_100_000)
        let service = FakeService { call in
            call.operation == operation && call.count == 1 ? .lose(.connectionLost) : nil
        }
        let report = try await trial.run([plan], against: service)
        #expect(service.object("/a") == bytes)
        #expect(report.failure("a") == nil)
        #expect(report.result("a") == (operation == .finish ? .alreadyThere : .uploaded))
        #expect(report.progress.retries == 1)
    }

    @Test(
        "failures worth a retry are retried so often and no more",
        arguments: [
            ServiceOperation.initialize, .data, .finish,
        ])
    func retries(operation: ServiceOperation) async throws {
        let trial = try Trial()
        let (plan, bytes) = try trial.file("a", 100)
        let thrice = FakeService { call in
            call.operation == operation && call.count <= 3 ? .answer(status: 500, code: -181) : nil
        }
        let patient = try await trial.run([plan], against: thrice)
        #expect(patient.result("a") == .uploaded && thrice.object("/a") == bytes)
        let always = FakeService { call in
            call.operation == operation ? .fail(.connectionRefused(answered: true)) : nil
        }
        let report = try await trial.run([plan], against: always)
        let refused = TransportError.connectionRefused(answered: true)
        #expect(report.failure("a") == .noAnswer(operation: "\(operation)", error: refused))
        #expect(report.failure("a")?.verdict == .tryAgain)
        #expect(always.count(operation) == 4)
    }

    @Test("a batch tries a service that never answers twice, and not for each file")
    func silentService() async throws {
        var trial = try Trial()
        trial.configuration.filesAtOnce = 2
        let plans = try (0..<40).map { try trial.file("f\($0)", 10).plan }
        let refused = TransportError.connectionRefused(answered: false)
        let dead = FakeService { _ in .fail(refused) }
        let report = try await trial.run(plans, against: dead)
        for plan in plans {
            let failure = report.failure(plan.path.text)
            #expect(failure == .noAnswer(operation: "init", error: refused))
            #expect(failure?.verdict == .tryAgain)
        }
        #expect((2...4).contains(dead.calls.count))
    }

    @Test(
        "a limit of the system that keeps a file from being read is the configuration's fault",
        arguments: [
            (FileError.openFailed(path: "a", code: EMFILE), UploadFailure.Verdict.configuration),
            (.openFailed(path: "a", code: ENOMEM), .configuration),
            (.mapFailed(path: "a", offset: 0, code: ENOMEM), .configuration),
            (.readFailed(path: "a", offset: 0, code: EIO), .inputOutput),
            (.noSuchFile(path: "a"), .sourceMissing), (.modified(path: "a"), .sourceDiffers),
        ])
    func limits(error: FileError, verdict: UploadFailure.Verdict) {
        #expect(UploadFailure.source(error).verdict == verdict)
    }

    @Test(
        "what the service refuses for good is asked once",
        arguments: [
            (-133, UploadFailure.Verdict.refused), (-174, .refused), (-180, .refused),
        ])
    func refused(code: Int, verdict: UploadFailure.Verdict) async throws {
        let trial = try Trial()
        let (plan, _) = try trial.file("a", 100)
        let service = FakeService { call in
            call.operation == .finish ? .answer(status: 400, code: code, message: "no") : nil
        }
        let report = try await trial.run([plan], against: service)
        #expect(report.failure("a")?.verdict == verdict)
        #expect(service.count(.finish) == 1)
        #expect(report.results["a"]?.receipt?.error?.contains("\(code)") == true)
    }

    @Test("an expired signature is made once more by the service's clock, with a warning of the seconds")
    func clock() async throws {
        let trial = try Trial()
        let (plan, bytes) = try trial.file("a", 100)
        let service = FakeService { call in
            call == .init(operation: .initialize, count: 1, offset: nil)
                ? .answer(status: 400, code: -96, serverTime: 1_505_201_819 + 3600) : nil
        }
        let report = try await trial.run([plan], against: service)
        #expect(report.warnings == [.clockCorrected(secondsAhead: 3600)])
        #expect(service.object("/a") == bytes)
        #expect(service.count(.initialize) == 2)
        let never = FakeService { _ in .answer(status: 400, code: -96, serverTime: 1_505_201_819) }
        let refused = try await trial.run([plan], against: never)
        #expect(refused.failure("a")?.verdict == .credentials)
        #expect(never.calls.count == 2)
    }

    @Test("an upload that was stopped keeps what arrived, and the next one sends only what is missing")
    func stopAndResume() async throws {
        var trial = try Trial()
        trial.configuration.slices = 2
        let (plan, bytes) = try trial.file("large", 8_000_000)
        let holder = SessionHolder()
        let service = FakeService { call in
            if call.operation == .data, call.count == 3 { holder.stop() }
            return nil
        }
        let stopped = try await trial.run([plan], against: service) { holder.hold($0) }
        #expect(stopped.failure("large") == .interrupted)
        #expect(stopped.results["large"]?.receipt == nil)
        let sent = service.count(.data)
        #expect(sent >= 3 && sent < 8)
        #expect(service.count(.finish) == 0)
        let resumed = try await trial.run([plan], against: service)
        #expect(resumed.result("large") == .uploaded)
        #expect(resumed.results["large"]?.receipt?.slicesFound == sent)
        #expect(resumed.results["large"]?.receipt?.slicesSent == 8 - sent)
        #expect(service.object("/large") == bytes)
        #expect(service.count(.data) == 8)
    }

    @Test("a cancelled upload ends at once and keeps what arrived")
    func cancel() async throws {
        let trial = try Trial()
        let (plan, bytes) = try trial.file("large", 8_000_000)
        let holder = SessionHolder()
        let service = FakeService { call in
            if call.operation == .data, call.count == 3 { holder.cancel() }
            return nil
        }
        let task = Task { try await trial.run([plan], against: service) }
        holder.hold(task)
        let report = try await task.value
        #expect(report.failure("large") == .interrupted)
        #expect(service.object("/large") == nil)
        let resumed = try await trial.run([plan], against: service)
        #expect(resumed.result("large") == .uploaded && service.object("/large") == bytes)
    }

    @Test("a changed part of a resumed file that the service holds already is not read")
    func notRead() async throws {
        let trial = try Trial()
        let (plan, bytes) = try trial.file("a", 3_000_000)
        let service = FakeService { call in
            call.operation == .data && call.offset == 2_097_152 ? .answer(status: 400, code: -133) : nil
        }
        let first = try await trial.run([plan], against: service)
        #expect(first.failure("a")?.verdict == .refused)
        var other = bytes
        other[1_048_583] ^= 1
        try trial.folder.write("a", other)
        let healed = FakeService()
        service.state.withLock { old in
            let sessions = old.sessions
            healed.state.withLock { $0.sessions = sessions }
        }
        let second = try await trial.run([plan], against: healed)
        #expect(second.result("a") == .uploaded)
        #expect(healed.object("/a") == bytes)
    }

    @Test("no receipt, failure or warning shows the pair or a signature, even where a reply repeats it")
    func secrets() async throws {
        let trial = try Trial()
        let (plan, _) = try trial.file("a", 100)
        let service = FakeService { _ in .answer(status: 400, code: -96, message: "no") }
        let report = try await trial.run([plan], against: service)
        var shown = String(reflecting: report)
        dump(report, to: &shown)
        dump(trial.configuration, to: &shown)
        for secret in [
            "AKIDEXAMPLE0000000000000000000000000", "SECRETKEYEXAMPLE000000000000000000",
        ] + service.state.withLock({ $0.signatures }) {
            #expect(!shown.contains(secret))
        }
    }
}

/// Stops or cancels an upload from within a scripted reply.
///
/// A class, because the script shares it.
final class SessionHolder: Sendable {
    private let stopper = Mutex<(@Sendable () -> Void)?>(nil)

    func hold(_ session: UploadSession) { stopper.withLock { $0 = { session.stop() } } }

    func hold<Value: Sendable>(_ task: Task<Value, any Error>) {
        stopper.withLock { $0 = { task.cancel() } }
    }

    func stop() { stopper.withLock { $0 }?() }
    func cancel() { stop() }
}
