import Testing

@testable import XMLProtocol

@Suite("XML")
struct XMLReaderTests {
    private func read(_ text: String, limits: XMLLimits = XMLLimits()) -> Result<XMLElement, XMLError> {
        do throws(XMLError) {
            return .success(try XMLElement(document: Array(text.utf8), limits: limits))
        } catch {
            return .failure(error)
        }
    }

    @Test("names lose their prefixes, text joins its pieces, the five entities and numbers are resolved")
    func reading() throws {
        let element = try read(
            #"<?xml version="1.0"?><s:A xmlns:s="u" x="1"><B> 1&amp;<![CDATA[<2>]]>&#x4e0a;&lt;&gt;&quot;&apos;</B><C/><!--c--><B2>x</B2></s:A>"#
        ).get()
        #expect(element.name == "A")
        #expect(element.children.map(\.name) == ["B", "C", "B2"])
        #expect(element["B"]?.text == " 1&<2>上<>\"'")
        #expect(element.text("B") == "1&<2>上<>\"'")
        #expect(element.text("C") == "")
        #expect(element.text("D") == nil)
    }

    @Test("a child that is there twice is not the child of that name")
    func twins() throws {
        let element = try read("<A><B>1</B><B>2</B></A>").get()
        #expect(element["B"] == nil && element.text("B") == nil && element.all("B").count == 2)
    }

    @Test("white space before the document is skipped, however long, also before a declaration")
    func keptAlive() throws {
        let document = #"<?xml version="1.0" encoding="UTF-8"?><A>x</A>"#
        for space in ["", "\n", String(repeating: " \r\n\t", count: 1000)] {
            #expect(try read(space + document).get().text == "x")
        }
        let reader = try XMLReader()
        for byte in Array(("  \n " + document + "\n").utf8) { try reader.append([byte]) }
        #expect(try reader.finish() == XMLElement("A", "x"))
    }

    @Test(
        "what is not well-formed or not whole is refused",
        arguments: [
            "", " ", "x", "<A>", "<A></B>", "<A/><B/>", "<A>&nbsp;</A>", "<A b=1/>", "<A>&#0;</A>", "<A",
            "<?xml version=\"1.0\"?>", "{\"code\":1}", "<A>\u{1}</A>", "<a><b></a></b>",
        ])
    func malformed(text: String) {
        guard case .failure(.malformed) = read(text) else {
            Issue.record("read: \(text)")
            return
        }
    }

    @Test("bytes that are not UTF-8 are refused, whatever the declaration says")
    func encodings() {
        for bytes: [UInt8] in [
            Array("<A>".utf8) + [0xff] + Array("</A>".utf8),
            Array(#"<?xml version="1.0" encoding="ISO-8859-1"?><A>"#.utf8) + [0xe9] + Array("</A>".utf8),
            "<A/>".utf16.flatMap { [UInt8(truncatingIfNeeded: $0), 0] },
        ] {
            #expect(throws: XMLError.self) { try XMLElement(document: bytes) }
        }
    }

    @Test("a DOCTYPE is refused before an entity is expanded: no bomb, no file is read")
    func doctype() {
        let bomb =
            #"<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]><a>&c;&c;&c;</a>"#
        let file = #"<?xml version="1.0"?><!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><a>&f;</a>"#
        for text in [bomb, file, "<!DOCTYPE a><a/>", "<!DOCTYPE a SYSTEM 'http://127.0.0.1/x'><a/>"] {
            #expect(read(text) == .failure(.doctype))
        }
    }

    @Test("depth, elements and length are bounded, each on both sides")
    func limits() {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        var limits = XMLLimits()
        limits.depth = 5
        #expect(read(nested(5), limits: limits) != .failure(.tooDeep(limit: 5)))
        #expect(read(nested(6), limits: limits) == .failure(.tooDeep(limit: 5)))
        #expect(read(nested(100_000)) == .failure(.tooDeep(limit: 16)))
        limits.elements = 3
        #expect(read("<a><b/><c/></a>", limits: limits) != .failure(.tooMany(limit: 3)))
        #expect(read("<a><b/><c/><d/></a>", limits: limits) == .failure(.tooMany(limit: 3)))
        limits.bytes = 8
        #expect(read("<a>12</a>", limits: limits) == .failure(.tooLong(limit: 8)))
        #expect(read("   \n<a>1</a>", limits: limits) == .success(XMLElement("a", "1")))
    }

    @Test("what is written reads back", arguments: ["", "a&b<c>\"d\"", "上传 😀\r\n\t", "]]>"])
    func writing(text: String) throws {
        let element = XMLElement("A", [XMLElement("B", text), XMLElement("C", [XMLElement("D", "1")])])
        #expect(try XMLElement(document: element.document) == element)
    }

    @Test("no damaged document crashes the reader or a reply, for 20,000 of them")
    func damaged() {
        let seeds = [
            "<Error><Code>NoSuchUpload</Code><Message>m</Message><RequestId>r</RequestId></Error>",
            "<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>1</NextPartNumberMarker>"
                + "<Part><PartNumber>1</PartNumber><ETag>\"x\"</ETag><Size>5</Size></Part></ListPartsResult>",
            "<ListMultipartUploadsResult><EncodingType>url</EncodingType><Upload><Key>a%20b</Key>"
                + "<UploadId>i</UploadId></Upload></ListMultipartUploadsResult>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", #"{"code":"AccessDenied","message":"m"}"#,
        ].map { Array($0.utf8) }
        var random = Seeded(state: 2026)
        for round in 0..<20_000 {
            var body = seeds[round % seeds.count]
            for _ in 0...(round % 4) where !body.isEmpty {
                let place = Int(random.next() % UInt64(body.count))
                switch random.next() % 4 {
                case 0: body[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: body.remove(at: place)
                case 2: body.insert(body[Int(random.next() % UInt64(body.count))], at: place)
                default: body.removeLast(body.count - place)
                }
            }
            for operation in [XMLOperation.finish, .listParts, .listUploads] {
                let reply = XMLReply(to: operation, status: 200, headers: [:], body: body)
                guard case .success(let success) = reply.result, let document = success.document else {
                    _ = "\(reply.error.map { "\($0)" } ?? "")"
                    continue
                }
                _ = try? PartsPage(document)  // A problem is a fine answer; only a crash is not.
                _ = try? UploadsPage(document)  // As above.
            }
        }
    }
}
