import COSProtocol
import PlanCore
import Synchronization
import Testing

@testable import COSUpload

/// Loses the reply to every slice of one key.
///
/// A class, because the service behind it is one.
final class LosingTransport: HTTPTransport {
    let service: FakeService
    let key: String

    init(_ service: FakeService, losing key: String) {
        self.service = service
        self.key = key
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        if request.subject.operation == "data", request.subject.key.text == key { throw .connectionLost }
        return try await service.send(request)
    }
}

/// Counts how many init bodies exist at the same time; the first reply waits for the second request.
final class CountingTransport: HTTPTransport {
    let service = FakeService()
    let inits = UnderWay()

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        guard request.subject.operation == "init" else { return try await service.send(request) }
        inits.enter()
        defer { inits.leave() }
        while inits.maximum < 2 { await Task.yield() }
        for _ in 0..<200 { await Task.yield() }
        return try answer(-133, status: 400).get()
    }
}

@Suite("Bounds on memory")
struct MemoryBoundTests {
    @Test("slices that wait for another try hold no memory: other files go on", .timeLimit(.minutes(10)))
    func backingOff() async throws {
        var trial = try Trial()
        trial.configuration.slices = 4
        trial.configuration.retry = RetryPolicy(retries: 3, firstPause: 3600, maximumPause: 3600)
        trial.random = { 0.9 }
        let bad = try trial.file("bad", 10 * 65_536)
        let good = try (0..<6).map { try trial.file("good\($0)", 100_000, seed: UInt64($0 + 2)) }
        let service = FakeService(sliceSize: 65_536)
        let session = UploadSession(
            trial.configuration, over: LosingTransport(service, losing: "/bad"),
            clock: WallClock(machine: trial.machine), random: trial.random)
        var left = ([bad] + good).map(\.plan)[...]
        let (root, target) = (try trial.folder.root(), try testTarget())
        var ended: [String: UploadFailure?] = [:]
        await session.upload {
            left.popFirst().map { UploadJob(plan: $0, target: target, root: root) }
        } ended: { results in
            for result in results { ended[result.job.plan.path.text] = .some(result.failure) }
            if ended.count == good.count { session.stop() }
        }
        for (plan, bytes) in good { #expect(service.object(plan.key.text) == bytes) }
        #expect(ended["bad"] == .some(.interrupted))
    }

    @Test("a body's memory is given back once, and taken again before the next attempt")
    func released() async throws {
        let bound = AsyncSemaphore(10)
        let memory = MemoryShare(of: bound, 7)
        await memory.take()
        let source = RequestBodySource(PreparedBody(RequestBody([1])), count: 1, within: memory) {
            () throws(UploadFailure) in RequestBody([2])
        }
        #expect(try await source.next().take()?.withBytes { Array($0) } == [1])
        source.release()
        source.release()
        // Would wait forever if the memory had not been released.
        await bound.take(10)
        bound.giveBack(10)
        let second = try await source.next()
        #expect(second.take()?.withBytes { Array($0) } == [2])
        #expect(second.take() == nil)
        source.release()
        await bound.take(10)
        bound.giveBack(10)
    }

    @Test("bodies of small files hold at most their bound, and one larger than it goes alone")
    func smallBodies() async {
        let bound = AsyncSemaphore(100)
        let held = UnderWay()
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<60 {
                group.addTask {
                    let amount = index % 20 == 0 ? 150 : 30
                    await bound.take(amount)
                    held.enter(amount)
                    await Task.yield()
                    held.leave(amount)
                    bound.giveBack(amount)
                }
            }
        }
        #expect(held.maximum == 150)
    }

    @Test("of forms with thousands of parts two are held at once", .timeLimit(.minutes(10)))
    func largeForms() async throws {
        var trial = try Trial()
        trial.configuration.slices = 8
        trial.configuration.filesAtOnce = 8
        let files = try (0..<4).map { index in
            let bytes = pattern(64 * 8193, seed: UInt64(index + 1))
            try trial.folder.write("f\(index)", bytes)
            return try plan(bytes, path: "f\(index)", partSize: 64)
        }
        let transport = CountingTransport()
        let report = try await trial.run(files, against: transport)
        for file in files { #expect(report.failure(file.path.text)?.verdict == .refused) }
        #expect(transport.inits.maximum == 2)
    }
}

@Suite("Events of an upload")
struct UploadEventTests {
    @Test("every answer and retry is one line with operation, key, offset, status and code")
    func lines() async throws {
        let trial = try Trial()
        let (plan, _) = try trial.file("a", 1_048_577)
        let service = FakeService { call in
            switch (call.operation, call.count) {
            case (.data, 1): .answer(status: 503, code: -181, message: "AKIDEXAMPLE0000000000000000000000000")
            case (.finish, 1): .fail(.connectionLost)
            default: nil
            }
        }
        let events = Mutex<[String]>([])
        var configuration = trial.configuration
        configuration.slices = 1
        let session = UploadSession(
            configuration, over: service, clock: WallClock(machine: trial.machine), random: { 0 },
            watch: { event in events.withLock { $0.append("\(event)") } })
        var left = [plan][...]
        let (root, target) = (try trial.folder.root(), try testTarget())
        await session.upload {
            left.popFirst().map { UploadJob(plan: $0, target: target, root: root) }
        } ended: { _ in
        }
        let first = [
            "init /a: status 200, code 0",
            "data /a offset 0: status 503, code -181",
            "data /a offset 0: retry 1 in 0.0 s: status 503, code -181 (storage error of the service)",
        ]
        let last = [
            "finish /a: the connection broke", "finish /a: retry 1 in 0.0 s: the connection broke",
            "finish /a: status 200, code 0",
        ]
        let found = events.withLock { $0 }
        #expect(Array(found.prefix(3)) == first)
        // Two slices may be in progress at once, so their order is not defined.
        #expect(
            found.dropFirst(3).dropLast(3).sorted()
                == ["data /a offset 0: status 200, code 0", "data /a offset 1048576: status 200, code 0"])
        #expect(Array(found.suffix(3)) == last)
    }
}
