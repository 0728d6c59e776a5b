import Foundation
import PlanCore
import Testing

@testable import COSEmulator

@Suite("Emulator: multipart uploads")
struct XMLMultipartTests {
    private func kept(_ folder: ScratchFolder) -> EmulatorConfiguration {
        .test { $0.root = folder.path + "/root" }
    }
    private let bytes = TestFile.random(2_621_440 + 7, seed: 1)
    private var pieces: [[UInt8]] {
        [Array(bytes[..<1_048_576]), Array(bytes[1_048_576..<2_097_152]), Array(bytes[2_097_152...])]
    }

    @Test(
        "parts in any order become the object, its CRC-64 the whole's; parts may come again",
        arguments: [true, false])
    func upload(isKept: Bool) async throws {
        let folder = try ScratchFolder()
        try await TestService.run(isKept ? kept(folder) : .test()) { (service) async throws in
            let client = XMLClient(service)
            let whole = try client.send("PUT", "/whole", body: bytes)
            let upload = try client.begin("/dir/上传")
            var etags: [Int: String] = [:]
            for number in [3, 1, 2, 1] {
                let part = try client.part("/dir/上传", upload, number, pieces[number - 1])
                #expect(part.status == 200 && part.etag == "\"\(TestFile.md5(pieces[number - 1]))\"")
                #expect(part.crc != nil)
                etags[number] = part.etag
            }
            #expect(
                service.emulator.statistics.partsTaken == 3 && service.emulator.statistics.partsRepeated == 1)
            let end = try client.finish("/dir/上传", upload, (1...3).map { ($0, etags[$0] ?? "") })
            #expect(end.status == 200 && end.element("Key") == "dir/上传", "\(end.text)")
            #expect(end.crc == whole.crc)
            let digest = (1...3).flatMap { number in
                let hex = Array((etags[number] ?? "").dropFirst().dropLast().utf8)
                return stride(from: 0, to: hex.count, by: 2).compactMap {
                    UInt8(String(decoding: hex[$0...($0 + 1)], as: UTF8.self), radix: 16)
                }
            }
            #expect(end.element("ETag") == "\"\(TestFile.md5(digest))-3\"")
            let head = try client.send("HEAD", "/dir/上传")
            #expect(head.crc == whole.crc && head.headers["content-length"] == "\(bytes.count)")
            #expect(try client.finish("/dir/上传", upload, [(1, "x")]).code == "NoSuchUpload")
            #expect(try client.part("/dir/上传", upload, 1, [1]).code == "NoSuchUpload")
            if isKept {
                #expect(try client.send("GET", "/dir/上传").body == bytes)
                #expect(folder.bytes("root/objects/1251668577/xy2/dir/上传") == bytes)
                #expect(folder.names(below: "root/uploads").isEmpty)
            } else {
                #expect(try client.send("GET", "/dir/上传").code == "NotImplemented")
            }
        }
    }

    @Test(
        "finish is strict about order, gaps, ETags, sizes and its form; what is refused can be finished rightly"
    )
    func strict() async throws {
        try await TestService.run { (service) async throws in
            let client = XMLClient(service)
            let upload = try client.begin("/a")
            var etags: [String] = []
            for (index, piece) in pieces.enumerated() {
                etags.append(try client.part("/a", upload, index + 1, piece).etag)
            }
            let small = try client.part("/a", upload, 5, [1, 2]).etag
            func code(_ parts: [(Int, String)]) throws -> String {
                try client.finish("/a", upload, parts).code
            }
            #expect(try code([(2, etags[1]), (1, etags[0])]) == "InvalidPart")
            #expect(try code([(1, etags[0]), (1, etags[0])]) == "InvalidPartOrder")
            #expect(try code([(1, etags[0]), (3, etags[2])]) == "InvalidPart")
            #expect(try code([(1, etags[0]), (2, etags[0])]) == "InvalidPart")
            #expect(try code([(1, etags[0]), (2, etags[1]), (3, etags[2]), (4, small)]) == "InvalidPart")
            #expect(try code([]) == "MalformedXML")
            #expect(try code([(0, etags[0])]) == "MalformedXML")
            for text in [
                "", "x", "<CompleteMultipartUpload>", "<Other><Part/></Other>",
                "<!DOCTYPE a [<!ENTITY b \"c\">]><CompleteMultipartUpload><Part>&b;</Part></CompleteMultipartUpload>",
                "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber></Part></CompleteMultipartUpload>",
                "<CompleteMultipartUpload><Port/></CompleteMultipartUpload>",
            ] {
                let answer = try client.send(
                    "POST", "/a", query: [("uploadId", upload)], body: Array(text.utf8))
                #expect(answer.code == "MalformedXML" && answer.status == 400, "\(text) \(answer.text)")
            }
            // ETags without quotes are accepted as well.
            let bare = etags.enumerated().map { ($0 + 1, String($1.dropFirst().dropLast())) }
            #expect(try client.finish("/b", upload, bare).code == "NoSuchUpload")
            #expect(try client.finish("/a", upload, bare).status == 200)
            let second = try client.begin("/c")
            let first = try client.part("/c", second, 1, Array(bytes[..<1_048_575])).etag
            let last = try client.part("/c", second, 2, [1]).etag
            #expect(try client.finish("/c", second, [(1, first), (2, last)]).code == "EntityTooSmall")
            for number in ["0", "10001", "-1", "x", ""] {
                let answer = try client.send(
                    "PUT", "/c", query: [("partNumber", number), ("uploadId", second)], body: [1])
                #expect(answer.code == "InvalidArgument", "\(number) \(answer.text)")
            }
            #expect(try client.part("/c", second, 10_000, [1]).status == 200)
        }
    }

    @Test("listings come in pages, by number and by key; a fault makes the pages smaller")
    func listings() async throws {
        var configuration = EmulatorConfiguration.test()
        configuration.faults = [
            Fault(.pageSize(entries: 2), operation: .listParts, nth: 3, times: nil),
            Fault(.pageSize(entries: 1), operation: .listUploads, key: try ObjectKey("/p"), times: nil),
        ]
        try await TestService.run(configuration) { (service) async throws in
            let client = XMLClient(service)
            let upload = try client.begin("/p/a b")
            for number in [1, 2, 3, 7, 10] { _ = try client.part("/p/a b", upload, number, [UInt8(number)]) }
            func numbers(_ query: [(String, String)]) throws -> (page: [String], next: String, isCut: String)
            {
                let answer = try client.send("GET", "/p/a b", query: [("uploadId", upload)] + query)
                return (
                    answer.elements("PartNumber"), answer.element("NextPartNumberMarker"),
                    answer.element("IsTruncated")
                )
            }
            #expect(try numbers([]) == (["1", "2", "3", "7", "10"], "", "false"))
            #expect(
                try numbers([("max-parts", "4"), ("part-number-marker", "1")]) == (
                    ["2", "3", "7", "10"], "", "false"
                ))
            #expect(try numbers([]) == (["1", "2"], "2", "true"))
            #expect(try numbers([("part-number-marker", "3")]) == (["7", "10"], "", "false"))
            let sizes = try client.send("GET", "/p/a b", query: [("uploadId", upload)]).elements("Size")
            #expect(sizes == ["1", "1"])
            let others = [try client.begin("/p/a b"), try client.begin("/p/上"), try client.begin("/q")]
            var seen: [(String, String)] = []
            var marker: [(String, String)] = []
            for _ in 0..<4 {
                let page = try client.send(
                    "GET", "/", query: [("uploads", ""), ("prefix", "p"), ("encoding-type", "url")] + marker)
                #expect(page.status == 200, "\(page.text)")
                seen += zip(page.elements("Key"), page.elements("UploadId")).map { ($0, $1) }
                guard page.element("IsTruncated") == "true" else { break }
                let key = page.element("NextKeyMarker").removingPercentEncoding ?? ""
                marker = [("key-marker", key), ("upload-id-marker", page.element("NextUploadIdMarker"))]
            }
            #expect(seen.map(\.0) == ["p%2Fa%20b", "p%2Fa%20b", "p%2F%E4%B8%8A"])
            #expect(Set(seen.map(\.1)) == [upload, others[0], others[1]])
            let all = try client.send("GET", "/", query: [("uploads", "")])
            #expect(all.elements("Key") == ["p/a b", "p/a b", "p/上", "q"])
            for (name, value) in [("max-uploads", "0"), ("max-uploads", "1001"), ("encoding-type", "x")] {
                #expect(
                    try client.send("GET", "/", query: [("uploads", ""), (name, value)]).code
                        == "InvalidArgument")
            }
            #expect(try client.send("DELETE", "/q", query: [("uploadId", others[2])]).status == 204)
            #expect(try client.send("DELETE", "/q", query: [("uploadId", others[2])]).code == "NoSuchUpload")
        }
    }

    @Test("an unfinished upload goes on after a restart; a damaged one is set aside")
    func restart() async throws {
        let folder = try ScratchFolder()
        var uploads: [String] = []
        var etags: [String] = []
        try await TestService.run(kept(folder)) { (service) async throws in
            let client = XMLClient(service)
            for key in ["/a", "/b"] {
                uploads.append(try client.begin(key))
                etags.append(try client.part(key, uploads.last ?? "", 1, pieces[0]).etag)
                #expect(try client.part(key, uploads.last ?? "", 2, [1]).status == 200)
                etags.append(try client.part(key, uploads.last ?? "", 2, pieces[1]).etag)
            }
            #expect(folder.names(below: "root/uploads/\(uploads[0])").count == 4)
        }
        let place = "\(folder.path)/root/uploads/\(uploads[1])/parts"
        var lines = try #require(FileManager.default.contents(atPath: place))
        lines[2] ^= 1
        try lines.write(to: URL(fileURLWithPath: place))
        // A line cut by the end of the process.
        let log = try #require(
            FileHandle(forWritingAtPath: "\(folder.path)/root/uploads/\(uploads[0])/parts"))
        try log.seekToEnd()
        try log.write(contentsOf: Data("3 12".utf8))
        try log.close()
        try await TestService.run(kept(folder)) { (service) async throws in
            let client = XMLClient(service)
            #expect(service.emulator.notices.count == 1)
            #expect(service.emulator.notices.first?.contains("damaged/\(uploads[1])") ?? false)
            let list = try client.send("GET", "/a", query: [("uploadId", uploads[0])])
            #expect(list.elements("ETag") == Array(etags[..<2]))
            #expect(try client.send("GET", "/b", query: [("uploadId", uploads[1])]).code == "NoSuchUpload")
            etags[2] = try client.part("/a", uploads[0], 3, pieces[2]).etag
            #expect(try client.finish("/a", uploads[0], (0..<3).map { ($0 + 1, etags[$0]) }).status == 200)
            #expect(try client.send("GET", "/a").body == bytes)
        }
    }

    @Test("no flipped bit of a part's line goes unseen")
    func lines() {
        let part = UploadedPart(
            number: 12, size: 1_048_576, md5: TestFile.md5([]), checksum: "\(UInt64.max)",
            modifiedAt: 1_505_201_819,
            fileName: "0123456789abcdef")
        let text = Array(part.line.utf8.dropLast())
        #expect(UploadedPart(text[...]) == part)
        for bit in 0..<text.count * 8 {
            var changed = text
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(UploadedPart(changed[...]) == nil, "bit \(bit)")
        }
    }

    @Test(
        "lists of parts changed at random are refused, or finish what they name",
        arguments: [1, 2] as [UInt64])
    func mutated(seed: UInt64) async throws {
        var mutator = Mutator(seed: seed)
        let words = [
            "<Part>", "</Part>", "<PartNumber>", "&amp;", "<!--", "-->", "<![CDATA[", "]]>", "<?x", "\u{0}",
        ]
        .map { Array($0.utf8) }
        try await TestService.run { (service) async throws in
            let client = XMLClient(service)
            var upload = try client.begin("/a")
            let etag = try client.part("/a", upload, 1, [1]).etag
            let list =
                Array(
                    "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\(etag)</ETag></Part>"
                        .utf8) + Array("</CompleteMultipartUpload>".utf8)
            for _ in 0..<150 {
                let answer = try client.send(
                    "POST", "/a", query: [("uploadId", upload)], body: mutator.changed(list, words: words))
                #expect([200, 400].contains(answer.status), "\(answer.text)")
                guard answer.status == 200 else { continue }
                #expect(try client.send("HEAD", "/a").headers["content-length"] == "1")
                upload = try client.begin("/a")
                _ = try client.part("/a", upload, 1, [1])
            }
        }
    }
}
