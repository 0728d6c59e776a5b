import ByteDigests
import PlanCore
import ServiceCore
import Testing

@testable import XMLProtocol

@Suite("Going on with an upload, and what was lost on the way")
struct XMLUploadResumeTests {
    let whole = UploadOutcome<UploadProof, XMLUploadRefusal>.uploaded(
        UploadProof(.crc64ecma, String(wholeCRC())))
    let there = UploadOutcome<UploadProof, XMLUploadRefusal>.alreadyThere(
        UploadProof(.crc64ecma, String(wholeCRC())))
    let key = "dir/上传 a+b~(1).bin"
    let start: Script = [("versioning", never), ("head", missing)]

    func listed(_ numbers: [Int]) -> [(Int, Int64, String)] {
        numbers.map { ($0, piece($0).length, etag(piece($0))) }
    }

    @Test("the parts that arrived are read and compared, not sent; what differs or lacks is sent")
    func resume() throws {
        let wrong = (2, partSize, etag(piece(1)))
        let upload = try drive(
            try plan(size: size),
            start,
            [
                ("list uploads", uploads([(key, "A", "2026-01-01")])),
                ("list parts A", parts(listed([1]) + [wrong], next: "2")),
                ("list parts A after 2", parts(listed([4]))), ("part A 1", .found), ("part A 2", arrived(2)),
                ("part A 3", arrived(3)), ("part A 4", .found), ("finish A", finished()),
            ])
        #expect(upload.outcome == whole)
        #expect(upload.partsFound == 2 && upload.partsSent == 2 && upload.uploadID == "A")
    }

    @Test(
        "all pages are read, other keys are passed over, the upload with most parts is gone on with, the others are told"
    )
    func several() throws {
        var upload = try drive(
            try plan(size: size),
            start,
            [
                (
                    "list uploads",
                    uploads([("dir", "X", "2026-09-01"), (key, "OLD", "2026-01-01")], next: "m1")
                ),
                (
                    "list uploads after m1",
                    uploads([(key + "2", "Y", "2026-09-01"), (key, "NEW", "2026-02-01")])
                ),
                ("list parts NEW", parts([])), ("list parts OLD", parts(listed([1, 2]))),
                ("part OLD 1", .found),
                ("part OLD 2", .found), ("part OLD 3", arrived(3)), ("part OLD 4", arrived(4)),
                ("finish OLD", finished()),
            ])
        #expect(upload.outcome == whole)
        let warnings = upload.takeWarnings()
        #expect(warnings == [.unfinishedLeft(["NEW"])])
        #expect(warnings.first.map { "\($0)".contains("cost money") && "\($0)".contains("NEW") } == true)
    }

    @Test("before a put, uploads that other part sizes began are named; a listing that fails changes nothing")
    func beforePut() throws {
        let left = uploads([(key, "A", "2026-01-01"), (key + "2", "B", "2026-01-01")], next: "m1")
        let rows: [(Script, [XMLUploadWarning])] = [
            (
                [("list uploads", left), ("list uploads after m1", uploads([(key, "C", "2026-01-02")]))],
                [.unfinishedLeft(["A", "C"])]
            ),
            ([("list uploads", noUploads)], []),
            ([("list uploads", error("AccessDenied", 403))], []),
            ([("list uploads", error("NotImplemented", 501))], []),
        ]
        let whole = content(ByteRange(offset: 0, length: size))
        let answer = Answer.reply(
            200, "", ["etag": etag(whole), "x-cos-hash-crc64ecma": String(whole.crc64 ?? 0)])
        for (listing, warnings) in rows {
            for (choice, before) in [
                (InsertOnly.refuse, [("versioning", never), ("head", missing)]), (.overwrite, []),
            ] as [(InsertOnly, Script)] {
                var upload = try drive(
                    try plan(size: size, insertOnly: choice), before, listing, [("put", answer)],
                    reaching: 8 << 20)
                #expect(upload.outcome == .uploaded(UploadProof(.crc64ecma, String(whole.crc64 ?? 0))))
                #expect(upload.takeWarnings() == warnings)
            }
        }
    }

    @Test("an upload whose parts are no whole slices of this file is left, with its id; a new one is begun")
    func unfit() throws {
        for sizes in [[(1, partSize + 1)], [(1, partSize), (2, 524_288)], [(9, partSize)], [(1, 0)]]
            as [[(Int, Int64)]]
        {
            var upload = try drive(
                try plan(size: size),
                start,
                [
                    ("list uploads", uploads([(key, "A", "2026-01-01")])),
                    ("list parts A", parts(sizes.map { ($0.0, $0.1, "\"e\"") })), ("begin", begun),
                ], allParts, [("finish U", finished())])
            #expect(upload.outcome == whole)
            #expect(upload.takeWarnings() == [.unfinishedLeft(["A"])])
        }
    }

    @Test("an adopted upload keeps its own part size")
    func ownPartSize() throws {
        let two = 2 * partSize
        let (first, second) = (piece(1, partSize: two), piece(2, partSize: two))
        let crc = wholeCRC(partSize: two)
        let upload = try drive(
            try plan(size: size),
            start,
            [
                ("list uploads", uploads([(key, "A", "")])), ("list parts A", parts([(1, two, etag(first))])),
                ("part A 1", .found),
                (
                    "part A 2",
                    .reply(
                        200, "", ["etag": etag(second), "x-cos-hash-crc64ecma": String(second.crc64 ?? 0)])
                ),
                ("finish A", finished(crc: crc)),
            ])
        #expect(upload.outcome == .uploaded(UploadProof(.crc64ecma, String(crc))))
    }

    @Test("an upload whose listing names another kind of checksum is not adopted")
    func otherChecksum() throws {
        let listing = Answer.reply(
            200,
            "<ListMultipartUploadsResult><Upload><Key>\(key)</Key><UploadId>A</UploadId>"
                + "<ChecksumAlgorithm>SHA256</ChecksumAlgorithm></Upload></ListMultipartUploadsResult>")
        var upload = try drive(
            try plan(size: size),
            start, [("list uploads", listing), ("begin", begun)], allParts, [("finish U", finished())])
        #expect(upload.outcome == whole)
        #expect(upload.takeWarnings() == [.unfinishedLeft(["A"])])
    }

    @Test(
        "a list that is refused, at once or for the parts, means a new upload and a warning; a wrong pair ends it"
    )
    func listRefused() throws {
        let denied = error("AccessDenied", 403)
        for script in [
            [("list uploads", denied)],
            [("list uploads", uploads([(key, "A", "")])), ("list parts A", denied)],
            [("list uploads", .reply(501))],
        ] as [Script] {
            var upload = try drive(
                try plan(size: size),
                start, script, [("begin", begun)], allParts, [("finish U", finished())])
            #expect(upload.outcome == whole)
            guard case .listRefused? = upload.takeWarnings().first else {
                Issue.record("no warning")
                continue
            }
        }
        let wrong = try drive(
            try plan(size: size), start, [("list uploads", error("SignatureDoesNotMatch", 403))])
        guard case .refused(.service(let refusal)) = wrong.outcome else { return }
        #expect(refusal.reaction == .refuseCredentials)
    }

    @Test("listings that do not advance end in an error, not in a circle")
    func circles() throws {
        let circle = try drive(
            try plan(size: size),
            start,
            [
                ("list uploads", uploads([], next: "m")), ("list uploads after m", uploads([], next: "m")),
            ])
        guard case .refused(.reply) = circle.outcome else {
            Issue.record("\(String(describing: circle.outcome))")
            return
        }
        let parts = try drive(
            try plan(size: size),
            start,
            [
                ("list uploads", uploads([(key, "A", "")])), ("list parts A", parts([], next: "1")),
                ("list parts A after 1", parts([], next: "1")),
            ])
        guard case .refused(.reply) = parts.outcome else {
            Issue.record("\(String(describing: parts.outcome))")
            return
        }
    }

    @Test(
        "an upload that is gone in the middle: the object is whole, or nothing is there and it begins again, once"
    )
    func goneInTheMiddle() throws {
        let gone = error("NoSuchUpload", 404)
        let middle = joined(beginning, [("begin", begun), ("part U 1", arrived(1)), ("part U 2", gone)])
        let reads: Script = (0..<4).map { ("digest \($0)", .found) }
        #expect(try drive(try plan(size: size), middle, [("head", object())], reads).outcome == there)
        let again = try drive(
            try plan(size: size),
            middle, [("head", missing), ("list uploads", noUploads), ("begin", begunAs("V"))],
            (1...4).map { ("part V \($0)", arrived($0)) }, [("finish V", finished())])
        #expect(again.outcome == whole)
        let twice = try drive(
            try plan(size: size),
            middle,
            [
                ("head", missing), ("list uploads", noUploads), ("begin", begunAs("V")), ("part V 1", gone),
                ("head", missing),
            ])
        guard case .refused(.service(let refusal)) = twice.outcome else {
            Issue.record("\(String(describing: twice.outcome))")
            return
        }
        #expect(refusal.saysUploadGone)
        let other = try drive(try plan(size: size), middle, [("head", object(5))])
        #expect(other.outcome == .refused(.otherObject(planned: size, found: 5, digest: nil)))
    }

    @Test("a finish whose reply was lost is compared: there already; not there, and nothing is assumed")
    func lostFinish() throws {
        let sent = joined(beginning, [("begin", begun)], allParts)
        for answer in [
            error("NoSuchUpload", 404), .lost, .reply(200, "cut"), error("FileAlreadyExists", 409),
        ] {
            #expect(
                try drive(try plan(size: size), sent, [("finish U", answer), ("head", object())]).outcome
                    == there)
        }
        let never = try drive(try plan(size: size), sent, [("finish U", .lost), ("head", missing)])
        #expect(never.outcome == .refused(.unanswered(.finish)))
        let refused = try drive(
            try plan(size: size), sent, [("finish U", .lost), ("head", .reply(403))])
        guard case .refused(.notCompared) = refused.outcome else {
            Issue.record("\(String(describing: refused.outcome))")
            return
        }
    }

    @Test("an upload stays unfinished where the service refuses to finish it, and only there")
    func unfinished() throws {
        let sent = joined(beginning, [("begin", begun)], allParts)
        let exists = error("FileAlreadyExists", 409)
        let rows: [(Script, String?)] = [
            ([("finish U", finished())], nil),
            ([("finish U", exists), ("head", object())], "U"),
            ([("finish U", exists), ("head", object(5))], "U"),
            ([("finish U", error("AccessDenied", 403))], "U"),
            ([("finish U", error("NoSuchUpload", 404)), ("head", object())], nil),
            ([("finish U", .lost), ("head", object())], nil),
            ([("finish U", .reply(200, "cut")), ("head", object())], nil),
        ]
        for (answers, left) in rows {
            let upload = try drive(try plan(size: size), sent, answers)
            #expect(upload.unfinishedUpload == left, "\(answers)")
        }
    }

    @Test("an adopted upload whose parts are refused twice is left, with its id; a new one is begun")
    func adoptedRefused() throws {
        let refused = joined(
            [("list parts A", parts(listed([1, 2, 3, 4])))], (1...4).map { ("part A \($0)", Answer.found) },
            [("finish A", error("InvalidPart"))])
        var upload = try drive(
            try plan(size: size),
            start, [("list uploads", uploads([(key, "A", "")]))], refused, refused, [("begin", begun)],
            allParts, [("finish U", finished())])
        #expect(upload.outcome == whole && upload.unfinishedUpload == nil)
        #expect(upload.takeWarnings() == [.unfinishedLeft(["A"])])
    }

    @Test(
        "finish's late error ends the upload as what it is; a part that it misses is looked for and sent again"
    )
    func refusedFinish() throws {
        let sent = joined(beginning, [("begin", begun)], allParts)
        let late = try drive(try plan(size: size), sent, [("finish U", error("InternalError", 200))])
        guard case .refused(.service(let refusal)) = late.outcome else { return }
        #expect(refusal.reaction == .retry)
        let missed = try drive(
            try plan(size: size),
            sent,
            [
                ("finish U", error("InvalidPart")), ("list parts U", parts(listed([1, 2, 4]))),
                ("part U 1", .found), ("part U 2", .found), ("part U 3", arrived(3)), ("part U 4", .found),
                ("finish U", finished()),
            ])
        #expect(missed.outcome == whole)
        let twice = try drive(
            try plan(size: size),
            sent, [("finish U", error("InvalidPart")), ("list parts U", parts(listed([1, 2, 3, 4])))],
            (1...4).map { ("part U \($0)", Answer.found) }, [("finish U", error("InvalidPart"))])
        guard case .refused(.service) = twice.outcome else {
            Issue.record("\(String(describing: twice.outcome))")
            return
        }
    }

    @Test("an object that appeared meanwhile is compared at begin, put and finish")
    func appeared() throws {
        let exists = error("FileAlreadyExists", 409)
        let reads: Script = (0..<4).map { ("digest \($0)", .found) }
        #expect(
            try drive(try plan(size: size), beginning, [("begin", exists), ("head", object())], reads)
                .outcome
                == there)
        let other = try drive(try plan(size: size), beginning, [("begin", exists), ("head", object(5))])
        #expect(other.outcome == .refused(.otherObject(planned: size, found: 5, digest: nil)))
    }

    // S3.

    func s3Part(_ number: Int, crc: Bool = true) -> Answer {
        let piece = piece(number)
        return .reply(
            200, "",
            ["etag": etag(piece)].merging(crc ? ["x-amz-checksum-crc64nvme": base64(piece.crc64 ?? 0)] : [:])
            { $1 })
    }

    /// Parts of 5 MiB, the minimum of S3.
    static let s3Size: Int64 = 3 * 5 * (1 << 20) + 17
    func s3Parts(_ id: String, checksums: Bool = true) -> Script {
        (1...4).map { number in
            let piece = piece(number, of: Self.s3Size, partSize: 5 << 20)
            var headers = ["etag": etag(piece)]
            if checksums { headers["x-amz-checksum-crc64nvme"] = base64(piece.crc64 ?? 0) }
            return ("part \(id) \(number)", .reply(200, "", headers))
        }
    }
    var s3Whole: UInt64 { wholeCRC(.nvme, size: Self.s3Size, partSize: 5 << 20) }
    func s3Finished(_ crc: UInt64?) -> Answer {
        let element = crc.map { "<ChecksumCRC64NVME>\(base64($0))</ChecksumCRC64NVME>" } ?? ""
        return .reply(200, "<CompleteMultipartUploadResult>\(element)</CompleteMultipartUploadResult>")
    }

    @Test("S3: the whole's CRC-64/NVME proves the upload; a store that does not answer it is refused by name")
    func s3() throws {
        let plan = try plan(size: Self.s3Size)
        let begin: Script = [("head", missing), ("list uploads", noUploads), ("begin", begun)]
        let good = try drive(
            plan, to: try s3Address(), begin, s3Parts("U"), [("finish U", s3Finished(s3Whole))])
        #expect(good.outcome == .uploaded(UploadProof(.crc64nvme, base64(s3Whole))))
        let silentPart = try drive(
            plan, to: try s3Address(), begin, Array(s3Parts("U", checksums: false).prefix(1)))
        #expect(silentPart.outcome == .refused(.noChecksum(.crc64nvme)))
        let length = ["content-length": String(Self.s3Size), "etag": "\"x-4\""]
        let silent = try drive(
            plan, to: try s3Address(),
            begin, s3Parts("U"), [("finish U", s3Finished(nil)), ("head", .reply(200, "", length))])
        #expect(silent.outcome == .refused(.noChecksum(.crc64nvme)))
        let md5 = try drive(
            plan, to: try s3Address(.md5),
            begin, s3Parts("U", checksums: false),
            [
                ("finish U", s3Finished(nil)), ("head", .reply(200, "", length)),
            ])
        #expect(md5.outcome == .uploaded(UploadProof(.md5OfParts)))
        // An ETag that is the usual composite is kept as the proof, and HEAD need not be asked.
        let pieces = (1...4).flatMap { piece($0, of: Self.s3Size, partSize: 5 << 20).md5 ?? [] }
        let composite = "\(MessageDigest.md5(pieces).hexText)-4"
        let finish = Answer.reply(
            200,
            "<CompleteMultipartUploadResult><ETag>&quot;\(composite)&quot;</ETag></CompleteMultipartUploadResult>"
        )
        let proved = try drive(
            plan, to: try s3Address(.md5), begin, s3Parts("U", checksums: false), [("finish U", finish)])
        #expect(proved.outcome == .uploaded(UploadProof(.md5OfParts, composite)))
    }

    @Test(
        "a proof is read back as it is written",
        arguments: [
            UploadProof(.crc64nvme, "rosUhgp5mIg="), UploadProof(.md5OfParts, "ab-4"),
            UploadProof(.md5OfParts),
            UploadProof(.sha1OfParts, "ab=-4"), UploadProof(.size), UploadProof(.sha1, "ab="),
        ])
    func proofs(proof: UploadProof) {
        #expect(UploadProof("\(proof)") == proof)
        #expect(UploadProof("x \(proof)") == nil)
        #expect(UploadProof("\(proof) ") == nil)
    }

    @Test("S3: an adopted upload whose finish answers no checksum is begun anew, once")
    func s3Adopted() throws {
        let plan = try plan(size: Self.s3Size)
        let first = piece(1, of: Self.s3Size, partSize: 5 << 20)
        let length = ["content-length": String(Self.s3Size), "etag": "\"x-4\""]
        let adopted = joined(
            [
                ("head", missing), ("list uploads", uploads([(key, "A", "")])),
                ("list parts A", parts([(1, first.length, etag(first))])), ("part A 1", .found),
            ], Array(s3Parts("A").dropFirst()),
            [("finish A", s3Finished(nil)), ("head", .reply(200, "", length))])
        let anew = try drive(
            plan, to: try s3Address(),
            adopted, [("begin", begun)], s3Parts("U"), [("finish U", s3Finished(s3Whole))])
        #expect(anew.outcome == .uploaded(UploadProof(.crc64nvme, base64(s3Whole))))
        let still = try drive(
            plan, to: try s3Address(),
            adopted, [("begin", begun)], s3Parts("U"),
            [("finish U", s3Finished(nil)), ("head", .reply(200, "", length))])
        #expect(still.outcome == .refused(.noChecksum(.crc64nvme)))
    }

    @Test("S3: 412 says that the object exists, 409 that somebody else writes it")
    func s3Conflicts() throws {
        let plan = try plan(size: 1000)
        let exists = try drive(
            plan, to: try s3Address(),
            [("head", missing), ("put", .reply(412)), ("head", .reply(200, "", ["content-length": "5"]))])
        #expect(exists.outcome == .refused(.otherObject(planned: 1000, found: 5, digest: nil)))
        let conflict = try drive(
            plan, to: try s3Address(),
            [("head", missing), ("put", error("ConditionalRequestConflict", 409)), ("head", missing)])
        guard case .refused(.service(let refusal)) = conflict.outcome else {
            Issue.record("\(String(describing: conflict.outcome))")
            return
        }
        #expect(refusal.known == .conditionalRequestConflict)
    }
}
