import ByteDigests
import Foundation
import PlanCore
import ServiceCore
import Testing

@testable import XMLProtocol

/// The scripted result of a step.
enum Answer: Sendable {
    case reply(Int, String = "", [String: String] = [:])
    /// No request is needed: the bytes that were read suffice.
    case found
    /// No reply is received, even after retries.
    case lost
}

let partSize: Int64 = 1 << 20
/// Three parts of 1 MiB and one of 17 bytes.
let size = 3 * partSize + 17

/// Invented digests of a piece: the state machine never sees the bytes.
func content(_ range: ByteRange) -> ContentDigests {
    let name = Array("\(range.offset)+\(range.length)".utf8)
    return ContentDigests(
        length: range.length, md5: MessageDigest.md5(name), crc64: crc64(name, .ecma),
        sha1: MessageDigest.sha1(name), sha256: MessageDigest.sha256(name))
}

func piece(_ number: Int, of size: Int64 = size, partSize: Int64 = partSize) -> ContentDigests {
    content(Layout(fileSize: size, pieceSize: partSize).range(of: number - 1))
}

/// The CRC of the whole file, from those of the pieces.
func wholeCRC(_ kind: CRC64.Kind = .ecma, size: Int64 = size, partSize: Int64 = partSize) -> UInt64 {
    let layout = Layout(fileSize: size, pieceSize: partSize)
    let pieces = (0..<layout.count).map { content(layout.range(of: $0)) }
    return CRC64.combined(kind, pieces.map { (value: $0.crc64 ?? 0, length: $0.length) }).value
}

func base64(_ crc: UInt64) -> String { Base64.encoded(crc.bigEndianBytes) }
func etag(_ digests: ContentDigests) -> String { "\"\((digests.md5 ?? []).hexText)\"" }

// Replies of a COS service.
let never = Answer.reply(200, "<VersioningConfiguration/>")
let missing = Answer.reply(404)
let noUploads = Answer.reply(200, "<ListMultipartUploadsResult/>")
let begun = begunAs("U")
func begunAs(_ id: String) -> Answer {
    .reply(200, "<InitiateMultipartUploadResult><UploadId>\(id)</UploadId></InitiateMultipartUploadResult>")
}
func error(_ code: String, _ status: Int = 400) -> Answer {
    .reply(status, "<Error><Code>\(code)</Code><Message>m</Message><RequestId>r</RequestId></Error>")
}
func arrived(_ number: Int, crc: UInt64? = nil) -> Answer {
    let piece = piece(number)
    return .reply(200, "", ["etag": etag(piece), "x-cos-hash-crc64ecma": String(crc ?? piece.crc64 ?? 0)])
}
func finished(crc: UInt64? = wholeCRC()) -> Answer {
    .reply(
        200, "  \n<CompleteMultipartUploadResult><ETag>\"f-4\"</ETag></CompleteMultipartUploadResult>",
        crc.map { ["x-cos-hash-crc64ecma": String($0)] } ?? [:])
}
func object(_ length: Int64 = size, crc: UInt64? = wholeCRC(), etag: String = "\"f-9\"") -> Answer {
    var headers = ["content-length": String(length), "etag": etag]
    headers["x-cos-hash-crc64ecma"] = crc.map { String($0) }
    return .reply(200, "", headers)
}
func uploads(_ ids: [(key: String, id: String, initiated: String)], next: String? = nil) -> Answer {
    let list = ids.map {
        "<Upload><Key>\($0.key)</Key><UploadId>\($0.id)</UploadId><Initiated>\($0.initiated)</Initiated></Upload>"
    }.joined()
    let marker = next.map {
        "<IsTruncated>true</IsTruncated><NextKeyMarker>\($0)</NextKeyMarker><NextUploadIdMarker>m</NextUploadIdMarker>"
    }
    return .reply(200, "<ListMultipartUploadsResult>\(list)\(marker ?? "")</ListMultipartUploadsResult>")
}
func parts(_ list: [(Int, Int64, String)], next: String? = nil) -> Answer {
    let text = list.map {
        "<Part><PartNumber>\($0.0)</PartNumber><Size>\($0.1)</Size><ETag>\($0.2)</ETag></Part>"
    }.joined()
    let marker = next.map {
        "<IsTruncated>true</IsTruncated><NextPartNumberMarker>\($0)</NextPartNumberMarker>"
    }
    return .reply(200, "<ListPartsResult>\(text)\(marker ?? "")</ListPartsResult>")
}

/// Step names with their results.
typealias Script = [(String, Answer)]

func joined(_ scripts: Script...) -> Script { Array(scripts.joined()) }

let allParts: Script = (1...4).map { ("part U \($0)", arrived($0)) }
let beginning: Script = [("versioning", never), ("head", missing), ("list uploads", noUploads)]

func name(_ step: XMLUploadStep) -> String {
    switch step.action {
    case .part(let id, let number, _, _): "part \(id) \(number)"
    case .finish(let id, _): "finish \(id)"
    case .listParts(let id, let marker): "list parts \(id)" + (marker.map { " after \($0)" } ?? "")
    case .listUploads(let marker): "list uploads" + (marker.map { " after \($0.key)" } ?? "")
    case .digest(let piece, _): "digest \(piece)"
    case .versioning, .head, .begin, .put: step.operation.map { "\($0)" } ?? ""
    }
}

extension XMLUpload {
    /// Passes the result of a step to the upload.
    mutating func take(_ answer: Answer, to step: XMLUploadStep) {
        let bytes = step.content.map(content)
        switch answer {
        case .found:
            guard let bytes, step.isAnswered(by: bytes, dialect) else {
                Issue.record("\(name(step)): nothing of it was found")
                return
            }
            accept(bytes, to: step)
        case .lost:
            #expect(acceptNoAnswer(to: step), "\(name(step)) is no step that goes on without an answer")
        case .reply(let status, let body, let headers):
            if let bytes, step.isAnswered(by: bytes, dialect) {
                Issue.record("\(name(step)): what was found is sent again")
            }
            guard let operation = step.operation else {
                Issue.record("\(name(step)) asks nothing")
                return
            }
            accept(
                XMLReply(to: operation, status: status, headers: headers, body: Array(body.utf8)), to: step,
                content: bytes)
        }
    }
}

/// Drives an upload one step at a time: the name of each step, with its result.
func drive(
    _ plan: PlannedFile, to address: BucketAddress? = nil, _ script: Script..., versioning: Versioning? = nil,
    reaching smallest: Int64 = partSize
) throws -> XMLUpload {
    var options = XMLUpload.Options()
    options.partSize = smallest
    options.versioning = versioning
    var upload = try XMLUpload(plan, to: try address ?? cosAddress(), options: options)
    for (index, (expected, answer)) in script.joined().enumerated() {
        guard let step = upload.nextStep() else {
            Issue.record("no step where \(expected) was expected: \(String(describing: upload.outcome))")
            break
        }
        #expect(name(step) == expected, "step \(index)")
        upload.take(answer, to: step)
    }
    let next = upload.nextStep()
    #expect(next == nil, "\(next.map(name) ?? "")")
    #expect(upload.inFlight == 0)
    return upload
}
