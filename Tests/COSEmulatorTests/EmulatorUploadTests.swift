import COSEmulator
import COSProtocol
import PlanCore
import Testing

@Suite("Emulator: an upload from init to finish")
struct EmulatorUploadTests {
    /// The digests of the pattern file, from the vendor's SDKs.
    static let vector1M = """
        [{"offset":0,"datalen":1048576,"datasha":"ab9a20fd6c98fc1f8f0c985cd552ff14c6feacfd"},\
        {"offset":1048576,"datalen":1048576,"datasha":"2ccc5923b75f46ebd8ccb78e8c413c18025178b9"},\
        {"offset":2097152,"datalen":524288,"datasha":"7f24f7278b3693cf9fe1fd4eb48eb51532e587d0"}]
        """
    static let vector512K = """
        [{"offset":0,"datalen":524288,"datasha":"a0ac5bf5d8a544edbe3605aa92685399170c423f"},\
        {"offset":524288,"datalen":524288,"datasha":"ab9a20fd6c98fc1f8f0c985cd552ff14c6feacfd"},\
        {"offset":1048576,"datalen":524288,"datasha":"788488d00b8d20fb144fb581d93f03967a0e9f04"},\
        {"offset":1572864,"datalen":524288,"datasha":"2ccc5923b75f46ebd8ccb78e8c413c18025178b9"},\
        {"offset":2097152,"datalen":524288,"datasha":"7f24f7278b3693cf9fe1fd4eb48eb51532e587d0"}]
        """

    @Test("the test's own uploadparts are the vectors of the vendor's SDKs")
    func vectors() {
        let bytes = TestFile.pattern(2_621_440)
        #expect(TestFile.uploadParts(bytes, partSize: 1_048_576) == Self.vector1M)
        #expect(TestFile.uploadParts(bytes, partSize: 524_288) == Self.vector512K)
    }

    @Test("the vendor's digests are accepted, in the shape of every SDK", arguments: FormShape.allCases)
    func everyShape(shape: FormShape) async throws {
        try await TestService.run { service in
            let bytes = TestFile.pattern(2_621_440)
            let key = "/dir/上传 a+b~(1).bin"
            let begun = try service.begin(key, bytes, shape: shape)
            #expect(begun.status == 200 && begun.code == 0, "\(begun.message)")
            #expect(begun.message == "SUCCESS")
            #expect(begun.number("slice_size") == 1_048_576)
            let session = begun.text("session")
            for offset in [1_048_576, 2_097_152, 0] {
                let slice = bytes[offset..<min(offset + 1_048_576, bytes.count)]
                let answer = try service.slice(key, session, offset, slice, shape: shape)
                #expect(answer.code == 0, "\(answer.message)")
                #expect(answer.number("offset") == offset && answer.text("session") == session)
            }
            let finished = try service.finish(key, session, bytes, shape: shape)
            #expect(finished.code == 0, "\(finished.message)")
            let encoded = "/dir/%E4%B8%8A%E4%BC%A0%20a%2Bb~%281%29.bin"
            #expect(finished.text("access_url") == "http://xy2-1251668577.file.myqcloud.com\(encoded)")
            #expect(finished.text("source_url") == "http://xy2-1251668577.cosgz.myqcloud.com\(encoded)")
            #expect(finished.text("url") == "http://gz.file.myqcloud.com/files/v2/1251668577/xy2\(encoded)")
            #expect(finished.text("resource_path") == "/1251668577/xy2\(key)")
            #expect(finished.text("vid").hasSuffix("\(TestService.now)"))
        }
    }

    @Test(
        "parts and slices need not fall together, in any order",
        arguments: [
            (slice: 524_288, part: 1_048_576), (slice: 3_145_728, part: 1_048_576),
            (slice: 1_048_576, part: 655_360), (slice: 524_288, part: 3_145_728),
            (slice: 2_097_152, part: 65_536),
            (slice: 1_048_576, part: 64 * 12_345),
        ], [false, true])
    func layouts(sizes: (slice: Int, part: Int), plain: Bool) async throws {
        let bytes = TestFile.random(5_000_001, seed: 1)
        for order in [{ $0 }, { $0.reversed() }, Self.shuffled] as [([Int]) -> [Int]] {
            try await TestService.run(.test { $0.datashaKind = plain ? .part : .state }) { service in
                let answer = try service.upload(
                    "/a.bin", bytes, slice: sizes.slice, part: sizes.part, plain: plain, order: order)
                #expect(answer.code == 0, "\(answer.message)")
                #expect(try service.stat("/a.bin").text("sha") == TestFile.sha1(bytes))
            }
        }
    }

    private static func shuffled(_ offsets: [Int]) -> [Int] {
        offsets.filter { $0 / 524_288 % 3 == 1 } + offsets.filter { $0 / 524_288 % 3 != 1 }.reversed()
    }

    @Test("init without sha and uploadparts is taken; finish says the sha")
    func withoutDigests() async throws {
        try await TestService.run { service in
            let bytes = TestFile.random(1_500_000, seed: 2)
            let begun = try service.post(
                "/a", [("op", "upload_slice_init"), ("slice_size", "524288"), ("filesize", "1500000")])
            let session = begun.text("session")
            for offset in [1_048_576, 0, 524_288] {
                let slice = bytes[offset..<min(offset + 524_288, bytes.count)]
                #expect(try service.slice("/a", session, offset, slice).code == 0)
            }
            let wrong = try service.post(
                "/a",
                [
                    ("op", "upload_slice_finish"), ("session", session), ("filesize", "1500000"),
                    ("sha", String(repeating: "0", count: 40)),
                ])
            #expect(wrong.code == -174)
            let finished = try service.post(
                "/a", [("op", "upload_slice_finish"), ("session", session), ("filesize", "1500000")])
            #expect(finished.code == 0, "\(finished.message)")
            #expect(try service.stat("/a").text("sha") == TestFile.sha1(bytes))
        }
    }

    @Test("sha without uploadparts is taken, and proven at finish", arguments: [true, false])
    func shaAlone(isRight: Bool) async throws {
        try await TestService.run { service in
            let bytes = TestFile.random(600_000, seed: 3)
            let sha = isRight ? TestFile.sha1(bytes) : TestFile.sha1([])
            let begun = try service.post(
                "/a",
                [("op", "upload_slice_init"), ("slice_size", "524288"), ("filesize", "600000"), ("sha", sha)])
            let session = begun.text("session")
            for offset in [0, 524_288] {
                let slice = bytes[offset..<min(offset + 524_288, bytes.count)]
                #expect(try service.slice("/a", session, offset, slice).code == 0)
            }
            let finished = try service.post(
                "/a",
                [("op", "upload_slice_finish"), ("session", session), ("filesize", "600000"), ("sha", sha)])
            #expect(finished.code == (isRight ? 0 : -174))
        }
    }

    @Test("a wrong byte in any slice is found as it arrives, and the right slice is taken after it")
    func wrongByte() async throws {
        let bytes = TestFile.random(3_000_000, seed: 4)
        for offset in [0, 1_048_576, 2_097_152] {
            try await TestService.run { service in
                let session = try service.begin("/a", bytes).text("session")
                var slice = Array(bytes[offset..<min(offset + 1_048_576, bytes.count)])
                slice[slice.count / 2] ^= 1
                let refused = try service.slice("/a", session, offset, slice)
                #expect(refused.code == -174)
                #expect(refused.message.contains("part \(offset / 1_048_576) (offset \(offset)"))
                #expect(try service.list("/a").listed == [])
                slice[slice.count / 2] ^= 1
                #expect(try service.slice("/a", session, offset, slice).code == 0)
                #expect(try service.list("/a").listed == [[offset, slice.count]])
            }
        }
    }

    @Test("a wrong byte in a part of several slices throws them out, and all can come again")
    func wrongByteInJoinedPart() async throws {
        let bytes = TestFile.random(3_000_000, seed: 5)
        for plain in [false, true] {
            try await TestService.run(.test { $0.datashaKind = plain ? .part : .state }) { service in
                let session = try service.begin(
                    "/a", bytes, slice: 524_288, part: 1_048_576, plain: plain
                ).text("session")
                func send(_ offset: Int, wrong: Bool = false) throws -> Int {
                    var slice = Array(bytes[offset..<min(offset + 524_288, bytes.count)])
                    if wrong { slice[7] ^= 0x80 }
                    return try service.slice("/a", session, offset, slice).code
                }
                #expect(try send(0) == 0)
                #expect(try send(1_048_576, wrong: true) == 0)  // Half a part proves nothing yet.
                #expect(try send(1_572_864) == -174)
                for offset in stride(from: 0, to: bytes.count, by: 524_288) { #expect(try send(offset) == 0) }
                #expect(try service.finish("/a", session, bytes).code == 0)
            }
        }
    }

    @Test("plain part digests are refused where states are expected, and the reverse")
    func wrongKind() async throws {
        let bytes = TestFile.random(2_000_000, seed: 6)
        for kind in DatashaKind.allCases {
            try await TestService.run(.test { $0.datashaKind = kind }) { service in
                let begun = try service.begin("/a", bytes, plain: kind == .state)
                // In state mode the last plain digest differs from the file's sha, so init is refused.
                if kind == .state {
                    return #expect(begun.code != 0 && begun.message.contains("last datasha"))
                }
                let answer = try service.slice("/a", begun.text("session"), 0, bytes[..<1_048_576])
                #expect(answer.code == -174)
            }
        }
    }

    @Test("a slice that arrived may come again; other bytes in its place are refused")
    func again() async throws {
        try await TestService.run { service in
            let bytes = TestFile.random(2_000_000, seed: 7)
            let session = try service.begin("/a", bytes).text("session")
            for _ in 0..<2 { #expect(try service.slice("/a", session, 0, bytes[..<1_048_576]).code == 0) }
            #expect(try service.slice("/a", session, 0, bytes[1..<1_048_577]).code == -174)
            #expect(try service.list("/a").listed == [[0, 1_048_576]])
            #expect(service.emulator.statistics.slicesTaken == 1)
            #expect(service.emulator.statistics.slicesRepeated == 1)
        }
    }

    @Test("known bytes are put in place at init, under any key, without a session")
    func instant() async throws {
        try await TestService.run { service in
            let bytes = TestFile.random(700_000, seed: 8)
            #expect(try service.upload("/a", bytes).code == 0)
            let instant = try service.begin("/b/c", bytes)
            #expect(instant.code == 0 && instant.data["session"] == nil)
            #expect(instant.text("access_url").hasSuffix("/b/c"))
            #expect(try service.stat("/b/c").number("filelen") == 700_000)
            #expect(service.emulator.statistics.objectsInstant == 1)
        }
    }

    @Test("an empty file and one of 20,971,520 bytes go by simple upload; one byte more does not")
    func simpleUpload() async throws {
        try await TestService.run { service in
            for count in [0, 1, 20_971_520, 20_971_521] {
                let bytes = [UInt8](repeating: 7, count: count)
                let answer = try service.post(
                    "/f\(count)",
                    [
                        ("op", Array("upload".utf8)), ("sha", Array(TestFile.sha1(bytes).utf8)),
                        ("biz_attr", Array("attr é".utf8)), ("filecontent", bytes),
                    ])
                #expect((answer.code == 0) == (count <= 20_971_520), "\(answer.message)")
                let stat = try service.stat("/f\(count)")
                #expect(stat.status == (count <= 20_971_520 ? 200 : 404))
                if stat.code == 0 {
                    #expect(stat.number("filelen") == count && stat.number("filesize") == count)
                    #expect(stat.text("sha") == TestFile.sha1(bytes) && stat.text("biz_attr") == "attr é")
                    #expect(stat.number("ctime") == Int(TestService.now))
                }
            }
            let wrong = try service.post(
                "/w",
                [
                    ("op", Array("upload".utf8)), ("sha", Array(TestFile.sha1([]).utf8)),
                    ("filecontent", [1]),
                ])
            #expect(wrong.code == -174)
        }
    }

    @Test("slices from several connections at once make the same object")
    func parallel() async throws {
        try await TestService.run { service in
            let bytes = TestFile.random(12_000_000, seed: 9)
            let session = try service.begin("/a", bytes).text("session")
            let codes = try await withThrowingTaskGroup(of: Int.self) { group in
                for offset in stride(from: 0, to: bytes.count, by: 1_048_576) {
                    group.addTask {
                        try service.slice(
                            "/a", session, offset, bytes[offset..<min(offset + 1_048_576, bytes.count)]
                        ).code
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes == [Int](repeating: 0, count: 12))
            #expect(try service.finish("/a", session, bytes).code == 0)
        }
    }
}
