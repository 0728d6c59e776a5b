import PlanCore
import Testing

@testable import COSProtocol

@Suite("Upload")
struct UploadTests {
    @Test("a fresh upload is init, every slice, finish")
    func freshUpload() throws {
        let upload = drive(try plan(), [("init", fresh)] + allData + [("finish S", finished)])
        #expect(upload.outcome == .uploaded(theURLs))
        #expect(upload.slicesSent == 4 && upload.slicesFound == 0)
    }

    @Test("an instant upload is init alone")
    func instant() throws {
        let upload = drive(try plan(), [("init", finished)])
        #expect(upload.outcome == .instant(theURLs))
        #expect(upload.slicesSent == 0)
    }

    @Test("an empty file is one simple upload")
    func empty() throws {
        let upload = drive(try plan(size: 0), [("upload", finished)])
        #expect(upload.outcome == .uploaded(theURLs))
    }

    @Test("slices are handed out in parallel, and finish only once all have arrived")
    func parallel() throws {
        var upload = Upload(try plan())
        upload.accept(fresh, to: try taken(upload.nextStep()))
        let steps = (0..<4).compactMap { _ in upload.nextStep() }
        #expect(steps.count == 4)
        let next = upload.nextStep()
        #expect(next == nil)
        for step in steps.reversed() {
            let then = upload.nextStep()
            #expect(then == nil)
            upload.accept(ok(""), to: step)
        }
        let later = upload.nextStep()
        #expect(later?.action == .finish(session: "S"))
    }

    @Test("with serial_upload 1 no slice is handed out while one is under way")
    func serial() throws {
        var upload = Upload(try plan())
        upload.accept(ok(#""session":"S","serial_upload":1"#), to: try taken(upload.nextStep()))
        #expect(upload.isSerial)
        for offset in [0, 1_048_576, 2_097_152, 3_145_728] as [Int64] {
            let step = try taken(upload.nextStep())
            #expect(step.content?.offset == offset)
            let next = upload.nextStep()
            #expect(next == nil)
            upload.accept(ok(""), to: step)
        }
        let then = upload.nextStep()
        #expect(then?.action == .finish(session: "S"))
    }

    @Test("a data reply can make the rest serial")
    func becomesSerial() throws {
        var upload = Upload(try plan())
        upload.accept(fresh, to: try taken(upload.nextStep()))
        let first = try taken(upload.nextStep())
        upload.accept(ok(#""serial_upload":1"#), to: first)
        let next = upload.nextStep()
        #expect(next != nil)
        let then = upload.nextStep()
        #expect(then == nil)
    }

    @Test("the service's slice size cuts the data, smaller or larger than planned")
    func otherSliceSize() throws {
        let small = drive(
            try plan(size: 1_048_577),
            [
                ("init", ok(#""session":"S","slice_size":524288"#)), ("data S 0+524288", ok("")),
                ("data S 524288+524288", ok("")), ("data S 1048576+1", ok("")), ("finish S", finished),
            ])
        #expect(small.sliceSize == 524_288)
        let large = drive(
            try plan(),
            [
                ("init", ok(#""session":"S","slice_size":3145728"#)), ("data S 0+3145728", ok("")),
                ("data S 3145728+17", ok("")), ("finish S", finished),
            ])
        #expect(large.sliceSize == 3_145_728)
    }

    @Test(
        "slice sizes that would exhaust memory or never end are refused",
        arguments: [0, -1, 65_535, 8_388_609])
    func unusableSliceSize(size: Int64) throws {
        let upload = drive(try plan(), [("init", ok(#""session":"S","slice_size":\#(size)"#))])
        #expect(
            upload.outcome
                == .refused(.reply(.unusable(field: "slice_size", value: size, operation: .initialize))))
    }

    @Test("the smallest and the largest usable slice size work", arguments: [65_536, 8_388_608] as [Int64])
    func usableSliceSize(size: Int64) throws {
        var upload = Upload(try plan())
        upload.accept(ok(#""session":"S","slice_size":\#(size)"#), to: try taken(upload.nextStep()))
        let next = upload.nextStep()
        #expect(next?.content == ByteRange(offset: 0, length: min(size, 3_145_745)))
    }

    @Test("a success without a session or a URL is no success")
    func emptySuccess() throws {
        let upload = drive(try plan(), [("init", ok(""))])
        #expect(
            upload.outcome == .refused(.reply(.missing(field: "session", operation: .initialize))))
    }

    @Test("a slice put at another offset ends the upload")
    func otherOffset() throws {
        let upload = drive(
            try plan(), [("init", fresh), ("data S 0+1048576", ok(#""offset":1048576"#))])
        #expect(
            upload.outcome
                == .refused(.reply(.unusable(field: "offset", value: 1_048_576, operation: .data))))
    }

    @Test("an answer that is not JSON ends the upload with its status and first bytes")
    func html() throws {
        let reply = ServiceReply(status: 403, body: Array("<html>".utf8))
        let upload = drive(try plan(), [("init", reply)])
        let error = ServiceError(
            operation: .initialize, status: 403, code: nil, message: "<html>", requestID: nil)
        #expect(upload.outcome == .refused(.service(error)))
    }

    @Test("replies after the end change nothing")
    func lateReply() throws {
        var upload = Upload(try plan())
        upload.accept(fresh, to: try taken(upload.nextStep()))
        let first = try taken(upload.nextStep())
        let second = try taken(upload.nextStep())
        upload.accept(refused(-133), to: first)
        let outcome = upload.outcome
        upload.accept(ok(""), to: second)
        #expect(upload.outcome == outcome && outcome != nil)
        let next = upload.nextStep()
        #expect(next == nil)
    }
}
