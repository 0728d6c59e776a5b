import Foundation
import NIOCore
import PlanCore
import ServiceCore
import Testing

@testable import COSEmulator

@Suite("Emulator: requests changed at random")
struct RequestFuzzTests {
    /// Collects the result of a reader; two runs with the same result are equal.
    private struct Collector: MultipartReader.Sink, Equatable {
        var parts: [(head: PartHead, content: [UInt8])] = []
        var ended = 0

        mutating func partBegan(_ head: PartHead) { parts.append((head, [])) }
        mutating func partContinued(_ bytes: ByteBuffer) {
            parts[parts.count - 1].content += Array(bytes.readableBytesView)
        }
        mutating func partEnded() { ended += 1 }

        static func == (left: Collector, right: Collector) -> Bool {
            left.ended == right.ended && left.parts.count == right.parts.count
                && zip(left.parts, right.parts).allSatisfy { $0.head == $1.head && $0.content == $1.content }
        }
    }

    private static func read(_ body: [UInt8], _ pieces: [Int]) throws -> (Collector, MultipartError?) {
        var reader = try MultipartReader(
            contentType: FormShape.page.contentType, limits: EmulatorLimits())
        var sink = Collector()
        var start = 0
        do throws(MultipartError) {
            for end in pieces + [body.count] where end >= start {
                try reader.take(ByteBuffer(bytes: body[start..<end]), into: &sink)
                start = end
            }
            try reader.end()
        } catch { return (sink, error) }
        return (sink, nil)
    }

    @Test(
        "a form reads the same however it is cut, or is refused for the same reason",
        arguments: [1, 2, 3] as [UInt64])
    func forms(seed: UInt64) throws {
        var mutator = Mutator(seed: seed)
        let words = [
            "\r\n", "--", "\r\n--\(FormShape.page.boundary)", "--\r\n", "Content-Length: 9\r\n", "\"", "; ",
        ]
        .map { Array($0.utf8) }
        for shape in [FormShape.page, .java, .cpp] {
            let body = FormShape.page.body(
                InitForm.unchanged.map { (shape.wireName($0.0), Array($0.1.utf8)) })
            for _ in 0..<400 {
                let changed = mutator.changed(body, words: words)
                let cuts = (0..<6).map { _ in Int.random(in: 0...changed.count, using: &mutator) }.sorted()
                let (whole, error) = try Self.read(changed, [])
                let (inPieces, otherError) = try Self.read(changed, cuts)
                #expect(error == otherError)
                #expect(error != nil || whole == inPieces)
            }
        }
    }

    @Test(
        "uploadparts that are taken are JSON that another reader reads as the same digests",
        arguments: [1, 2, 3] as [UInt64])
    func uploadParts(seed: UInt64) throws {
        var mutator = Mutator(seed: seed)
        let bytes = TestFile.pattern(300)
        let sha = try #require(Digest(hex: TestFile.sha1(bytes)))
        let text = Array(TestFile.uploadParts(bytes, partSize: 64).utf8)
        let words = ["{", "}", "[", "]", ",", "\"", "\\u0064", " ", "64", "-", "0", "1e2"].map {
            Array($0.utf8)
        }
        var taken = 0
        for _ in 0..<4_000 {
            let changed = mutator.changed(text, words: words)
            var reader = UploadPartsReader(limit: 8)
            let cut = Int.random(in: 0...changed.count, using: &mutator)
            changed[..<cut].withUnsafeBytes { reader.take($0) }
            changed[cut...].withUnsafeBytes { reader.take($0) }
            guard let digests = try? reader.digests(kind: .state, fileSize: 300, sha: sha) else { continue }
            taken += 1
            let parsed = try JSONSerialization.jsonObject(with: Data(changed)) as? [[String: Any]]
            #expect(parsed?.map { $0["datasha"] as? String } == digests.datashas.map(\.hex))
            #expect(parsed?.map { ($0["offset"] as? NSNumber)?.intValue } == [0, 64, 128, 192, 256])
        }
        #expect(taken > 0)
    }

    @Test("a changed signature is refused, unless it still says the same", arguments: [1, 2, 3] as [UInt64])
    func signatures(seed: UInt64) throws {
        var mutator = Mutator(seed: seed)
        let authorization = Authorization(credentials: .published, limits: EmulatorLimits())
        let address = ObjectAddress(
            appID: try AppID(1_251_668_577), bucket: try Bucket("xy2"), key: try ObjectKey("/a"))
        let good = TestSigner(fileID: "/1251668577/xy2/a").text
        try authorization.check(good, for: address, .list, now: TestService.now)
        for _ in 0..<4_000 {
            let changed = String(decoding: mutator.changed(Array(good.utf8)), as: UTF8.self)
            let isSame = Base64.decoded(changed) == Base64.decoded(good)
            #expect(
                isSame
                    || (try? authorization.check(changed, for: address, .list, now: TestService.now)) == nil)
            let plain = mutator.changed(Array((Base64.decoded(good) ?? []).dropFirst(20)))
            _ = SignedText(Base64.encoded([UInt8](repeating: 0, count: 20) + plain))
        }
    }

    @Test("changed requests are answered, and the emulator goes on as before", arguments: [1, 2] as [UInt64])
    func requests(seed: UInt64) async throws {
        var mutator = Mutator(seed: seed)
        let bytes = TestFile.pattern(2_000)
        try await TestService.run { (service) async throws in
            let session = try service.begin("/s", bytes).text("session")
            let forms: [[(String, [UInt8])]] = [
                InitForm.unchanged.map { ($0.0, Array($0.1.utf8)) },
                [
                    ("op", Array("upload_slice_data".utf8)), ("session", Array(session.utf8)),
                    ("offset", [48]), ("filecontent", bytes),
                ],
                [("op", Array("upload".utf8)), ("insertOnly", [48]), ("filecontent", [1, 2, 3])],
                [("op", Array("upload_slice_list".utf8))],
                [
                    ("op", Array("upload_slice_finish".utf8)), ("session", Array(session.utf8)),
                    ("filesize", Array("2000".utf8)), ("sha", Array(TestFile.sha1(bytes).utf8)),
                ],
            ]
            for round in 0..<200 {
                let shape = [FormShape.page, .python, .js][round % 3]
                let key = round % 4 == 0 ? "/s" : "/\(round)"
                let request = service.request(key, forms[round % forms.count], shape: shape)
                let end = try #require(request.firstRange(of: [13, 10, 13, 10])).upperBound
                let head = String(decoding: request[..<end], as: UTF8.self)
                let body = mutator.changed(Array(request[end...]), words: [[13, 10], [45, 45]])
                let length = "Content-Length: \(body.count)\r\n"
                let changed = head.replacing(/Content-Length: \d+\r\n/, with: length)
                let answer = try service.answer(to: Array(changed.utf8) + body)
                #expect([200, 400, 404].contains(answer.status), "\(answer.message)")
                #expect(answer.code == 0 || answer.status != 200)
            }
            let end = try service.upload("/end", TestFile.random(700_000, seed: seed), slice: 524_288)
            #expect(end.code == 0, "\(end.message)")
        }
    }
}
