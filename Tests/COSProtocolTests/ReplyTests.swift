import ServiceCore
import PlanCore
import Testing

@testable import COSProtocol

@Suite("Replies")
struct ReplyTests {
    /// **Source**: the init page's example reply.
    static let page = """
        {
            "code": 0,
            "message": "SUCCESS",
            "request_id": "NTliNzhlOWJfliMjk0MGFfNDgyNV8xMTY5MDM=",
            "data": {
                "access_url": "http://iainyu-1251668577.file.myqcloud.com/sample_bigfile.txt",
                "resource_path": "/1251668577/iainyu/sample_bigfile.txt",
                "source_url": "http://iainyu-1251668577.cosgz.myqcloud.com/sample_bigfile.txt",
                "url": "http://gz.file.myqcloud.com/files/v2/1251668577/iainyu/sample_bigfile.txt",
                "vid": "7ea80e8cf7ed5548eb3ac5c4c72792f91505201819"
            }
        }
        """

    func envelope(_ text: String, status: Int = 200) throws -> ReplyEnvelope {
        guard case .json(let envelope) = ServiceReply(status: status, body: Array(text.utf8)) else {
            throw Unexpected()
        }
        return envelope
    }

    struct Unexpected: Error {}

    @Test("the page's reply is an instant upload with its URLs")
    func pageReply() throws {
        let envelope = try envelope(Self.page)
        #expect(envelope.isSuccess)
        #expect(envelope.requestID == "NTliNzhlOWJfliMjk0MGFfNDgyNV8xMTY5MDM=")
        guard case .instant(let urls) = try InitOperation.Reply(try #require(envelope.data)) else {
            throw Unexpected()
        }
        #expect(urls.entries.map(\.name) == ["access_url", "resource_path", "source_url", "url", "vid"])
        #expect(urls["vid"] == "7ea80e8cf7ed5548eb3ac5c4c72792f91505201819")
    }

    @Test("a session means that slices are wanted, whatever URLs stand beside it")
    func freshReply() throws {
        let envelope = try envelope(
            #"{"code":0,"data":{"session":"s","slice_size":524288,"serial_upload":1,"access_url":"u"}}"#)
        #expect(
            try InitOperation.Reply(envelope.data ?? .empty)
                == .fresh(session: "s", sliceSize: 524_288, serial: true))
        #expect(throws: ReplyProblem.missing(field: "session", operation: .initialize)) {
            try InitOperation.Reply(.empty)
        }
    }

    @Test("data may be missing, null or of another type; a message too; the header's request id stands in")
    func tolerance() throws {
        #expect(try envelope(#"{"code":-177}"#).data == nil)
        #expect(try envelope(#"{"code":-177,"data":null,"message":null}"#).message.isEmpty)
        #expect(try envelope(#"{"code":0,"data":[]}"#).data == nil)
        let reply = ServiceReply(status: 400, body: Array(#"{"code":-1}"#.utf8), requestIDHeader: "H")
        guard case .json(let envelope) = reply else { throw Unexpected() }
        #expect(envelope.requestID == "H")
        #expect(try !self.envelope(#"{"code":0}"#, status: 404).isSuccess)
    }

    @Test(
        "what is not the service's JSON is a value with its status and first bytes",
        arguments: [
            "", "<html><body>403 Forbidden</body></html>", "<?xml version='1.0'?><Error/>", "null", "[]",
            "{}",
            #"{"code":"x"}"#, #"{"code":0.5}"#, #"{"code":0"#, #"{"code":0} x"#, "{'code':0}",
            "{\"code\":01}",
        ])
    func notJSON(text: String) {
        let body = Array(text.utf8)
        #expect(ServiceReply(status: 403, body: body) == .notJSON(status: 403, firstBytes: body))
    }

    @Test("at most 256 first bytes are kept")
    func firstBytes() {
        let body = [UInt8](repeating: 60, count: 1000)
        #expect(
            ServiceReply(status: 502, body: body)
                == .notJSON(status: 502, firstBytes: Array(body.prefix(256))))
    }

    @Test("list's reply gives session, sizes, sha without its suffix, and the slices")
    func list() throws {
        let text = """
            {"code":0,"data":{"session":"s","filesize":"2621440","slice_size":1048576,"sha":"ABCD_123",
             "listparts":[{"offset":0,"datalen":1048576},{"datalen":1048576,"offset":1048576}]}}
            """
        guard case .unfinished(let found) = try ListOperation.Reply(try envelope(text).data ?? .empty) else {
            throw Unexpected()
        }
        #expect(found.session == "s" && found.fileSize == 2_621_440 && found.sliceSize == 1_048_576)
        #expect(found.sha == "abcd")
        #expect(found.arrived.map(\.offset) == [0, 1_048_576])
        let complete = try envelope(#"{"code":0,"data":{"access_url":"u"}}"#)
        #expect(
            try ListOperation.Reply(complete.data ?? .empty)
                == .complete(ObjectURLs(entries: [.init("access_url", "u")])))
        for entry in [
            "{}", "1", #"{"offset":-1,"datalen":1}"#, #"{"offset":9223372036854775807,"datalen":1}"#,
        ] {
            let broken = try envelope(#"{"code":0,"data":{"session":"s","listparts":[\#(entry)]}}"#)
            #expect(throws: ReplyProblem.self) { try ListOperation.Reply(broken.data ?? .empty) }
        }
    }

    @Test("stat's length is filelen or filesize, and unknown where they disagree")
    func stat() throws {
        func length(_ data: String) throws -> Int64? {
            StatOperation.Reply(try envelope(#"{"code":0,"data":\#(data)}"#).data ?? .empty).length
        }
        #expect(try length(#"{"filelen":7}"#) == 7)
        #expect(try length(#"{"filesize":7}"#) == 7)
        #expect(try length(#"{"filesize":7,"filelen":7}"#) == 7)
        #expect(try length(#"{"filesize":7,"filelen":6}"#) == nil)
        #expect(try length("{}") == nil)
    }

    @Test(
        "a code is a whole number however it is written, and nothing else",
        arguments: [
            ("0", 0), ("-0", 0), ("0.0", 0), ("0e5", 0), (#""0""#, 0), ("-177.0", -177), ("-1.77e2", -177),
            (#""-177""#, -177), ("9223372036854775807", .max), ("9223372036854775808", nil), ("1e400", nil),
            ("0.5", nil), (#""""#, nil), (#"" 0""#, nil), ("null", nil), ("true", nil), ("[0]", nil),
        ] as [(String, Int64?)])
    func codes(written: String, code: Int64?) {
        let reply = ServiceReply(status: 400, body: Array(#"{"code":\#(written),"data":{}}"#.utf8))
        if case .json(let envelope) = reply { #expect(envelope.code == code) } else { #expect(code == nil) }
    }

    @Test(
        "a number that a reply gives and that cannot be read is a problem, not a number that lacks",
        arguments: [
            "18446744073709551616", "-9223372036854775809", "1e99", "0.5", #""x""#, #""""#, "true", "{}",
            "[1]",
        ])
    func oddNumbers(written: String) throws {
        func data(_ members: String) throws -> ReplyData {
            try envelope(#"{"code":0,"data":{\#(members)}}"#).data ?? .empty
        }
        let sliceSize = try data(#""session":"s","slice_size":\#(written)"#)
        #expect(throws: ReplyProblem.unreadable(field: "slice_size", operation: .initialize)) {
            try InitOperation.Reply(sliceSize)
        }
        #expect(throws: ReplyProblem.unreadable(field: "slice_size", operation: .list)) {
            try ListOperation.Reply(sliceSize)
        }
        let size = try data(#""session":"s","filesize":\#(written)"#)
        #expect(throws: ReplyProblem.unreadable(field: "filesize", operation: .list)) {
            try ListOperation.Reply(size)
        }
        let offset = try data(#""offset":\#(written)"#)
        #expect(throws: ReplyProblem.unreadable(field: "offset", operation: .data)) {
            try DataOperation.Reply(offset)
        }
        let parts = try data(#""session":"s","listparts":[{"offset":0,"datalen":\#(written)}]"#)
        #expect(throws: ReplyProblem.self) { try ListOperation.Reply(parts) }
        #expect(StatOperation.Reply(try data(#""filelen":\#(written)"#)).length == nil)
        #expect(
            "\(ReplyProblem.unreadable(field: "offset", operation: .data))"
                == "the reply to data has offset that is no integer of 64 bits; check that the endpoint is the "
                + "service")
    }

    @Test("numbers written with a fraction of zeros or as null are what they say, and nothing")
    func wholeNumbers() throws {
        let whole = try envelope(#"{"code":0,"data":{"session":"s","slice_size":1048576.0}}"#)
        #expect(
            try InitOperation.Reply(whole.data ?? .empty)
                == .fresh(session: "s", sliceSize: 1_048_576, serial: false))
        let null = try envelope(#"{"code":0,"data":{"session":"s","slice_size":null,"serial_upload":1.0}}"#)
        #expect(
            try InitOperation.Reply(null.data ?? .empty) == .fresh(session: "s", sliceSize: nil, serial: true)
        )
    }

    @Test("no damaged reply crashes the reader, for 20,000 of them")
    func damaged() throws {
        let seeds = [
            Self.page, #"{"code":-4019,"message":"_ERROR_FILE_NOT_FINISH_UPLOAD","data":{}}"#,
            #"{"code":0,"data":{"session":"s","filesize":9,"sha":"a_b","listparts":[{"offset":0,"datalen":1e2}]}}"#,
            #"{"code":0,"data":{"filelen":"12","sha":"\ud83d\ude00\u0000"}}"#,
        ].map { Array($0.utf8) }
        var random = SplitMix(state: 20_170_912)
        for round in 0..<20_000 {
            var body = seeds[round % seeds.count]
            for _ in 0...(round % 4) where !body.isEmpty {
                let place = Int(random.next() % UInt64(body.count))
                switch random.next() % 4 {
                case 0: body[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: body.remove(at: place)
                case 2: body.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                default: body.removeLast(body.count - place)
                }
            }
            guard case .json(let envelope) = ServiceReply(status: 200, body: body) else { continue }
            let data = envelope.data ?? .empty
            _ = try? InitOperation.Reply(data)  // A problem is a fine answer; only a crash is not.
            _ = try? ListOperation.Reply(data)  // As above.
            _ = try? DataOperation.Reply(data)  // As above.
            _ = StatOperation.Reply(data).length
            _ = "\(ServiceError(operation: .data, reply: .json(envelope)))"
        }
    }
}

/// A seeded generator, so that failures can be reproduced.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
