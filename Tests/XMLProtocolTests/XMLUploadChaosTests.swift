import PlanCore
import Testing

@testable import XMLProtocol

/// Every reply in every state: whatever a service replies, the upload ends, and never succeeds without a
/// proof.
@Suite("A service that answers anything")
struct XMLUploadChaosTests {
    static let key = "dir/上传 a+b~(1).bin"

    /// Replies of every operation: correct, wrong and malformed ones.
    static func pool() -> [Answer] {
        var pool: [Answer] = [
            never, missing, noUploads, begun, begunAs("V"), .reply(200), .reply(204), .reply(403),
            .reply(500),
            .reply(503), .reply(200, "<html>"), .reply(200, "{\"code\":0}"), .reply(302),
            .reply(200, "<Error/>"),
            .reply(200, "<!DOCTYPE a><a/>"), object(), object(5), object(crc: 7), object(crc: nil),
            finished(),
            finished(crc: nil), finished(crc: 7), uploads([(key, "A", "1"), (key, "B", "2")]),
            uploads([(key, "A", "1")], next: "m"), uploads([], next: "n"),
            parts([(1, partSize, etag(piece(1)))]), parts([(1, partSize, etag(piece(2)))], next: "1"),
            parts([(4, 17, etag(piece(4)))], next: "4"), parts([(1, 5, "x")]),
            .reply(200, "<ListPartsResult><Part/></ListPartsResult>"),
            .reply(200, "<ListMultipartUploadsResult><Upload/></ListMultipartUploadsResult>"),
            .reply(200, "<InitiateMultipartUploadResult/>"), .lost,
        ]
        pool += (1...4).map { arrived($0) } + [arrived(1, crc: 7)]
        pool += XMLCode.table.flatMap { [error($0.name, 400), error($0.name, 200)] }
        return pool
    }

    /// One random upload; the share of correct replies depends on the seed.
    private func run(_ seed: UInt64, _ insertOnly: InsertOnly, _ pool: [Answer]) throws -> XMLUpload {
        var random = Seeded(state: seed)
        var options = XMLUpload.Options()
        options.partSize = partSize
        var upload = try XMLUpload(
            try plan(size: size, insertOnly: insertOnly), to: try cosAddress(), options: options)
        var underWay: [XMLUploadStep] = []
        for _ in 0..<5000 {
            while let step = upload.nextStep() { underWay.append(step) }
            guard let index = underWay.indices.randomElement(using: &random) else { break }
            let step = underWay.remove(at: index)
            if let bytes = step.content.map(content), step.isAnswered(by: bytes, .cos) {
                upload.accept(bytes, to: step)
                continue
            }
            let isRight = Int.random(in: 0..<100, using: &random) < [50, 80, 97][Int(seed % 3)]
            let answer = isRight ? right(step) : pool.randomElement(using: &random) ?? missing
            guard case .reply(let status, let body, let headers) = answer, let operation = step.operation
            else {
                // A lost reply; where the driver would end the upload, the request is repeated here.
                if !upload.acceptNoAnswer(to: step) { underWay.append(step) }
                continue
            }
            upload.accept(
                XMLReply(to: operation, status: status, headers: headers, body: Array(body.utf8)), to: step,
                content: step.content.map(content))
        }
        #expect(upload.inFlight == underWay.count)
        return upload
    }

    private func right(_ step: XMLUploadStep) -> Answer {
        switch step.action {
        case .versioning: never
        case .head: missing
        case .listUploads: noUploads
        case .listParts: parts([(1, partSize, etag(piece(1)))])
        case .begin: begun
        case .part(_, let number, let range, _):
            .reply(
                200, "",
                [
                    "etag": etag(content(range)),
                    "x-cos-hash-crc64ecma": String(content(range).crc64 ?? UInt64(number)),
                ])
        case .finish: finished()
        case .put, .digest: .reply(500)
        }
    }

    @Test(
        "for 3,000 random services the upload ends; done only with the right checksum, or with parts that were proved"
    )
    func chaos() throws {
        let pool = Self.pool()
        var ends: [String: Int] = [:]
        for seed in 0..<3000 {
            let upload = try run(UInt64(seed), seed % 2 == 0 ? .refuse : .overwrite, pool)
            switch try #require(upload.outcome, "seed \(seed) goes on for ever") {
            case .uploaded(let proof), .instant(let proof), .alreadyThere(let proof):
                switch proof.kind {
                case .crc64ecma: #expect(proof.value == String(wholeCRC()), "seed \(seed)")
                case .crc64ecmaOfParts, .md5OfParts: #expect(upload.partsSent + upload.partsFound >= 4)
                case .crc64nvme, .sha1, .sha1OfParts, .md5, .size: Issue.record("\(proof), seed \(seed)")
                }
                ends["done", default: 0] += 1
            case .refused(let refusal):
                #expect(!"\(refusal)".isEmpty)
                ends["refused", default: 0] += 1
            }
        }
        #expect((ends["done"] ?? 0) > 300 && (ends["refused"] ?? 0) > 300, "\(ends)")
    }
}
