import COSEmulator
import COSProtocol
import PlanCore
import Testing
import XMLProtocol

@testable import COSUpload

/// One step of every upload in pieces, whatever the API calls it.
enum UploadPhase: CaseIterable, Sendable {
    case begin, piece, finish
}

/// What is broken on purpose, in words that every service of the suite understands.
struct Breakage: Sendable {
    enum Kind: Sendable {
        /// Status 500.
        case serverError
        /// The work is done, the answer is lost.
        case lostReply
        /// Refused for good.
        case refusal
    }

    let kind: Kind
    let phase: UploadPhase
    /// The first request that it hits, from 1.
    var nth = 1
    /// Whether it hits all from there on.
    var always = false

    func hits(_ phase: UploadPhase?, _ count: Int) -> Bool {
        phase == self.phase && (count == nth || always && count > nth)
    }
}

/// A service over a transport: what the suite runs on.
///
/// It keeps its objects and unfinished uploads from push to push.
protocol ConformingService: Sendable {
    /// Where the files to upload are, and how they go up.
    var trial: Trial { get }
    /// Uploads `plans`, with one thing broken.
    func push(_ plans: [PlannedFile], breaking: Breakage?, slices: Int) async throws -> Trial.Report
    /// Whether the object at the plan's key is these bytes; nil where there is none.
    func holds(_ bytes: [UInt8], at plan: PlannedFile) -> Bool?
}

extension ConformingService {
    /// Uploads `plans`, four slices at a time.
    func push(_ plans: [PlannedFile], breaking broken: Breakage?) async throws -> Trial.Report {
        try await push(plans, breaking: broken, slices: 4)
    }
}

/// The scripted transport with the JSON API behind it.
struct ScriptedJSON: ConformingService {
    let trial: Trial
    private let service: FakeService
    private let breakage = Shared<Breakage?>(nil)

    init() throws {
        trial = try Trial()
        let breakage = breakage
        service = FakeService { call in
            let phase: UploadPhase? =
                switch call.operation {
                case .initialize: .begin
                case .data: .piece
                case .finish: .finish
                case .list, .upload, .stat, .delete: nil
                }
            guard let broken = breakage.value, broken.hits(phase, call.count) else { return nil }
            switch broken.kind {
            case .serverError: return .answer(status: 500, code: -181)
            case .lostReply: return .lose(.connectionLost)
            case .refusal: return .answer(status: 400, code: -133)
            }
        }
    }

    func push(_ plans: [PlannedFile], breaking broken: Breakage?, slices: Int) async throws -> Trial.Report {
        var trial = trial
        trial.configuration.slices = slices
        service.state.withLock { $0.counts = [:] }
        breakage.value = broken
        return try await trial.run(plans, against: service)
    }

    func holds(_ bytes: [UInt8], at plan: PlannedFile) -> Bool? {
        service.object(plan.key.text).map { $0 == bytes }
    }
}

/// The scripted transport with the XML API behind it.
struct ScriptedXML: ConformingService {
    let trial: Trial
    private let store: FakeStore
    private let breakage = Shared<Breakage?>(nil)

    init() throws {
        var trial = try Trial()
        trial.target = try xmlTarget()
        trial.configuration.partSize = 1 << 20
        self.trial = trial
        let breakage = breakage
        store = FakeStore(fault: { operation, count in
            let phase: UploadPhase? =
                switch operation {
                case .begin: .begin
                case .part: .piece
                case .finish: .finish
                case .put, .listParts, .listUploads, .head, .versioning, .get, .delete, .abort: nil
                }
            guard let broken = breakage.value, broken.hits(phase, count) else { return nil }
            switch broken.kind {
            case .serverError: return .answer(status: 500, "<Error><Code>InternalError</Code></Error>")
            case .lostReply: return .lose(.connectionLost)
            case .refusal: return .answer(status: 404, "<Error><Code>NoSuchBucket</Code></Error>")
            }
        })
    }

    func push(_ plans: [PlannedFile], breaking broken: Breakage?, slices: Int) async throws -> Trial.Report {
        var trial = trial
        trial.configuration.slices = slices
        store.state.withLock { $0.counts = [:] }
        breakage.value = broken
        return try await trial.run(plans, against: store)
    }

    func holds(_ bytes: [UInt8], at plan: PlannedFile) -> Bool? {
        store.object(plan.key.text).map { $0 == bytes }
    }
}

/// URLSession against the emulator, through either API.
struct EmulatedService: ConformingService {
    private let rehearsal: Rehearsal
    private let target: Target

    init(_ target: Target) throws {
        rehearsal = try Rehearsal()
        self.target = target
    }

    var trial: Trial { rehearsal.trial }

    func push(_ plans: [PlannedFile], breaking broken: Breakage?, slices: Int) async throws -> Trial.Report {
        let faults = broken.map { broken in
            let action: FaultAction =
                switch broken.kind {
                case .serverError: .status(500, code: -181, error: "InternalError")
                case .lostReply: .dropReply
                case .refusal: .status(404, code: -133, error: "NoSuchBucket")
                }
            let isJSON = target.api == .json
            let operation: EmulatedOperation =
                switch broken.phase {
                case .begin: isJSON ? .initialize : .begin
                case .piece: isJSON ? .data : .part
                case .finish: .finish
                }
            return [Fault(action, operation: operation, nth: broken.nth, times: broken.always ? nil : 1)]
        }
        return try await rehearsal.run(plans, faults: faults ?? []) { trial in
            trial.target = target
            trial.configuration.partSize = 1 << 20
            trial.configuration.slices = slices
        }
    }

    func holds(_ bytes: [UInt8], at plan: PlannedFile) -> Bool? {
        switch rehearsal.kept(plan, is: bytes) {
        case .absent: nil
        case .right: true
        case .wrong: false
        }
    }
}

/// The services that the suite runs on; one that is added passes all of it or is no service.
enum Conforming: String, CaseIterable, Sendable {
    case scriptedJSON = "scripted transport, JSON API"
    case scriptedXML = "scripted transport, XML API"
    case emulatedJSON = "URLSession and the emulator, JSON API"
    case emulatedXML = "URLSession and the emulator, XML API"

    func make() throws -> any ConformingService {
        switch self {
        case .scriptedJSON: try ScriptedJSON()
        case .scriptedXML: try ScriptedXML()
        case .emulatedJSON: try EmulatedService(testTarget())
        case .emulatedXML: try EmulatedService(xmlTarget())
        }
    }
}

func xmlTarget() throws -> Target {
    .xml(
        try XMLTarget(
            region: Region("ap-beijing", for: .xml), appID: AppID(1_251_668_577),
            bucket: Bucket("xy2", for: .xml)))
}

@Suite("Every transport and service", .serialized)
struct ConformanceTests {
    private static let good: Set<Receipt.Result?> = [.uploaded, .instant, .alreadyThere]

    @Test("a batch goes up byte for byte; pushed again, nothing is sent", arguments: Conforming.allCases)
    func batch(_ kind: Conforming) async throws {
        let service = try kind.make()
        let sizes = ["empty": 0, "one": 1, "mib": 1_048_576, "more": 3_145_745, "a b 上传": 70_000]
        let files = try sizes.map { try service.trial.file($0.key, $0.value, seed: UInt64($0.value + 1)) }
        let report = try await service.push(files.map(\.plan), breaking: nil)
        for (plan, bytes) in files {
            #expect(report.result(plan.path.text) == .uploaded)
            #expect(service.holds(bytes, at: plan) == true, "\(plan.path)")
        }
        #expect(report.results["more"]?.receipt?.slicesSent == 4)
        #expect(report.progress.filesDone == 5 && report.progress.filesFailed == 0)
        let again = try await service.push(files.map(\.plan), breaking: nil)
        for (plan, _) in files {
            let receipt = try #require(again.results[plan.path.text]?.receipt)
            #expect(receipt.result == .alreadyThere || receipt.result == .instant)
            #expect(receipt.slicesSent == 0)
        }
    }

    @Test(
        "a step that fails once is made again; a lost answer is asked for, never assumed",
        arguments: Conforming.allCases)
    func once(_ kind: Conforming) async throws {
        for phase in UploadPhase.allCases {
            for fault in [Breakage.Kind.serverError, .lostReply] {
                let service = try kind.make()
                let (plan, bytes) = try service.trial.file("a", 2_100_000)
                let report = try await service.push([plan], breaking: Breakage(kind: fault, phase: phase))
                #expect(Self.good.contains(report.result("a")), "\(fault) at \(phase)")
                #expect(service.holds(bytes, at: plan) == true, "\(fault) at \(phase)")
                // libcurl repeats by itself a request without a body whose connection closed.
                if case .serverError = fault { #expect(report.progress.retries >= 1, "\(phase)") }
            }
        }
    }

    @Test(
        "a step that always fails is worth another try later, and that try ends well",
        arguments: Conforming.allCases)
    func always(_ kind: Conforming) async throws {
        for phase in UploadPhase.allCases {
            let service = try kind.make()
            let (plan, bytes) = try service.trial.file("a", 2_100_000)
            let broken = Breakage(kind: .serverError, phase: phase, always: true)
            let report = try await service.push([plan], breaking: broken)
            #expect(report.failure("a")?.verdict == .tryAgain, "\(phase)")
            #expect(service.holds(bytes, at: plan) == nil, "\(phase)")
            let later = try await service.push([plan], breaking: nil)
            #expect(later.result("a") == .uploaded && service.holds(bytes, at: plan) == true, "\(phase)")
        }
    }

    @Test("what arrived before an upload broke off is not sent again", arguments: Conforming.allCases)
    func resume(_ kind: Conforming) async throws {
        let service = try kind.make()
        let (plan, bytes) = try service.trial.file("a", 5_000_000)
        let broken = Breakage(kind: .refusal, phase: .piece, nth: 3, always: true)
        // One at a time: which of several in flight arrive before a refusal is chance.
        let report = try await service.push([plan], breaking: broken, slices: 1)
        #expect(report.failure("a")?.verdict == .refused)
        let resumed = try await service.push([plan], breaking: nil)
        let receipt = try #require(resumed.results["a"]?.receipt)
        #expect(receipt.result == .uploaded && service.holds(bytes, at: plan) == true)
        #expect(receipt.slicesFound == 2 && receipt.slicesSent == 3)
    }

    @Test("another object at the key stays, unless the plan replaces it", arguments: Conforming.allCases)
    func otherObject(_ kind: Conforming) async throws {
        let service = try kind.make()
        let (other, otherBytes) = try service.trial.file("a", 1_500_000, seed: 5)
        #expect(try await service.push([other], breaking: nil).result("a") == .uploaded)
        let (plan, bytes) = try service.trial.file("a", 1_400_000, seed: 6)
        let refused = try await service.push([plan], breaking: nil)
        #expect(refused.failure("a")?.verdict == .refused)
        #expect(service.holds(otherBytes, at: plan) == true)
        let replacing = try COSUploadTests.plan(bytes, path: "a", insertOnly: .overwrite)
        #expect(try await service.push([replacing], breaking: nil).result("a") == .uploaded)
        #expect(service.holds(bytes, at: plan) == true)
    }

    @Test("bytes that differ from the plan never become an object", arguments: Conforming.allCases)
    func changedSource(_ kind: Conforming) async throws {
        let service = try kind.make()
        let (plan, bytes) = try service.trial.file("a", 3_000_000)
        var changed = bytes
        changed[2_500_000] ^= 1
        try service.trial.folder.write("a", changed)
        let report = try await service.push([plan], breaking: nil)
        #expect(
            report.failure("a")
                == .bytesDiffer(path: plan.path, part: 2, count: 3, range: plan.partLayout.range(of: 2)))
        #expect(service.holds(bytes, at: plan) == nil)
    }

    @Test("a file that is missing or too long stops alone", arguments: Conforming.allCases)
    func unfitFiles(_ kind: Conforming) async throws {
        let service = try kind.make()
        let (longer, bytes) = try service.trial.file("longer", 1000)
        try service.trial.folder.write("longer", bytes + [1])
        let missing = try COSUploadTests.plan([1, 2, 3], path: "missing")
        let (good, goodBytes) = try service.trial.file("good", 10)
        let report = try await service.push([missing, longer, good], breaking: nil)
        #expect(report.failure("missing")?.verdict == .sourceMissing)
        #expect(report.failure("longer")?.verdict == .sourceDiffers)
        #expect(report.result("good") == .uploaded && service.holds(goodBytes, at: good) == true)
    }
}
