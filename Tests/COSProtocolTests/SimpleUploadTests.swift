import PlanCore
import Testing

@testable import COSProtocol

@Suite("Simple upload")
struct SimpleUploadTests {
    @Test(
        "a file up to the asked size goes up in one request, one above it by slices; 20 MB is the service's own limit",
        arguments: [
            (0, 0, true), (1, 0, false), (1, 1, true), (17, 16, false), (20_971_520, 20_971_520, true),
            (20_971_521, 20_971_520, false), (20_971_521, .max, false), (0, -1, true),
        ] as [(Int64, Int64, Bool)])
    func threshold(size: Int64, upTo: Int64, isSimple: Bool) throws {
        var upload = Upload(try plan(size: size), simpleUpTo: upTo)
        let step = try taken(upload.nextStep())
        #expect(step.action == (isSimple ? .simpleUpload(length: size) : .initialize))
        #expect(step.content == (isSimple ? ByteRange(offset: 0, length: size) : nil))
        let next = upload.nextStep()
        #expect(next == nil)
    }

    @Test("its fields are op, sha, insertOnly and biz_attr, as on the page")
    func fields() throws {
        var upload = Upload(try plan(size: 17, insertOnly: .overwrite), simpleUpTo: 17)
        let step = try taken(upload.nextStep())
        let fields = step.fields(for: upload.plan)?.map {
            "\($0.name)=\(String(decoding: $0.value, as: UTF8.self))"
        }
        #expect(fields == ["op=upload", "sha=\(sha)", "insertOnly=0"])
    }

    @Test("an object in the way is compared, as after an init or a lost reply: the same is already there")
    func compared() throws {
        let small = try plan(size: 17)
        let same = drive(
            small, simpleUpTo: 17, [("upload", refused(-177)), ("stat", object(length: 17))])
        #expect(same.outcome == .alreadyThere(theURLs))
        for other in [object(length: 16), object(length: 17, sha: nil)] {
            let upload = drive(small, simpleUpTo: 17, [("upload", refused(-177)), ("stat", other)])
            guard case .refused(.otherObject) = upload.outcome else {
                Issue.record("\(String(describing: upload.outcome))")
                continue
            }
        }
        let gone = drive(
            small, simpleUpTo: 17,
            [("upload", refused(-177)), ("stat", refused(-166, status: 404)), ("upload", finished)])
        #expect(gone.outcome == .uploaded(theURLs))
    }

    @Test("an unfinished upload at the key is gone on with if it is this file's, and refused if it is not")
    func unfinished() throws {
        let small = try plan(size: 17)
        let own = drive(
            small, simpleUpTo: 17,
            [
                ("upload", refused(-4019)), ("list", listed(size: 17, [])), ("data L 0+17", ok("")),
                ("finish L", finished),
            ])
        #expect(own.outcome == .uploaded(theURLs))
        let foreign = drive(
            small, simpleUpTo: 17, [("upload", refused(-4019)), ("list", listed(size: 18, []))])
        guard case .refused(.otherUnfinishedUpload) = foreign.outcome else {
            Issue.record("\(String(describing: foreign.outcome))")
            return
        }
        let empty = drive(
            try plan(size: 0), [("upload", refused(-4019)), ("list", listed(size: 18, []))])
        guard case .refused(.otherUnfinishedUpload) = empty.outcome else {
            Issue.record("\(String(describing: empty.outcome))")
            return
        }
        let vanished = drive(
            small, simpleUpTo: 17,
            [("upload", refused(-4019)), ("list", refused(-166, status: 404)), ("upload", finished)])
        #expect(vanished.outcome == .uploaded(theURLs))
    }
}
