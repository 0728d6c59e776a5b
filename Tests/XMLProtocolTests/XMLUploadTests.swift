import PlanCore
import ServiceCore
import Testing

@testable import XMLProtocol

/// **Source**: the vendor's documentation of the operations; observations of its SDKs and of a running store.
@Suite("The upload through the XML API")
struct XMLUploadTests {
    let whole = UploadOutcome<UploadProof, XMLUploadRefusal>.uploaded(
        UploadProof(.crc64ecma, String(wholeCRC())))
    let there = UploadOutcome<UploadProof, XMLUploadRefusal>.alreadyThere(
        UploadProof(.crc64ecma, String(wholeCRC())))

    func crc(_ value: UInt64) -> Checksums { Checksums([Checksum(.crc64ecma, crc: value)]) }

    @Test(
        "a fresh upload: versioning, head, list, begin, parts, finish; its checksum is that of all parts together"
    )
    func fresh() throws {
        let upload = try drive(
            try plan(size: size), beginning, [("begin", begun)], allParts, [("finish U", finished())])
        #expect(upload.outcome == whole)
        #expect(upload.partsSent == 4 && upload.partsFound == 0 && upload.bytesArrived == size)
        #expect(upload.uploadID == "U")
    }

    @Test("a file of one part is put, an empty one too; one that may be replaced is not looked for")
    func put() throws {
        let small = try drive(
            try plan(size: 1000),
            [("versioning", never), ("head", missing), ("put", .reply(200, "", headers(of: 1000)))])
        #expect(small.outcome == .uploaded(UploadProof(.crc64ecma, String(wholeCRC(size: 1000)))))
        #expect(small.partsSent == 1)
        let empty = try drive(
            try plan(size: 0, insertOnly: .overwrite),
            [("put", .reply(200, "", ["etag": "\"e\"", "x-cos-hash-crc64ecma": "0"]))])
        #expect(empty.outcome == .uploaded(UploadProof(.crc64ecma, "0")))
    }

    func headers(of size: Int64) -> [String: String] {
        let whole = content(ByteRange(offset: 0, length: size))
        return ["etag": etag(whole), "x-cos-hash-crc64ecma": String(whole.crc64 ?? 0)]
    }

    @Test("a put without a checksum is proved by its MD5; another MD5 is never a success")
    func putETag() throws {
        let right = content(ByteRange(offset: 0, length: 1000))
        let md5 = try drive(
            try plan(size: 1000, insertOnly: .overwrite), [("put", .reply(200, "", ["etag": etag(right)]))])
        #expect(md5.outcome == .uploaded(UploadProof(.md5, (right.md5 ?? []).hexText)))
        let other = content(ByteRange(offset: 1, length: 1000))
        let wrong = try drive(
            try plan(size: 1000, insertOnly: .overwrite), [("put", .reply(200, "", ["etag": etag(other)]))])
        guard case .refused(.checksumDiffers(nil, _, _)) = wrong.outcome else {
            Issue.record("\(String(describing: wrong.outcome))")
            return
        }
    }

    @Test("an object with the plan's checksum is there already: nothing is sent, nothing is read")
    func alreadyThere() throws {
        let upload = try drive(
            try plan(size: size, checksums: crc(wholeCRC())), [("versioning", never), ("head", object())])
        #expect(upload.outcome == there && upload.partsSent == 0)
        // A large file that may be replaced is queried as well.
        let replacing = try drive(
            try plan(size: size, insertOnly: .overwrite, checksums: crc(wholeCRC())), [("head", object())])
        #expect(replacing.outcome == there)
    }

    @Test(
        "without a checksum in the plan the file is read to compare it; equal is there, different is refused")
    func compared() throws {
        let reads: Script = (0..<4).map { ("digest \($0)", .found) }
        let start: Script = [("versioning", never), ("head", object())]
        #expect(try drive(try plan(size: size), start, reads).outcome == there)
        let other = try drive(
            try plan(size: size), [("versioning", never), ("head", object(crc: 7))], reads)
        let difference = XMLUploadRefusal.Difference(
            .crc64ecma, planned: String(wholeCRC()), found: "7")
        #expect(
            other.outcome == .refused(.otherObject(planned: size, found: size, digest: difference)))
        guard case .refused(let refusal) = other.outcome else { return }
        #expect(
            "\(refusal)"
                == "another object is there: crc64ecma: planned \(wholeCRC()), found 7; check the file against "
                + "the plan to tell whether the plan's line is damaged; if it is not, choose another key, or plan it to "
                + "replace what is there")
    }

    @Test(
        "another length is another object, before anything is read; an object without length is never the same"
    )
    func otherObjects() throws {
        for length in [size - 1, size + 1, 0] {
            let upload = try drive(try plan(size: size), [("versioning", never), ("head", object(length))])
            #expect(upload.outcome == .refused(.otherObject(planned: size, found: length, digest: nil)))
        }
        let unknown = try drive(
            try plan(size: size), [("versioning", never), ("head", .reply(200, "", ["etag": "\"x\""]))])
        #expect(unknown.outcome == .refused(.otherObject(planned: size, found: nil, digest: nil)))
    }

    @Test("where it may be replaced, another object is replaced")
    func replacing() throws {
        let plan = try plan(size: size, insertOnly: .overwrite, checksums: crc(wholeCRC()))
        let upload = try drive(
            plan,
            [("head", object(crc: 7)), ("list uploads", noUploads), ("begin", begun)], allParts,
            [("finish U", finished())])
        #expect(upload.outcome == whole)
    }

    @Test(
        "a checksum that is not the plan's ends the upload before finish: the bytes are right, the plan's claim is not"
    )
    func planChecksum() throws {
        let upload = try drive(
            try plan(size: size, checksums: crc(7)), beginning, [("begin", begun)], allParts)
        #expect(
            upload.outcome
                == .refused(.planChecksumDiffers(.crc64ecma, planned: "7", computed: String(wholeCRC()))))
        guard case .refused(let refusal) = upload.outcome else { return }
        #expect(refusal.finding == "the plan says crc64ecma 7, the planned bytes have \(wholeCRC())")
    }

    @Test("a wrong checksum for a part, for finish or for HEAD is never an upload")
    func wrongChecksums() throws {
        let part = try drive(
            try plan(size: size), beginning, [("begin", begun), ("part U 1", arrived(1, crc: 7))])
        #expect(
            part.outcome
                == .refused(.checksumDiffers(part: 1, sent: String(piece(1).crc64 ?? 0), answered: "7")))
        let start = joined(beginning, [("begin", begun)], allParts)
        let finish = try drive(try plan(size: size), start, [("finish U", finished(crc: 7))])
        #expect(
            finish.outcome == .refused(.checksumDiffers(part: nil, sent: String(wholeCRC()), answered: "7")))
        let head = try drive(
            try plan(size: size), start, [("finish U", finished(crc: nil)), ("head", object(crc: 7))])
        #expect(
            head.outcome == .refused(.checksumDiffers(part: nil, sent: String(wholeCRC()), answered: "7")))
        let short = try drive(
            try plan(size: size), start, [("finish U", finished(crc: nil)), ("head", object(5))])
        #expect(short.outcome == .refused(.otherObject(planned: size, found: 5, digest: nil)))
    }

    @Test("COS without checksums: parts are proved by their MD5, and the proof says so")
    func noChecksums() throws {
        let bare: Script = (1...4).map {
            ("part U \($0)", .reply(200, "", ["etag": etag(piece($0))]))
        }
        let start = joined(beginning, [("begin", begun)], bare)
        let upload = try drive(
            try plan(size: size), start, [("finish U", finished(crc: nil)), ("head", object(crc: nil))])
        #expect(upload.outcome == .uploaded(UploadProof(.md5OfParts)))
        let proved = try drive(
            try plan(size: size), start, [("finish U", finished(crc: nil)), ("head", object())])
        #expect(proved.outcome == whole)
        let wrong = try drive(
            try plan(size: size),
            beginning, [("begin", begun), ("part U 1", .reply(200, "", ["etag": etag(piece(2))]))])
        guard case .refused(.checksumDiffers(1, _, _)) = wrong.outcome else {
            Issue.record("\(String(describing: wrong.outcome))")
            return
        }
        let none = try drive(try plan(size: size), beginning, [("begin", begun), ("part U 1", .reply(200))])
        guard case .refused(.service(let error)) = none.outcome else {
            Issue.record("\(String(describing: none.outcome))")
            return
        }
        #expect(error.reaction == .retry)
    }

    @Test("versioning that is, was or may be on is told: the promise not to replace is void there")
    func versioning() throws {
        let answers: [(Answer, Versioning?)] = [
            (never, nil),
            (
                .reply(200, "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"),
                .enabled
            ),
            (
                .reply(200, "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>"),
                .suspended
            ),
            (error("AccessDenied", 403), .unknown), (error("NotImplemented", 501), .unknown),
        ]
        for (answer, found) in answers {
            var upload = try drive(
                try plan(size: size), [("versioning", answer), ("head", object(5))])
            #expect(upload.takeWarnings() == (found.map { [.overwriteNotRefused($0)] } ?? []))
            #expect(upload.versioning == found ?? .never)
        }
        // The versioning is known for the bucket: it is not queried again, but reported again.
        var known = try drive(try plan(size: size), [("head", object(5))], versioning: .enabled)
        #expect(known.takeWarnings() == [.overwriteNotRefused(.enabled)])
        let gone = try drive(try plan(size: size), [("versioning", error("NoSuchBucket", 404))])
        guard case .refused(.service(let refusal)) = gone.outcome else { return }
        #expect(refusal.known == .noSuchBucket)
    }

    @Test("a key that may not be looked at goes on with a warning that says both")
    func headRefused() throws {
        var upload = try drive(
            try plan(size: size),
            [("versioning", never), ("head", .reply(403)), ("list uploads", noUploads), ("begin", begun)],
            allParts, [("finish U", finished())])
        #expect(upload.outcome == whole)
        let warnings = upload.takeWarnings()
        #expect(warnings.count == 1)
        #expect(
            warnings.first.map { "\($0)".contains("nothing is there, or the secret id may not look") } == true
        )
        #expect(upload.takeWarnings().isEmpty)
    }

    @Test("a refused look is not warned of where the next request is refused, too: the secret is wrong")
    func headAndSecretRefused() throws {
        var upload = try drive(
            try plan(size: size),
            [
                ("versioning", never), ("head", .reply(403)),
                ("list uploads", error("SignatureDoesNotMatch", 403)),
            ])
        guard case .refused(.service(let refusal)) = upload.outcome else {
            Issue.record("\(String(describing: upload.outcome))")
            return
        }
        #expect(refusal.known?.name == "SignatureDoesNotMatch")
        #expect(upload.takeWarnings().isEmpty)
    }

    @Test(
        "a biz_attr, a key that is too long and a file that is too long are refused before anything is asked")
    func unfitPlans() throws {
        #expect(throws: XMLPlanProblem.plan(.bizAttr("x", .xml))) {
            try drive(try plan(size: 1, bizAttr: "x"), [])
        }
        for (length, fits) in [(850, true), (851, false)] {
            let key = "/" + String(repeating: "k", count: length)
            #expect(((try? XMLUpload(try plan(size: 1, key: key), to: try cosAddress())) != nil) == fits)
        }
        #expect(
            (try? XMLUpload(
                try plan(size: 1, key: "/" + String(repeating: "k", count: 1024)), to: try s3Address()))
                != nil)
    }

    @Test("parts are handed out in the order of the file, and replies may come in any order")
    func parallel() throws {
        var options = XMLUpload.Options()
        options.partSize = partSize
        options.versioning = .never
        var upload = try XMLUpload(try plan(size: size), to: try cosAddress(), options: options)
        for answer in [missing, noUploads, begun] {
            let step = try #require(next(&upload))
            upload.take(answer, to: step)
        }
        var steps: [XMLUploadStep] = []
        while let step = upload.nextStep() { steps.append(step) }
        #expect(steps.map(name) == (1...4).map { "part U \($0)" })
        #expect(upload.inFlight == 4)
        for index in [2, 0, 3, 1] {
            let early = upload.nextStep()
            #expect(early == nil)
            upload.take(arrived(index + 1), to: steps[index])
        }
        let finish = try #require(next(&upload))
        guard case .finish(_, let parts) = finish.action else { return }
        #expect(parts.map(\.number) == [1, 2, 3, 4])
        upload.take(finished(), to: finish)
        #expect(upload.outcome == whole)
    }

    private func next(_ upload: inout XMLUpload) -> XMLUploadStep? { upload.nextStep() }
}
