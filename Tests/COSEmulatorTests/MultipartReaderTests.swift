@testable import COSEmulator
import NIOCore
import Testing

@Suite("Multipart reader")
struct MultipartReaderTests {
    /// Collects parts; two runs with the same result are equal.
    struct Collector: MultipartReader.Sink, Equatable {
        var parts: [String: [UInt8]] = [:]
        var ended = 0
        private var name = ""

        mutating func partBegan(_ head: PartHead) {
            name = head.name
            parts[name] = []
        }
        mutating func partContinued(_ bytes: ByteBuffer) {
            parts[name, default: []] += Array(bytes.readableBytesView)
        }
        mutating func partEnded() { ended += 1 }
    }

    private func read(
        _ body: [UInt8], boundary: String, cuts: [Int] = []
    ) throws -> Collector {
        var reader = try MultipartReader(
            contentType: "multipart/form-data; boundary=\(boundary)", limits: EmulatorLimits())
        var sink = Collector()
        var start = 0
        for cut in cuts + [body.count] {
            try reader.take(ByteBuffer(bytes: body[start..<cut]), into: &sink)
            start = cut
        }
        try reader.end()
        return sink
    }

    /// Content that looks like delimiters: prefixes of them, line ends, dashes.
    static let tricky = Array("\r\n-\r\n--\r\n--ab\r\r\n--aba\r\n\r\n--abab\n--ababab\r\n--abaBab".utf8)

    @Test("a body cut anywhere, also twice within a delimiter, reads the same")
    func everyCut() throws {
        let boundary = "ababac"
        var body: [UInt8] = []
        for (name, value) in [("a", Self.tricky), ("b", []), ("c", Array("\r\n".utf8))] {
            body += Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n".utf8)
            body += value + [13, 10]
        }
        body += Array("--\(boundary)--\r\n".utf8)
        let whole = try read(body, boundary: boundary)
        #expect(whole.parts == ["a": Self.tricky, "b": [], "c": [13, 10]] && whole.ended == 3)
        for first in 0...body.count {
            #expect(try read(body, boundary: boundary, cuts: [first]) == whole)
            for second in first...min(first + 24, body.count) {
                let again = try read(body, boundary: boundary, cuts: [first, second])
                if again != whole { Issue.record("cut at \(first) and \(second)") }
            }
        }
        #expect(try read(body, boundary: boundary, cuts: Array(0..<body.count)) == whole)
    }

    @Test("every SDK's form reads the same, whatever the cuts", arguments: FormShape.allCases)
    func shapes(shape: FormShape) throws {
        var generator = SystemRandomNumberGenerator()
        let content =
            TestFile.random(20_000, seed: 1) + Self.tricky + Array("\r\n--\(shape.boundary.dropLast())".utf8)
        let body = shape.body([
            ("op", Array("x".utf8)), ("offset", Array("12".utf8)), ("filecontent", content),
        ])
        let expected = [
            "op": Array("x".utf8), "offset": Array("12".utf8), shape.wireName("filecontent"): content,
        ]
        for _ in 0..<50 {
            let cuts = (0..<20).map { _ in Int.random(in: 0...body.count, using: &generator) }.sorted()
            #expect(try read(body, boundary: shape.boundary, cuts: cuts).parts == expected)
        }
    }

    @Test("damaged bodies end in an error or in parts, never in a crash")
    func damaged() throws {
        var generator = SystemRandomNumberGenerator()
        let body = FormShape.java.body([("op", Array("x".utf8)), ("filecontent", Self.tricky)])
        for _ in 0..<3000 {
            var damaged = body
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                switch Int.random(in: 0..<3, using: &generator) {
                case 0:
                    damaged[Int.random(in: damaged.indices, using: &generator)] = UInt8.random(in: 0...255)
                case 1: damaged.remove(at: Int.random(in: damaged.indices, using: &generator))
                default:
                    damaged.insert(
                        UInt8.random(in: 0...255), at: Int.random(in: damaged.indices, using: &generator))
                }
            }
            let cut = Int.random(in: 0...damaged.count, using: &generator)
            do {
                _ = try read(damaged, boundary: FormShape.java.boundary, cuts: [cut])
            } catch {
                #expect(error is MultipartError)
            }
        }
    }

    @Test(
        "a Content-Type",
        arguments: [
            ("multipart/form-data; boundary=x", true),
            ("multipart/form-data;boundary=\"a b'()+_,-./:=?\"", true),
            ("multipart/form-data; charset=utf-8; Boundary=x", true), ("multipart/form-data", false),
            ("multipart/form-data; boundary=", false), ("multipart/form-data; boundary=\"x", false),
            ("multipart/form-data; boundary=\"x \"", false),
            ("multipart/form-data; boundary=" + String(repeating: "x", count: 70), true),
            ("multipart/form-data; boundary=" + String(repeating: "x", count: 71), false),
        ])
    func contentType(text: String, isLegal: Bool) {
        let reader = try? MultipartReader(contentType: text, limits: EmulatorLimits())
        #expect((reader != nil) == isLegal)
    }

    @Test(
        "a part's name",
        arguments: [
            ("form-data; name=\"op\"", "op"), ("form-data; name=op; filename=x", "op"),
            ("form-data;  filename=\"a;name=\\\"b\\\"\" ; NAME=\"op\"", "op"),
            ("Form-Data; name=\"a\\\"b\\\\c\"", "a\"b\\c"),
            ("form-data; name=\"op\"; filename=\"C:\\x\"", "op"),
            ("form-data; filename*=utf-8''%e4; name=op", "op"), ("form-data; name=\"op\";", "op"),
            ("form-data", nil), ("form-data; name=\"\"", nil), ("form-data; name=\"op", nil),
            ("form-data; name=\"a\"; name=\"b\"", nil), ("attachment; name=\"op\"", nil),
            ("form-data name=\"op\"", nil), ("form-data; name=\"a\"b", nil),
        ] as [(String, String?)])
    func partName(disposition: String, name: String?) {
        let head = try? PartHead(Array("Content-Type: x\r\nCONTENT-DISPOSITION:\(disposition)".utf8))
        #expect(head?.name == name)
    }
}
