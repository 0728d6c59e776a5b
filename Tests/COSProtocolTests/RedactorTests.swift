import PlanCore
import ServiceCore
import Testing

@testable import COSProtocol

@Suite("What replies must not repeat")
struct RedactorTests {
    let credentials = Credentials.published

    func signature() throws -> Signature {
        Signature.multiUse(
            credentials,
            target: try JSONTarget(
                region: try Region("gz"), appID: try AppID(1_251_668_577), bucket: try Bucket("xy2")),
            key: try ObjectKey("/dir/上传 a+b~(1).bin"), now: 1_505_201_819, nonce: 123_456_789)
    }

    func envelope(_ body: String, header: String? = nil) throws -> ReplyEnvelope {
        let reply = ServiceReply(
            status: 400, body: Array(body.utf8), requestIDHeader: header,
            hiding: Redactor(try signature(), of: credentials))
        guard case .json(let envelope) = reply else { throw Unexpected() }
        return envelope
    }

    struct Unexpected: Error {}

    @Test("a signature is taken out whole or cut, with its slashes escaped or its signs percent-encoded")
    func forms() throws {
        let text = try signature().text
        // Without a slash the escaped forms would not be tested.
        #expect(text.contains("/") || text.contains("+"))
        let pieces = text.split(separator: "/", omittingEmptySubsequences: false)
        let (escaped, unicode) = (pieces.joined(separator: #"\/"#), pieces.joined(separator: #"\u002f"#))
        let cut = [String(text.prefix(40)), String(text.dropFirst(100).prefix(30))]
        for form in [text, escaped, unicode] + cut {
            let found = try envelope(#"{"code":-1,"message":"got \#(form) instead"}"#)
            #expect(found.message == "got (hidden) instead")
        }
        let encoded = PathEncoding.encoded(text.utf8)
        #expect(try envelope(#"{"code":-1,"message":"\#(encoded)"}"#).message == "(hidden)")
        let all = encoded.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "%2F")
        #expect(try envelope(#"{"code":-1,"message":"\#(all)"}"#).message == "(hidden)")
        #expect(try envelope(#"{"code":-1,"message":"\#(text.prefix(11))"}"#).message == text.prefix(11))
    }

    @Test("what the signature covers, the id and the key are taken out")
    func pair() throws {
        let plain =
            "a=1251668577&k=AKIDEXAMPLE0000000000000000000000000&e=1505202119&t=1505201819&r=123456789"
            + "&f=/1251668577/xy2/dir/%E4%B8%8A%E4%BC%A0%20a%2Bb~%281%29.bin&b=xy2"
        #expect(try envelope(#"{"code":-1,"message":"[\#(plain)]"}"#).message == "[(hidden)]")
        #expect(
            try envelope(#"{"code":-1,"message":"k=AKIDEXAMPLE0000000000000000000000000&e=1"}"#).message
                == "k=(hidden)&e=1")
        #expect(
            try envelope(#"{"code":-1,"message":"key SECRETKEYEXAMPLE000000000000000000!"}"#).message
                == "key (hidden)!")
        // The path is not secret, nor are the zeros at the end of the published pair.
        #expect(
            try envelope(#"{"code":-1,"message":"/frames/0000000000000000001.png"}"#).message
                == "/frames/0000000000000000001.png")
        #expect(
            try envelope(#"{"code":-1,"message":"/1251668577/xy2/dir/ is missing"}"#).message
                == "/1251668577/xy2/dir/ is missing")
    }

    @Test("request ids, URLs and replies that are no JSON are cleaned; a session goes back as it came")
    func places() throws {
        let text = try signature().text
        let found = try envelope(
            #"{"code":-1,"request_id":"\#(text)","#
                + #""data":{"session":"\#(text)","access_url":"http://h/?sign=\#(text)"}}"#)
        #expect(found.requestID == "(hidden)")
        #expect(found.data?.text("access_url") == "http://h/?sign=(hidden)")
        #expect(found.data?.text("session") == text)
        #expect(try envelope(#"{"code":-1}"#, header: text).requestID == "(hidden)")
        let html = ServiceReply(
            status: 403, body: Array("<p>\(text)".utf8), requestIDHeader: nil,
            hiding: Redactor(try signature(), of: credentials))
        #expect(html == .notJSON(status: 403, firstBytes: Array("<p>(hidden)".utf8)))
    }

    @Test("of each text of the service 4 KiB are kept, of a session all")
    func bounds() throws {
        for count in [4095, 4096, 4097, 100_000] {
            let long = String(repeating: "x", count: count)
            let reply = ServiceReply(
                status: 200,
                body: Array(
                    (#"{"code":0,"message":"\#(long)","request_id":"\#(long)","#
                        + #""data":{"url":"\#(long)","session":"\#(long)"}}"#).utf8))
            guard case .json(let envelope) = reply else { throw Unexpected() }
            let kept = min(count, 4096)
            #expect(envelope.message.utf8.count == kept)
            #expect(envelope.requestID?.utf8.count == kept)
            #expect(envelope.data?.text("url")?.utf8.count == kept)
            #expect(envelope.data?.text("session")?.utf8.count == count)
        }
    }
}
