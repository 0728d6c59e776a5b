import COSEmulator
import Foundation
import PlanCore
import Testing
import XMLProtocol

@testable import COSUpload

@Suite("Upload against the emulator, to S3", .serialized)
struct S3EmulatorTests {
    /// The shortest part that S3 takes.
    static let partSize = 5 << 20

    static func target() throws -> Target {
        .s3(
            try S3Target(
                region: .usualOfS3, bucket: Bucket("xy2", for: .s3), endpoint: Endpoint("http://127.0.0.1:1"))
        )
    }

    /// A store and a file of two parts, or of one for a put.
    struct Scene {
        let rehearsal: Rehearsal
        let plan: PlannedFile
        let bytes: [UInt8]
        var checksum = S3Checksum.crc64nvme

        init(size: Int = S3EmulatorTests.partSize + 9, key: String? = nil) throws {
            rehearsal = try Rehearsal(target: S3EmulatorTests.target())
            bytes = pattern(size)
            try rehearsal.trial.folder.write("a", bytes)
            plan = try COSUploadTests.plan(bytes, key: key)
        }

        func push(_ faults: [Fault] = []) async throws -> Trial.Report {
            try await rehearsal.run([plan], faults: faults) {
                $0.configuration.partSize = Int64(S3EmulatorTests.partSize)
                $0.configuration.s3Checksum = checksum
            }
        }

        var kept: Rehearsal.Kept { rehearsal.kept(plan, is: bytes) }
    }

    private static func always(_ action: FaultAction, _ operations: EmulatedOperation...) -> [Fault] {
        operations.map { Fault(action, operation: $0, times: nil) }
    }

    @Test(
        "by each checksum files go up in one request and in parts, and again they are there already",
        arguments: S3Checksum.allCases)
    func checksums(checksum: S3Checksum) async throws {
        let rehearsal = try Rehearsal(target: Self.target())
        let files = try [0, 1, 700_001, Self.partSize + 9].map { size in
            let bytes = pattern(size, seed: 3)
            try rehearsal.trial.folder.write("f\(size)", bytes)
            let key = "/dir/上传 a+b~(1) %41?*:|<>\"&=#;,@$!'\(size)"
            return (plan: try plan(bytes, path: "f\(size)", key: key), bytes: bytes)
        }
        func push() async throws -> Trial.Report {
            try await rehearsal.run(files.map(\.plan), faults: []) {
                $0.configuration.partSize = Int64(Self.partSize)
                $0.configuration.s3Checksum = checksum
            }
        }
        let report = try await push()
        let again = try await push()
        for (plan, bytes) in files {
            let name = plan.path.text
            #expect(report.result(name) == .uploaded && rehearsal.kept(plan, is: bytes) == .right)
            let isWhole = bytes.count < Self.partSize
            let expected: String =
                switch checksum {
                case .crc64nvme: "crc64nvme "
                case .sha1: isWhole ? "sha1 " : "sha1 of parts "
                case .md5: isWhole ? "md5 " : "md5 of parts"
                }
            let proof = report.results[name]?.receipt?.proof ?? ""
            #expect(proof.hasPrefix(expected), "\(name): \(proof)")
            #expect(again.result(name) == .alreadyThere, "\(String(describing: again.failure(name)))")
        }
    }

    @Test("a store that does not answer the checksum is refused, and another is never chosen silently")
    func noChecksum() async throws {
        for checksum in [S3Checksum.crc64nvme, .sha1] {
            for faults in [Self.always(.noChecksum, .part), Self.always(.noChecksum, .finish, .head)] {
                var scene = try Scene()
                scene.checksum = checksum
                let report = try await scene.push(faults)
                #expect(report.failure("a") == .refusedByStore(.noChecksum(checksum)))
                #expect(report.failure("a")?.verdict == .refused && report.result("a") == .failed)
            }
        }
        // HEAD says what finish did not.
        let scene = try Scene()
        #expect(try await scene.push(Self.always(.noChecksum, .finish)).result("a") == .uploaded)
        var other = try Scene()
        other.checksum = .md5
        #expect(
            try await other.push(Self.always(.noChecksum, .part, .finish, .head)).result("a") == .uploaded)
    }

    @Test("a wrong checksum of a part, of finish, of HEAD and of a put is never uploaded")
    func wrongChecksum() async throws {
        let trials: [(Int, [Fault])] = [
            (Self.partSize + 9, Self.always(.wrongChecksum, .part)),
            (Self.partSize + 9, Self.always(.wrongChecksum, .finish)),
            (
                Self.partSize + 9,
                Self.always(.noChecksum, .finish) + Self.always(.wrongChecksum, .head)
            ),
            (700_001, Self.always(.wrongChecksum, .put)),
        ]
        for (size, faults) in trials {
            let scene = try Scene(size: size)
            let report = try await scene.push(faults)
            guard case .refusedByStore(.checksumDiffers)? = report.failure("a") else {
                Issue.record("\(String(describing: report.failure("a")))")
                continue
            }
            #expect(report.result("a") == .failed)
        }
    }

    @Test("an upload found that ends without a checksum is begun anew, once")
    func adopted() async throws {
        let scene = try Scene()
        let stop = Fault(.status(404, code: 0, error: "NoSuchBucket"), operation: .part, nth: 2, times: nil)
        let begun = try await scene.push([stop])
        #expect(begun.failure("a")?.verdict == .refused)
        let faults = [
            Fault(.noChecksum, operation: .finish), Fault(.noChecksum, operation: .head, nth: 2),
        ]
        let report = try await scene.push(faults)
        // The first finish made the object, which the second attempt then meets.
        #expect(report.failure("a") == nil && scene.kept == .right)
        #expect(report.results["a"]?.receipt?.slicesFound == 0)
    }

    @Test(
        "another object is not replaced: the look sees it, and the store refuses what the look did not see",
        arguments: [S3EmulatorTests.partSize + 9, 700_001])
    func overwrite(size: Int) async throws {
        let scene = try Scene(size: size)
        let other = pattern(size, seed: 9)
        try scene.rehearsal.trial.folder.write("a", other)
        let first = try COSUploadTests.plan(other)
        #expect(try await scene.rehearsal.run([first], faults: []).result("a") == .uploaded)
        try scene.rehearsal.trial.folder.write("a", scene.bytes)
        let blind = Fault(.status(404, code: 0), operation: .head)
        let ignoring = Self.always(.ignoresIfNoneMatch, .put, .finish)
        for faults in [[], [blind], ignoring] {
            let report = try await scene.push(faults)
            #expect(report.failure("a")?.verdict == .refused, "\(String(describing: report.failure("a")))")
            #expect(scene.rehearsal.kept(first, is: other) == .right)
        }
        // With neither, nothing can tell.
        #expect(try await scene.push(ignoring + [blind]).result("a") == .uploaded)
    }

    @Test("faults on the way end as with the XML API")
    func faults() async throws {
        let trials: [(FaultAction, EmulatedOperation, End)] = [
            (.status(503, code: 0), .part, .done), (.dropReply, .finish, .done), (.dropReply, .begin, .done),
            (.reset(.during), .part, .done), (.expired, .begin, .done), (.deadSession, .part, .done),
            (.lateError(milliseconds: 0, error: "InternalError"), .finish, .done),
            (.forbidden, .listUploads, .done), (.forbidden, .part, .verdict(.credentials)),
            (.status(409, code: 0, error: "ConditionalRequestConflict"), .finish, .verdict(.tryAgain)),
        ]
        let rehearsal = try Rehearsal(target: Self.target())
        let bytes = pattern(Self.partSize + 9)
        let plans = try trials.indices.map { index in
            try rehearsal.trial.folder.write("f\(index)", bytes)
            return try plan(bytes, path: "f\(index)")
        }
        func push(_ faults: [Fault]) async throws -> Trial.Report {
            try await rehearsal.run(plans, faults: faults) {
                $0.configuration.partSize = Int64(Self.partSize)
            }
        }
        let report = try await push(
            zip(trials, plans).map { Fault($0.0.0, operation: $0.0.1, key: $0.1.key) })
        for (index, (action, operation, end)) in trials.enumerated() {
            let place = Comment("\(action) at \(operation)")
            switch end {
            case .done: #expect(report.failure("f\(index)") == nil, place)
            case .verdict(let verdict): #expect(report.failure("f\(index)")?.verdict == verdict, place)
            }
        }
        let again = try await push([])
        for plan in plans {
            #expect(again.failure(plan.path.text) == nil && rehearsal.kept(plan, is: bytes) == .right)
        }
        let skewed = try await Scene().push([Fault(.clockSkew(seconds: 7200), times: nil)])
        #expect(skewed.result("a") == .uploaded)
    }
}
