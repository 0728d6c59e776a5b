import PlanCore
import Testing

@testable import COSProtocol

@Suite("Upload that meets an object or loses its session")
struct UploadComparisonTests {
    @Test(
        "an object in the way is compared: the same is already there",
        arguments: [
            refused(-177), refused(-4018, "ERROR_SAME_FILE_UPLOAD"),
        ])
    func already(reply: ServiceReply) throws {
        let upload = drive(try plan(), [("init", reply), ("stat", object())])
        #expect(upload.outcome == .alreadyThere(theURLs))
        let late = drive(try plan(), [("init", fresh)] + allData + [("finish S", reply), ("stat", object())])
        #expect(late.outcome == .alreadyThere(theURLs))
    }

    @Test(
        "an object in the way that differs, or does not say its sha, is never a success",
        arguments: [
            (3_145_744, sha), (3_145_745, String(repeating: "0", count: 40)), (3_145_745, nil),
        ] as [(Int64, String?)])
    func differs(length: Int64, found: String?) throws {
        let upload = drive(
            try plan(), [("init", refused(-177)), ("stat", object(length: length, sha: found))])
        #expect(
            upload.outcome
                == .refused(
                    .otherObject(
                        planned: planned, found: UploadRefusal.Content(length: length, sha: found))))
    }

    @Test("an empty object in the way of an empty file is the same, with or without a sha")
    func emptyObject() throws {
        let upload = drive(
            try plan(size: 0), [("upload", refused(-177)), ("stat", object(length: 0, sha: nil))])
        #expect(upload.outcome == .alreadyThere(theURLs))
        let other = drive(
            try plan(size: 0), [("upload", refused(-177)), ("stat", object(length: 1, sha: nil))])
        guard case .refused(.otherObject) = other.outcome else {
            Issue.record("\(String(describing: other.outcome))")
            return
        }
    }

    @Test("a stat that is refused is no comparison")
    func notCompared() throws {
        let upload = drive(try plan(), [("init", refused(-177)), ("stat", refused(-133))])
        guard case .refused(.notCompared(let first?, let stat)) = upload.outcome else {
            Issue.record("\(String(describing: upload.outcome))")
            return
        }
        #expect(first.code == -177 && stat.code == -133)
    }

    @Test("what could not be compared is not advised to be replaced, but to be tried again where that helps")
    func notComparedWords() throws {
        for (status, code, advice) in [
            (500, -181, "try again later"), (400, -999, "table"),
        ] {
            let upload = drive(
                try plan(), [("init", refused(-177)), ("stat", refused(code, status: status))])
            guard case .refused(let refusal) = upload.outcome else {
                Issue.record("\(String(describing: upload.outcome))")
                return
            }
            #expect(refusal.description.hasPrefix("init: code -177 (an object of this key exists)"))
            #expect(refusal.description.contains("; and it could not be compared: stat: code \(code)"))
            #expect(refusal.description.hasSuffix(advice), "\(refusal)")
            #expect(!refusal.description.contains("insert-only"), "\(refusal)")
        }
    }

    @Test("an object in the way that is not there begins again, once, and then is refused")
    func contradiction() throws {
        let upload = drive(
            try plan(),
            [
                ("init", refused(-177)), ("stat", refused(-166, status: 404)), ("init", refused(-177)),
                ("stat", refused(-166, status: 404)),
            ])
        guard case .refused(.service(let error)) = upload.outcome else {
            Issue.record("\(String(describing: upload.outcome))")
            return
        }
        #expect(error.code == -177)
    }

    @Test(
        "a session that is gone at data begins again, once, and then is an error",
        arguments: [
            refused(-166), refused(-1, "ERROR_CMD_FILE_NOTEXIST"), refused(-54_321), refused(-9, status: 404),
        ])
    func deadSession(reply: ServiceReply) throws {
        let upload = drive(
            try plan(size: 17),
            [
                ("init", fresh), ("data S 0+17", reply), ("init", ok(#""session":"T""#)),
                ("data T 0+17", ok("")), ("finish T", finished),
            ])
        #expect(upload.outcome == .uploaded(theURLs))
        let twice = drive(
            try plan(size: 17),
            [("init", fresh), ("data S 0+17", reply), ("init", fresh), ("data S 0+17", reply)])
        guard case .refused(.service) = twice.outcome else {
            Issue.record("\(String(describing: twice.outcome))")
            return
        }
    }

    @Test("a session that dies with slices under way waits for them, then begins again once")
    func deadInParallel() throws {
        var upload = Upload(try plan())
        upload.accept(fresh, to: try taken(upload.nextStep()))
        let steps = (0..<3).compactMap { _ in upload.nextStep() }
        upload.accept(refused(-166), to: steps[1])
        let next = upload.nextStep()
        #expect(next == nil)
        upload.accept(refused(-166), to: steps[0])
        let then = upload.nextStep()
        #expect(then == nil)
        upload.accept(ok(""), to: steps[2])
        let later = upload.nextStep()
        #expect(later?.action == .initialize)
        #expect(upload.outcome == nil)
    }

    @Test("a session that is gone at finish is settled by stat: the same object is done")
    func lostFinish() throws {
        let upload = drive(
            try plan(), [("init", fresh)] + allData + [("finish S", refused(-166)), ("stat", object())])
        #expect(upload.outcome == .alreadyThere(theURLs))
        #expect(upload.slicesSent == 4)
    }

    @Test("a session that is gone at finish with nothing there begins again, once")
    func finishedNothing() throws {
        let start: [(String, ServiceReply)] = [
            ("init", fresh), ("data S 0+17", ok("")), ("finish S", refused(-54_321)),
            ("stat", refused(-9, status: 404)),
        ]
        let upload = drive(try plan(size: 17), start + [("init", finished)])
        #expect(upload.outcome == .instant(theURLs))
        let twice = drive(try plan(size: 17), start + start)
        guard case .refused(.service(let error)) = twice.outcome else {
            Issue.record("\(String(describing: twice.outcome))")
            return
        }
        #expect(error.code == -54_321 && error.operation == .finish)
    }

    @Test("after a lost finish another object is refused, or replaced where that was planned")
    func lostFinishOther() throws {
        let start: [(String, ServiceReply)] = [
            ("init", fresh), ("data S 0+17", ok("")), ("finish S", refused(-166)),
            ("stat", object(length: 3)),
        ]
        let refusing = drive(try plan(size: 17), start)
        guard case .refused(.otherObject) = refusing.outcome else {
            Issue.record("\(String(describing: refusing.outcome))")
            return
        }
        let replacing = drive(
            try plan(size: 17, insertOnly: .overwrite),
            start + [("init", fresh), ("data S 0+17", ok("")), ("finish S", finished)])
        #expect(replacing.outcome == .uploaded(theURLs))
    }

    @Test(
        "known refusals end the upload at any step",
        arguments: [-133, -168, -174, -175, -178, -180, -29_094, -96])
    func refusals(code: Int) throws {
        let scripts: [[(String, ServiceReply)]] = [
            [("init", refused(code))], [("init", refused(-4019)), ("list", refused(code))],
            [("init", fresh), ("data S 0+17", refused(code))],
            [("init", fresh), ("data S 0+17", ok("")), ("finish S", refused(code))],
        ]
        for script in scripts {
            let upload = drive(try plan(size: 17), script)
            guard case .refused(.service(let error)) = upload.outcome else {
                Issue.record("\(String(describing: upload.outcome))")
                continue
            }
            #expect(error.code == Int64(code))
        }
    }

    @Test("a code nobody knows ends the upload at init, list and simple upload")
    func unknown() throws {
        for (size, script) in [
            (17, [("init", refused(-54_321))]),
            (17, [("init", refused(-4019)), ("list", refused(-54_321))]), (0, [("upload", refused(-54_321))]),
        ] as [(Int64, [(String, ServiceReply)])] {
            guard case .refused(.service) = drive(try plan(size: size), script).outcome else {
                Issue.record("\(script)")
                continue
            }
        }
    }
}
