import PlanCore
import Testing

@testable import COSProtocol

/// A plan of `pieces` MiB plus 17 bytes; its digests are invented, which the state machine cannot notice.
func plan(size: Int64 = 3_145_745, insertOnly: InsertOnly = .refuse) throws -> PlannedFile {
    let sha = size == 0 ? Digest.ofNoBytes : Digest(words: (1, 2, 3, 4, 5))
    let layout = Layout(fileSize: size, pieceSize: 1_048_576)
    return PlannedFile(
        path: try LocalPath("a"), key: try ObjectKey("/a"), sha: sha, sliceSize: .standard,
        insertOnly: insertOnly, datashaKind: .state, partLayout: layout,
        parts: (0..<layout.count).map { Part(range: layout.range(of: $0), datasha: sha, sha1: nil) })
}

let sha = "0000000100000002000000030000000400000005"
let urls = #""access_url":"http://cdn/a""#
let fresh = ok(#""session":"S""#)
let finished = ok(urls)

func ok(_ members: String) -> ServiceReply { json(#"{"code":0,"data":{\#(members)}}"#) }
func refused(_ code: Int, status: Int = 400, _ message: String = "") -> ServiceReply {
    json(#"{"code":\#(code),"message":"\#(message)"}"#, status: status)
}
func json(_ text: String, status: Int = 200) -> ServiceReply {
    ServiceReply(status: status, body: Array(text.utf8))
}
func listed(
    size: Int64 = 3_145_745, sha: String? = sha, sliceSize: Int64 = 1_048_576, _ ranges: [(Int64, Int64)]
) -> ServiceReply {
    let parts = ranges.map { #"{"offset":\#($0.0),"datalen":\#($0.1)}"# }.joined(separator: ",")
    let shaMember = sha.map { #""sha":"\#($0)","# } ?? ""
    return ok(
        #""session":"L","filesize":\#(size),\#(shaMember)"slice_size":\#(sliceSize),"listparts":[\#(parts)]"#)
}
func object(length: Int64 = 3_145_745, sha: String? = sha) -> ServiceReply {
    ok(#""filelen":\#(length),\#(urls)"# + (sha.map { #","sha":"\#($0)""# } ?? ""))
}

/// Drives an upload one request at a time: the short name of each step, with its reply.
func drive(
    _ plan: PlannedFile, simpleUpTo: Int64 = 0, _ script: [(String, ServiceReply)]
) -> Upload {
    var upload = Upload(plan, simpleUpTo: simpleUpTo)
    for (expected, reply) in script {
        guard let step = upload.nextStep() else {
            Issue.record("no step where \(expected) was expected")
            break
        }
        let name =
            switch step.action {
            case .data(let session, let range): "data \(session) \(range.offset)+\(range.length)"
            case .finish(let session): "finish \(session)"
            default: "\(step.operation)"
            }
        #expect(name == expected)
        upload.accept(reply, to: step)
    }
    let next = upload.nextStep()
    #expect(next == nil)
    #expect(upload.inFlight == 0)
    return upload
}

let allData: [(String, ServiceReply)] = [
    ("data S 0+1048576", ok("")), ("data S 1048576+1048576", ok("")), ("data S 2097152+1048576", ok("")),
    ("data S 3145728+17", ok("")),
]
let theURLs = ObjectURLs(entries: [.init("access_url", "http://cdn/a")])
let planned = UploadRefusal.Content(length: 3_145_745, sha: sha)

/// The step, which must exist; `#require` cannot contain a mutating call.
func taken(_ step: UploadStep?) throws -> UploadStep { try #require(step) }
