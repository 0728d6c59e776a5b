import Testing

@testable import COSUpload

@Suite("Headers of a reply")
struct ReplyHeadersTests {
    private func values(_ head: String) -> [String: String]? { values(Array(head.utf8)) }

    private func values(_ head: [UInt8]) -> [String: String]? { ReplyHeaders(head)?.values }

    @Test("names are in lower case, values without the spaces around them, and the status line is none")
    func names() {
        #expect(
            values(
                "HTTP/1.1 200 A: b\r\nETag:\"x\"\r\nX-Empty:\r\nDate: \t Fri, 27 Nov 2026 10:00:00 GMT \r\n\r\n"
            )
                == ["etag": "\"x\"", "x-empty": "", "date": "Fri, 27 Nov 2026 10:00:00 GMT"])
        #expect(values("HTTP/1.1 200\nA:1:2\n\n") == ["a": "1:2"])
        #expect(values("HTTP/1.1 204 No Content\r\n\r\n") == [:])
        #expect(values("") == [:])
    }

    // RFC 9110, section 5.3; RFC 9112, section 5.2.
    @Test("headers of one name are joined, and a line that begins with a space continues the one before")
    func joined() {
        #expect(values("HTTP/1.1 200 OK\r\nVia: a\r\nvia: b\r\n\r\n") == ["via": "a, b"])
        #expect(values("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\td \r\nE: f\r\n\r\n") == ["a": "b c d", "e": "f"])
    }

    @Test("a line without a name is no header", arguments: ["no colon", ": value", " continues nothing"])
    func malformed(_ line: String) {
        #expect(values("HTTP/1.1 200 OK\r\n\(line)\r\n\r\n") == nil)
    }

    @Test("bytes that are no UTF-8 do not lose the other headers, and other line ends are part of a value")
    func bytes() {
        let head =
            Array("HTTP/1.1 200 OK\r\nA: ".utf8) + [0xff] + Array("\r\nB: c\u{85}d\u{2028}e\r\n\r\n".utf8)
        #expect(values(head) == ["a": "\u{fffd}", "b": "c\u{85}d\u{2028}e"])
    }
}
