import COSEmulator
import Foundation
import PlanCore
import ServiceCore
import Testing
import XMLProtocol

@testable import COSUpload

@Suite("Upload against the emulator, through the XML API", .serialized)
struct XMLEmulatorFaultTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let action: FaultAction
        /// How it ends where the fault acts once.
        let once: End
        /// How it ends where the fault acts on every request.
        let always: End
        let operations: [EmulatedOperation]

        init(_ action: FaultAction, once: End, always: End, _ operations: [EmulatedOperation] = Case.all) {
            self.action = action
            self.once = once
            self.always = always
            self.operations = operations
        }

        /// The operations that one session can meet: a clock is the whole session's, and so is what it knows of a bucket.
        var together: [[EmulatedOperation]] {
            if case .clockSkew = action { return operations.map { [$0] } }
            let ofKeys = operations.filter { $0 != .versioning }
            return (ofKeys.isEmpty ? [] : [ofKeys]) + (ofKeys.count < operations.count ? [[.versioning]] : [])
        }

        var testDescription: String { "\(action) at \(operations.map(\.rawValue).joined(separator: ", "))" }

        /// What an upload asks, of one part and of several, begun before or not.
        static let all: [EmulatedOperation] = [
            .versioning, .head, .listUploads, .listParts, .begin, .part, .finish, .put,
        ]
        /// The questions that may stay without an answer: what is then not known is said.
        static let questions: [EmulatedOperation] = [.versioning, .head, .listUploads, .listParts]
        /// The requests that carry out the upload.
        static let work: [EmulatedOperation] = [.begin, .part, .finish, .put]
        /// The replies that have a body.
        static let withBody: [EmulatedOperation] = [.versioning, .listUploads, .listParts, .begin]
    }

    static let cases: [Case] = [
        Case(.status(500, code: 0), once: .done, always: .verdict(.tryAgain)),
        Case(.status(503, code: 0), once: .done, always: .verdict(.tryAgain), Case.work),
        Case(
            .status(400, code: 0, error: "RequestTimeout"), once: .done, always: .verdict(.tryAgain),
            Case.work),
        Case(
            .status(404, code: 0, error: "NoSuchBucket"), once: .verdict(.refused), always: .verdict(.refused)
        ),
        Case(
            .status(400, code: 0, error: "NeverHeardOf"), once: .verdict(.refused), always: .verdict(.refused)
        ),
        Case(.delay(milliseconds: 30), once: .done, always: .done),
        Case(.reset(.before), once: .done, always: .verdict(.tryAgain)),
        Case(.reset(.during), once: .done, always: .verdict(.tryAgain), [.part, .finish, .put]),
        Case(.reset(.after), once: .done, always: .verdict(.tryAgain)),
        Case(.cutReply, once: .done, always: .verdict(.tryAgain), Case.withBody),
        // The work is done: what is at the key tells. The others' replies have nothing to be cut.
        Case(.cutReply, once: .done, always: .done, [.finish, .head, .part, .put]),
        Case(.dropReply, once: .done, always: .verdict(.tryAgain), Case.questions + [.begin, .part, .put]),
        Case(.dropReply, once: .done, always: .done, [.finish]),
        Case(
            .emptyReply(status: 200), once: .done, always: .verdict(.tryAgain),
            Case.withBody + [.part, .finish, .put]),
        // As a head it says that an empty object is there.
        Case(.emptyReply(status: 200), once: .verdict(.refused), always: .verdict(.refused), [.head]),
        Case(.html(status: 403), once: .done, always: .done, Case.questions),
        Case(.html(status: 403), once: .verdict(.credentials), always: .verdict(.credentials), Case.work),
        Case(.html(status: 502), once: .done, always: .verdict(.tryAgain)),
        Case(.html(status: 200), once: .done, always: .verdict(.tryAgain), Case.withBody + [.part, .put]),
        Case(.redirect(status: 307, location: nil), once: .verdict(.refused), always: .verdict(.refused)),
        Case(.throttle(milliseconds: 20, status: 429, code: 0), once: .done, always: .verdict(.tryAgain)),
        Case(.expired, once: .done, always: .verdict(.credentials)),
        Case(.clockSkew(seconds: 7200), once: .done, always: .done),
        Case(.clockSkew(seconds: -7200), once: .done, always: .done, [.head, .part]),
        Case(.slowRead(bytesPerSecond: 20_000_000), once: .done, always: .done, Case.work),
        Case(.deadSession, once: .done, always: .done, [.listParts]),
        Case(.deadSession, once: .done, always: .verdict(.tryAgain), [.part, .finish]),
        Case(.forbidden, once: .done, always: .done, Case.questions),
        Case(.forbidden, once: .verdict(.credentials), always: .verdict(.credentials), Case.work),
        Case(
            .lateError(milliseconds: 0, error: "InternalError"), once: .done, always: .verdict(.tryAgain),
            [.finish]),
        Case(
            .lateError(milliseconds: 30, error: "SlowDown"), once: .done, always: .verdict(.tryAgain),
            [.finish]),
        Case(
            .lateError(milliseconds: 0, error: "AccessDenied"), once: .verdict(.credentials),
            always: .verdict(.credentials), [.finish]),
        Case(.noChecksum, once: .done, always: .done),
        Case(.wrongChecksum, once: .verdict(.refused), always: .verdict(.refused), [.part, .finish, .put]),
        Case(.pageSize(entries: 1), once: .done, always: .done, [.listUploads, .listParts]),
        Case(.versioned(.enabled), once: .done, always: .done, [.versioning]),
    ]

    static func target() throws -> Target {
        .xml(
            try XMLTarget(
                region: Region("ap-guangzhou"), appID: AppID(1_251_668_577), bucket: Bucket("xy2")))
    }

    /// A store and a file of two parts, or of one for a put.
    struct Scene {
        let rehearsal: Rehearsal
        let plan: PlannedFile
        let bytes: [UInt8]

        init(size: Int = 1_048_577, insertOnly: InsertOnly = .refuse) throws {
            rehearsal = try Rehearsal(target: XMLEmulatorFaultTests.target())
            bytes = pattern(size)
            try rehearsal.trial.folder.write("a", bytes)
            plan = try COSUploadTests.plan(
                bytes, partSize: 524_288, sliceSize: 524_288, insertOnly: insertOnly)
        }

        func push(_ faults: [Fault] = [], slices: Int = 4) async throws -> Trial.Report {
            try await rehearsal.run([plan], faults: faults) {
                $0.configuration.partSize = 1 << 20
                $0.configuration.slices = slices
            }
        }

        /// Begins an upload that stops after its first part.
        func begin() async throws {
            let refused = Fault(
                .status(404, code: 0, error: "NoSuchBucket"), operation: .part, nth: 2, times: nil)
            // Another upload than those that are there, so that several can be made.
            let hidden = Fault(.forbidden, operation: .listUploads, times: nil)
            // One after the other: the first has arrived when the second is refused.
            let begun = try await push([refused, hidden], slices: 1)
            #expect(begun.failure("a")?.verdict == .refused)
        }

        var kept: Rehearsal.Kept { rehearsal.kept(plan, is: bytes) }
    }

    @Test("every fault at every request ends as it must, the object right or absent", arguments: cases)
    func fault(_ row: Case) async throws {
        for isOnce in [true, false] {
            for operations in row.together {
                try await check(row, at: operations, isOnce: isOnce)
            }
        }
    }

    /// Uploads a file for each of `operations`, at which the fault acts on that file.
    private func check(_ row: Case, at operations: [EmulatedOperation], isOnce: Bool) async throws {
        let rehearsal = try Rehearsal(target: Self.target())
        func push(_ plans: [PlannedFile], _ faults: [Fault]) async throws -> Trial.Report {
            try await rehearsal.run(plans, faults: faults) { $0.configuration.partSize = 1 << 20 }
        }
        var files: [(operation: EmulatedOperation, plan: PlannedFile, bytes: [UInt8])] = []
        for operation in operations {
            let bytes = pattern(operation == .put ? 700_001 : 1_048_577, seed: UInt64(files.count + 1))
            try rehearsal.trial.folder.write(operation.rawValue, bytes)
            let plan = try plan(bytes, path: operation.rawValue, partSize: 524_288, sliceSize: 524_288)
            files.append((operation, plan, bytes))
            guard operation == .listParts else { continue }
            let stop = Fault(
                .status(404, code: 0, error: "NoSuchBucket"), operation: .part, nth: 2, times: nil)
            let begun = try await push([plan], [stop])
            #expect(begun.failure(operation.rawValue)?.verdict == .refused)
        }
        let faults = files.map { file in
            // A bucket has no key.
            let key = file.operation == .versioning ? nil : file.plan.key
            return Fault(row.action, operation: file.operation, key: key, times: isOnce ? 1 : nil)
        }
        let report = try await push(files.map(\.plan), faults)
        var failed = files
        for (operation, plan, bytes) in files {
            let place = Comment("\(row.action) at \(operation), \(isOnce ? "once" : "always")")
            let kept = rehearsal.kept(plan, is: bytes)
            switch isOnce ? row.once : row.always {
            case .done:
                failed.removeAll { $0.operation == operation }
                #expect(report.failure(operation.rawValue) == nil && kept == .right, place)
            case .verdict(let verdict):
                #expect(report.failure(operation.rawValue)?.verdict == verdict && kept != .wrong, place)
                #expect(report.result(operation.rawValue)?.isGood != true, place)
            }
        }
        guard !failed.isEmpty else { return }
        let again = try await push(failed.map(\.plan), [])
        for (operation, plan, bytes) in failed {
            let place = Comment("\(row.action) at \(operation), again")
            #expect(again.failure(operation.rawValue) == nil, place)
            #expect(rehearsal.kept(plan, is: bytes) == .right, place)
        }
    }

    @Test("the proof is what the service answers: the whole's checksum, the parts', the parts' MD5")
    func proofs() async throws {
        func proof(_ size: Int, without operations: [EmulatedOperation]) async throws -> String? {
            let scene = try Scene(size: size)
            let report = try await scene.push(
                operations.map { Fault(.noChecksum, operation: $0, times: nil) })
            #expect(scene.kept == .right && report.result("a") == .uploaded)
            return report.results["a"]?.receipt?.proof
        }
        let whole = try #require(try await proof(1_048_577, without: []))
        #expect(whole.hasPrefix("crc64ecma ") && whole != "crc64ecma of parts")
        #expect(try await proof(1_048_577, without: [.finish]) == whole)
        #expect(try await proof(1_048_577, without: [.finish, .head]) == "crc64ecma of parts")
        #expect(try await proof(1_048_577, without: [.part, .finish, .head]) == "md5 of parts")
        #expect(try await proof(700_001, without: [])?.hasPrefix("crc64ecma ") == true)
        #expect(try await proof(700_001, without: [.put])?.hasPrefix("md5 ") == true)
    }

    @Test("a wrong checksum is never uploaded, whichever request answers it")
    func wrongChecksums() async throws {
        let finish = Fault(.noChecksum, operation: .finish, times: nil)
        let head = Fault(.wrongChecksum, operation: .head, times: nil)
        // Head alone says what the whole is.
        let scene = try Scene()
        let report = try await scene.push([finish, head])
        guard case .refusedByStore(.checksumDiffers(nil, _, _))? = report.failure("a") else {
            Issue.record("\(String(describing: report.failure("a")))")
            return
        }
        #expect(report.result("a") == .failed)
        // The same object, whose checksum is answered wrong, is another one.
        let there = try await scene.push([head])
        guard case .refusedByStore(.otherObject(_, _, digest: .some))? = there.failure("a") else {
            Issue.record("\(String(describing: there.failure("a")))")
            return
        }
        #expect(try await scene.push().result("a") == .alreadyThere)
    }

    @Test(
        "the plan's own checksum is held against the bytes before the object is made, and against the object")
    func plannedChecksum() async throws {
        let scene = try Scene()
        let right = try #require(try await scene.push().results["a"]?.receipt?.proof).split(separator: " ")[1]
        func planned(_ crc: UInt64) throws -> PlannedFile {
            let plan = scene.plan
            return PlannedFile(
                path: plan.path, key: try ObjectKey("/b"), sha: plan.sha,
                checksums: Checksums([Checksum(.crc64ecma, crc: crc)]), sliceSize: plan.sliceSize,
                datashaKind: plan.datashaKind, partLayout: plan.partLayout, parts: plan.parts)
        }
        let crc = try #require(UInt64(right))
        let wrong = try await scene.rehearsal.run([try planned(crc ^ 1)], faults: [])
        #expect(wrong.failure("a")?.verdict == .sourceDiffers)
        #expect(scene.rehearsal.kept(try planned(crc), is: scene.bytes) == .absent)
        let good = try await scene.rehearsal.run([try planned(crc)], faults: [])
        #expect(good.result("a") == .uploaded)
    }

    @Test(
        "of several unfinished uploads, listed in pages of one, one is continued; the others are named and left"
    )
    func severalUnfinished() async throws {
        let scene = try Scene()
        for _ in 0..<3 { try await scene.begin() }
        let pages = [EmulatedOperation.listUploads, .listParts].map {
            Fault(.pageSize(entries: 1), operation: $0, times: nil)
        }
        let report = try await scene.push(pages)
        #expect(report.result("a") == .uploaded && scene.kept == .right)
        let receipt = try #require(report.results["a"]?.receipt)
        #expect(receipt.slicesFound == 1 && receipt.slicesSent == 1)
        let left = report.warnings.compactMap { warning -> [String]? in
            if case .store(_, .unfinishedLeft(let ids)) = warning { ids } else { nil }
        }
        #expect(left.count == 1 && left.first?.count == 2)
        #expect(left.first?.contains(receipt.uploadID ?? "") == false)
    }

    @Test("an upload that is refused for good stays, and is named; one that can go on is not")
    func refusedUnfinished() async throws {
        func left(_ report: Trial.Report) -> [String] {
            report.warnings.compactMap { warning in
                if case .store(_, .stopped(let id)) = warning { id } else { nil }
            }
        }
        let scene = try Scene()
        let noBucket = Fault(.status(404, code: 0, error: "NoSuchBucket"), operation: .part)
        let gone = try await scene.push([noBucket])
        #expect(gone.failure("a")?.verdict == .refused)
        #expect(left(gone) == [gone.results["a"]?.receipt?.uploadID ?? ""])
        let later = try await scene.push([
            Fault(.status(500, code: 0, error: "InternalError"), operation: .finish, times: nil)
        ])
        #expect(later.failure("a")?.verdict == .tryAgain && left(later).isEmpty)
        let done = try await scene.push()
        #expect(done.result("a") == .uploaded && left(done).isEmpty)
    }

    @Test("an upload that is overtaken by another of the same bytes is named as one that nothing continues")
    func overtaken() async throws {
        let scene = try Scene()
        try await scene.begin()
        let hidden = Fault(.forbidden, operation: .listUploads)
        #expect(try await scene.push([hidden]).result("a") == .uploaded)
        // The object is not seen before the upload that is continued, and finish finds it there.
        let report = try await scene.push([Fault(.forbidden, operation: .head)])
        let receipt = try #require(report.results["a"]?.receipt)
        #expect(receipt.result == .alreadyThere)
        let left = report.warnings.compactMap { warning -> [String]? in
            if case .store(_, .unfinishedLeft(let ids)) = warning { ids } else { nil }
        }
        #expect(left == [[try #require(receipt.uploadID)]], "\(report.warnings)")
    }

    @Test(
        "another object is not replaced, also where it comes between the look and the upload",
        arguments: [1_048_577, 700_001])
    func overwriteRefused(size: Int) async throws {
        let scene = try Scene(size: size)
        let other = pattern(size, seed: 9)
        try scene.rehearsal.trial.folder.write("a", other)
        let first = try COSUploadTests.plan(other, partSize: 524_288, sliceSize: 524_288)
        #expect(try await scene.rehearsal.run([first], faults: []).result("a") == .uploaded)
        try scene.rehearsal.trial.folder.write("a", scene.bytes)
        // The look does not see it.
        let blind = Fault(.status(404, code: 0, error: "NoSuchKey"), operation: .head)
        for faults in [[], [blind]] {
            let report = try await scene.push(faults)
            #expect(report.failure("a")?.verdict == .refused)
            #expect(scene.rehearsal.kept(first, is: other) == .right)
        }
        // Where the bucket keeps versions the service does not refuse: the look does, and the promise is called void.
        let versioned = [EmulatedOperation.versioning, .begin, .finish, .put].map {
            Fault(.versioned(.suspended), operation: $0, times: nil)
        }
        let seen = try await scene.push(versioned)
        #expect(seen.failure("a")?.verdict == .refused && scene.rehearsal.kept(first, is: other) == .right)
        let void = try await scene.push(versioned + [blind])
        #expect(void.result("a") == .uploaded && scene.kept == .right)
        let warned = void.warnings.contains { $0 == .store(scene.plan.key, .overwriteNotRefused(.suspended)) }
        #expect(warned, "\(void.warnings)")
    }

    @Test("with insertOnly 0 another object is replaced")
    func overwrite() async throws {
        let scene = try Scene(insertOnly: .overwrite)
        try scene.rehearsal.trial.folder.write("a", [1])
        let first = try COSUploadTests.plan([1])
        #expect(try await scene.rehearsal.run([first], faults: []).result("a") == .uploaded)
        try scene.rehearsal.trial.folder.write("a", scene.bytes)
        #expect(try await scene.push().result("a") == .uploaded && scene.kept == .right)
    }

    @Test("wrong credentials are refused as such")
    func credentials() async throws {
        let scene = try Scene()
        let pair = try Credentials(secretID: "AKIDEXAMPLE0000000000000000000000000", secretKey: "another")
        let report = try await scene.rehearsal.run([scene.plan], faults: []) {
            $0.configuration.credentials = pair
        }
        #expect(report.failure("a")?.verdict == .credentials && scene.kept == .absent)
    }

    @Test("long parts are few at a time: together they hold 256 MiB, and it is told")
    func fewerParts() throws {
        var configuration = UploadConfiguration(credentials: .published)
        configuration.slices = 16
        #expect(configuration.partsAtOnce(of: 8 << 20) == 16)
        #expect(configuration.partsAtOnce(of: 32 << 20) == 8)
        #expect(configuration.partsAtOnce(of: 512 << 20) == 1)
        #expect(UploadConfiguration.memory(ofPartsOf: 8 << 20) == 256 << 20)
        #expect(UploadConfiguration.memory(ofPartsOf: 512 << 20) == 512 << 20)
        let event = UploadEvent.fewerParts(try ObjectKey("/a"), limit: 8, size: 32 << 20)
        #expect(
            "\(event)"
                == "/a: 8 parts of 33554432 bytes at a time, which hold 268435456 bytes of memory; the bound is 268435456"
        )
    }
}
