import COSEmulator
import COSProtocol
import PlanCore
import Testing

@Suite("Fault fields")
struct FaultFieldsTests {
    @Test("a location that no header can hold is refused", arguments: ["a\r\nX: y", "a\n", "\0", "\u{7f}"])
    func location(text: String) {
        #expect(throws: FaultError.controlCharacter(field: "location", found: text)) {
            try Fault(fields: ["op": "data", "do": "redirect", "location": text])
        }
    }

    @Test("every action is read with its fields and defaults")
    func actions() throws {
        let cases: [([ByteString: String], FaultAction)] = [
            (["do": "status"], .status(500, code: -181)),
            (["do": "status", "status": "503", "code": "-71"], .status(503, code: -71)),
            (["do": "delay", "ms": "20"], .delay(milliseconds: 20)),
            (["do": "reset"], .reset(.during)), (["do": "reset", "when": "before"], .reset(.before)),
            (["do": "reset", "when": "after"], .reset(.after)), (["do": "cut_reply"], .cutReply),
            (["do": "drop_reply"], .dropReply), (["do": "empty_reply"], .emptyReply(status: 200)),
            (["do": "html"], .html(status: 403)), (["do": "html", "status": "502"], .html(status: 502)),
            (["do": "redirect"], .redirect(status: 307, location: nil)),
            (
                ["do": "redirect", "status": "302", "location": "http://a/"],
                .redirect(status: 302, location: "http://a/")
            ),
            (["do": "slice_size", "slice_size": "524288"], .sliceSize(bytes: 524_288)),
            (["do": "serial"], .serial),
            (["do": "throttle", "ms": "300"], .throttle(milliseconds: 300, status: 429, code: -181)),
            (["do": "expired"], .expired), (["do": "clock_skew", "s": "-900"], .clockSkew(seconds: -900)),
            (["do": "slow_read", "bytes_per_second": "1000"], .slowRead(bytesPerSecond: 1000)),
            (["do": "dead_session"], .deadSession),
            (["do": "status", "error": "NoSuchUpload"], .status(500, code: -181, error: "NoSuchUpload")),
            (["do": "late_error"], .lateError(milliseconds: 0, error: "InternalError")),
            (["do": "late_error", "ms": "5", "error": "X"], .lateError(milliseconds: 5, error: "X")),
            (["do": "no_checksum"], .noChecksum), (["do": "wrong_checksum"], .wrongChecksum),
            (["do": "page_size", "entries": "3"], .pageSize(entries: 3)),
            (["do": "versioned"], .versioned(.enabled)),
            (["do": "versioned", "state": "Suspended"], .versioned(.suspended)),
            (["do": "ignores_if_none_match"], .ignoresIfNoneMatch), (["do": "forbidden"], .forbidden),
        ]
        for (fields, action) in cases {
            #expect(try Fault(fields: fields) == Fault(action))
        }
        for operation in EmulatedOperation.allCases {
            let fault = try Fault(fields: ["do": "serial", "op": operation.rawValue])
            #expect(fault == Fault(.serial, operation: operation))
        }
        for fields in [
            ["do": "page_size", "entries": "0"], ["do": "page_size", "entries": "1001"], ["do": "page_size"],
            ["do": "versioned", "state": "On"], ["do": "no_checksum", "ms": "1"],
        ] as [[ByteString: String]] {
            #expect(throws: FaultError.self) { try Fault(fields: fields) }
        }
        #expect(Set(cases.map { $0.1.name }) == Set(FaultAction.names))
    }

    @Test("op, key, nth and times say which requests are hit")
    func selection() throws {
        let fault = try Fault(fields: [
            "op": "data", "key": "/a.bin", "nth": "3", "times": "2", "do": "status", "status": "503",
            "code": "-181",
        ])
        #expect(
            fault
                == Fault(
                    .status(503, code: -181), operation: .data, key: try ObjectKey("/a.bin"), nth: 3, times: 2
                ))
        #expect(try Fault(fields: ["op": "init", "do": "expired"]).operation == .initialize)
        #expect(try Fault(fields: ["times": "all", "do": "expired"]).times == nil)
    }

    @Test(
        "what is wrong is named",
        arguments: [
            ([:], "do: it is missing; every fault needs it"),
            (["do": "sleep"], "do: 'sleep' is no fault; use one of status, delay"),
            (["do": "delay"], "ms: it is missing; delay needs it"),
            (["do": "delay", "ms": "0"], "ms: found '0'; use a whole number from 1 to 86400000"),
            (["do": "status", "status": "199"], "status: found '199'; use a whole number from 200 to 599"),
            (["do": "status", "e\u{301}": "1", "\u{e9}": "1"], "e\u{301}: 'status' has no such field"),
            (["do": "status", "ms": "1"], "ms: 'status' has no such field; remove it"),
            (["do": "reset", "when": "later"], "when: found 'later'; use one of before, during, after"),
            (
                ["do": "serial", "op": "upload_slice_init"],
                "op: found 'upload_slice_init'; use one of init, data"
            ),
            (["do": "serial", "key": "a"], "key: key 'a' must begin with /; correct it"),
            (["do": "serial", "nth": "0"], "nth: found '0'; use a whole number from 1"),
            (["do": "serial", "times": "x"], "times: found 'x'; use a whole number from 1"),
            (
                ["do": "slice_size", "slice_size": "1000"],
                "slice_size: found '1000'; use one of 524288, 1048576"
            ),
        ] as [([ByteString: String], String)])
    func problems(fields: [ByteString: String], words: String) {
        let error = #expect(throws: FaultError.self) { try Fault(fields: fields) }
        #expect(error.map { "\($0)".hasPrefix(words) } == true, "\(error.map { "\($0)" } ?? "none")")
    }
}
