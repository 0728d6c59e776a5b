import Foundation
import PlanCore
import ServiceCore
import Synchronization
import Testing
import XMLProtocol

@testable import COSUpload

@Suite("Upload session through the XML API")
struct XMLUploadSessionTests {
    func target() throws -> Target {
        .xml(
            try XMLTarget(
                region: Region("ap-beijing", for: .xml), appID: AppID(1_250_000_000),
                bucket: Bucket("xy2", for: .xml)))
    }

    func trial() throws -> Trial {
        var trial = try Trial()
        trial.target = try target()
        trial.configuration.partSize = 1 << 20
        return trial
    }

    @Test("a batch goes up byte for byte by put and in parts; pushed again, nothing is sent")
    func batch() async throws {
        let trial = try trial()
        let sizes = ["empty": 0, "one": 1, "mib": 1_048_576, "more": 3_145_745, "a b 上传+~(1)": 1_048_577]
        let files = try sizes.map { try trial.file($0.key, $0.value, seed: UInt64($0.value + 1)) }
        let store = FakeStore()
        let report = try await trial.run(files.map(\.plan), against: store)
        for (plan, bytes) in files {
            #expect(store.object(plan.key.text) == bytes, "\(plan.key)")
            #expect(
                report.result(plan.path.text) == .uploaded,
                "\(String(describing: report.failure(plan.path.text)))")
        }
        let receipt = try #require(report.results["more"]?.receipt)
        #expect(receipt.slicesSent == 4 && receipt.uploadID?.hasPrefix("U") == true)
        #expect(receipt.proof?.hasPrefix("crc64ecma ") == true)
        #expect(receipt.identity.api == .xml)
        #expect(Receipt(json: receipt.json) == receipt)
        #expect(report.progress.bytesDone == files.reduce(0) { $0 + $1.plan.fileSize })
        #expect(report.warnings.isEmpty)
        let before = store.count(.part) + store.count(.put) + store.count(.begin)
        let again = try await trial.run(files.map(\.plan), against: store)
        for (plan, _) in files { #expect(again.result(plan.path.text) == .alreadyThere) }
        #expect(store.count(.part) + store.count(.put) + store.count(.begin) == before)
    }

    @Test(
        "an expired token is read again once for all requests; where there is no other, it is about credentials"
    )
    func expiredToken() async throws {
        var trial = try trial()
        let (plan, bytes) = try trial.file("f", 3_000_000)
        let old = try Credentials(secretID: "AKIDone", secretKey: "k", sessionToken: "TOKENone")
        let new = try Credentials(secretID: "AKIDtwo", secretKey: "l", sessionToken: "TOKENtwo")
        trial.configuration.credentials = old
        let readings = Mutex(0)
        trial.configuration.renewedCredentials = {
            readings.withLock { $0 += 1 }
            return new
        }
        // The token expires after some requests.
        let store = FakeStore(credentials: { $0 <= 4 ? old : new })
        let report = try await trial.run([plan], against: store)
        #expect(report.result("f") == .uploaded, "\(String(describing: report.failure("f")))")
        #expect(store.object("/f") == bytes && readings.withLock { $0 } == 1)
        trial.configuration.renewedCredentials = nil
        let refused = try await trial.run([plan], against: FakeStore(credentials: { _ in new }))
        #expect(refused.failure("f")?.verdict == .credentials)
    }

    @Test("a biz_attr, another object and a store without answers end in words and with the right exit")
    func refusals() async throws {
        let trial = try trial()
        let (plan, _) = try trial.file("f", 2_000_000)
        let store = FakeStore()
        store.state.withLock { $0.objects["/f"] = [1, 2, 3] }
        let other = try await trial.run([plan], against: store)
        #expect(other.failure("f")?.verdict == .refused)
        #expect(store.object("/f") == [1, 2, 3] && store.count(.begin) == 0)
        let late = FakeStore(fault: { operation, _ in
            operation == .finish
                ? .answer(status: 200, "  <Error><Code>InternalError</Code><Message>m</Message></Error>")
                : nil
        })
        let failed = try await trial.run([plan], against: late)
        #expect(failed.failure("f")?.verdict == .tryAgain)
        #expect(late.count(.finish) == 4)
    }
}
