import PlanCore
import Testing

@testable import COSProtocol

@Suite("Upload that resumes")
struct UploadResumeTests {
    @Test("an unfinished upload is listed, and only what is missing is sent")
    func resume() throws {
        let upload = drive(
            try plan(),
            [
                ("init", refused(-4019)), ("list", listed([(1_048_576, 1_048_576), (3_145_728, 17)])),
                ("data L 0+1048576", ok("")), ("data L 2097152+1048576", ok("")), ("finish L", finished),
            ])
        #expect(upload.outcome == .uploaded(theURLs))
        #expect(upload.slicesSent == 2 && upload.slicesFound == 2)
    }

    @Test("a listing of every slice, twice over, needs only finish")
    func everything() throws {
        let all = [(0, 1_048_576), (1_048_576, 1_048_576), (2_097_152, 1_048_576), (3_145_728, 17)]
            .map { (Int64($0.0), Int64($0.1)) }
        let upload = drive(
            try plan(), [("init", refused(-4019)), ("list", listed(all + all)), ("finish L", finished)])
        #expect(upload.slicesSent == 0 && upload.slicesFound == 4)
    }

    @Test("the slice size of a resumed upload is list's, not init's")
    func listSliceSize() throws {
        let upload = drive(
            try plan(size: 1_048_577),
            [
                ("init", refused(-4019)),
                ("list", listed(size: 1_048_577, sliceSize: 524_288, [(0, 524_288), (524_288, 524_288)])),
                ("data L 1048576+1", ok("")), ("finish L", finished),
            ])
        #expect(upload.sliceSize == 524_288)
    }

    @Test(
        "the sha in a listing may be missing, in upper case or carry a suffix",
        arguments: [
            nil, sha, sha + "_123", sha.uppercased(),
        ])
    func listedSHA(listedSHA: String?) throws {
        let upload = drive(
            try plan(size: 17),
            [
                ("init", refused(-4019)), ("list", listed(size: 17, sha: listedSHA, [(0, 17)])),
                ("finish L", finished),
            ])
        #expect(upload.outcome == .uploaded(theURLs))
    }

    @Test("an unfinished upload of another size or sha stops the upload; nothing is sent")
    func foreign() throws {
        let other = String(repeating: "f", count: 40)
        for (size, sha) in [(3_145_746, sha), (3_145_745, other)] as [(Int64, String)] {
            let upload = drive(
                try plan(), [("init", refused(-4019)), ("list", listed(size: size, sha: sha, []))])
            #expect(
                upload.outcome
                    == .refused(
                        .otherUnfinishedUpload(
                            planned: planned, found: UploadRefusal.Content(length: size, sha: sha))))
        }
    }

    @Test(
        "a listed range that is no slice of the layout stops the upload; nothing is sent",
        arguments: [
            (1, 1_048_576), (0, 1_048_575), (0, 1_048_577), (3_145_728, 18), (3_145_728, 16), (4_194_304, 17),
            (3_145_745, 0), (0, 0),
        ] as [(Int64, Int64)])
    func noSlice(offset: Int64, length: Int64) throws {
        let upload = drive(
            try plan(), [("init", refused(-4019)), ("list", listed([(0, 1_048_576), (offset, length)]))])
        #expect(
            upload.outcome
                == .refused(
                    .foreignSlice(ByteRange(offset: offset, length: length), sliceSize: 1_048_576)))
    }

    @Test(
        "digests that do not agree after an unfinished upload was gone on with name that upload",
        arguments: [-168, -174, -175])
    func foundSlicesDisagree(code: Int) throws {
        let start = [("init", refused(-4019)), ("list", listed([(0, 1_048_576), (1_048_576, 1_048_576)]))]
        let rest = [("data L 2097152+1048576", ok("")), ("data L 3145728+17", ok(""))]
        for script in [
            start + [("data L 2097152+1048576", refused(code))], start + rest + [("finish L", refused(code))],
        ] {
            let upload = drive(try plan(), script)
            guard case .refused(let refusal) = upload.outcome,
                case .foundSlicesDisagree(let error, 2) = refusal
            else {
                Issue.record("\(String(describing: upload.outcome))")
                continue
            }
            #expect(error.code == Int64(code))
            #expect(
                refusal.description.hasSuffix(
                    "; an unfinished upload with 2 slices was found at the key and gone on with, and it may be of "
                        + "other content or of a damaged plan; check the file against the plan; if it is as planned, "
                        + "remove the unfinished upload in the console and upload again, or use another key"))
        }
        let empty = drive(
            try plan(size: 17),
            [("init", refused(-4019)), ("list", listed(size: 17, [])), ("data L 0+17", refused(code))])
        guard case .refused(.foundSlicesDisagree(_, 0)) = empty.outcome else {
            Issue.record("\(String(describing: empty.outcome))")
            return
        }
    }

    @Test("nothing there after -4019 begins again, once")
    func vanished() throws {
        let upload = drive(
            try plan(size: 17),
            [
                ("init", refused(-4019)), ("list", refused(-166, status: 404)), ("init", fresh),
                ("data S 0+17", ok("")), ("finish S", finished),
            ])
        #expect(upload.outcome == .uploaded(theURLs))
        let twice = drive(
            try plan(size: 17),
            [
                ("init", refused(-4019)), ("list", refused(-9, status: 404)), ("init", refused(-4019)),
                ("list", refused(-9, status: 404)),
            ])
        #expect(
            twice.outcome
                == .refused(
                    .service(
                        ServiceError(operation: .list, status: 404, code: -9, message: "", requestID: nil))))
    }

    @Test("a listing that says the object is whole is compared with stat")
    func complete() throws {
        let same = drive(try plan(), [("init", refused(-4019)), ("list", finished), ("stat", object())])
        #expect(same.outcome == .alreadyThere(theURLs))
        let other = drive(
            try plan(), [("init", refused(-4019)), ("list", finished), ("stat", object(length: 1))])
        #expect(
            other.outcome
                == .refused(
                    .otherObject(planned: planned, found: UploadRefusal.Content(length: 1, sha: sha))))
    }

    @Test("-4019 to finish lists again and sends what is missing, three times at most")
    func unfinishedAtFinish() throws {
        let upload = drive(
            try plan(size: 17),
            [
                ("init", fresh), ("data S 0+17", ok("")), ("finish S", refused(-4019)),
                ("list", listed(size: 17, [])), ("data L 0+17", ok("")), ("finish L", finished),
            ])
        #expect(upload.outcome == .uploaded(theURLs))
        let round = [("list", listed(size: 17, [(0, 17)])), ("finish L", refused(-4019))]
        let endless = drive(try plan(size: 17), [("init", refused(-4019))] + round + round + round)
        guard case .refused(.service(let error)) = endless.outcome else {
            Issue.record("\(String(describing: endless.outcome))")
            return
        }
        #expect(error.code == -4019)
    }
}
