import COSEmulator
import Foundation
import PlanCore
import Testing

@Suite("Emulator: objects below a root")
struct EmulatorStoreTests {
    private func kept(_ folder: ScratchFolder, kind: DatashaKind = .state) -> EmulatorConfiguration {
        .test {
            $0.root = folder.path + "/root"
            $0.datashaKind = kind
        }
    }

    @Test("objects are byte for byte what was sent, under names of any script, and nothing else stays")
    func identical() async throws {
        let folder = try ScratchFolder()
        let bytes = TestFile.random(3_000_017, seed: 1)
        try await TestService.run(kept(folder)) { (service) async throws in
            #expect(
                try service.upload("/dir/上传 a+b~(1).bin", bytes, slice: 524_288, order: { $0.reversed() })
                    .code == 0)
            #expect(try service.begin("/e\u{301}", bytes).data["session"] == nil)  // instant, NFD
            #expect(try service.upload("/\u{e9}", [1]).code == 0)  // NFC: another object
            #expect(try service.post("/empty", [("op", "upload"), ("filecontent", "")]).code == 0)
        }
        let base = "root/objects/1251668577/xy2/"
        #expect(folder.bytes(base + "dir/上传 a+b~(1).bin") == bytes)
        #expect(folder.bytes(base + "e\u{301}") == bytes)
        #expect(folder.bytes(base + "\u{e9}") == [1])
        #expect(folder.bytes(base + "empty") == [])
        #expect(folder.names(below: base).count == 5)
        #expect(folder.names(below: "root/uploads").isEmpty)
    }

    @Test("in part mode the whole is proven by reading it back", arguments: [true, false])
    func partMode(isRight: Bool) async throws {
        let folder = try ScratchFolder()
        let bytes = TestFile.random(2_500_000, seed: 2)
        try await TestService.run(kept(folder, kind: .part)) { (service) async throws in
            let sha = isRight ? TestFile.sha1(bytes) : TestFile.sha1([])
            let session = try service.post(
                "/a",
                [
                    ("op", "upload_slice_init"), ("sha", sha), ("slice_size", "1048576"),
                    ("filesize", "2500000"),
                    ("uploadparts", TestFile.uploadParts(bytes, partSize: 1_048_576, plain: true)),
                ]
            ).text("session")
            for offset in [1_048_576, 0, 2_097_152] {
                let slice = bytes[offset..<min(offset + 1_048_576, bytes.count)]
                #expect(try service.slice("/a", session, offset, slice).code == 0)
            }
            let answer = try service.post(
                "/a",
                [("op", "upload_slice_finish"), ("session", session), ("filesize", "2500000"), ("sha", sha)])
            #expect(answer.code == (isRight ? 0 : -174))
        }
        #expect(folder.bytes("root/objects/1251668577/xy2/a") == (isRight ? bytes : nil))
    }

    @Test("an unfinished upload goes on after a restart, and what arrived before it is proven again")
    func restart() async throws {
        let folder = try ScratchFolder()
        let bytes = TestFile.random(3_000_000, seed: 3)
        var session = ""
        try await TestService.run(kept(folder)) { (service) async throws in
            session = try service.begin("/a", bytes, slice: 524_288, part: 1_048_576).text("session")
            for offset in [0, 524_288, 1_572_864] {
                #expect(try service.slice("/a", session, offset, bytes[offset..<offset + 524_288]).code == 0)
            }
        }
        // A line cut by the end of the process.
        let log = try #require(FileHandle(forWritingAtPath: "\(folder.path)/root/uploads/\(session)/slices"))
        try log.seekToEnd()
        try log.write(contentsOf: Data("+1".utf8))
        try log.close()
        try await TestService.run(kept(folder)) { (service) async throws in
            #expect(try service.begin("/a", bytes).code == -4019)
            let list = try service.list("/a")
            #expect(list.text("session") == session && list.number("slice_size") == 524_288)
            #expect(list.listed == [[0, 524_288], [524_288, 524_288], [1_572_864, 524_288]])
            for offset in [1_048_576, 2_097_152, 2_621_440] {
                let slice = bytes[offset..<min(offset + 524_288, bytes.count)]
                #expect(try service.slice("/a", session, offset, slice).code == 0)
            }
            #expect(try service.finish("/a", session, bytes).code == 0)
        }
        #expect(folder.bytes("root/objects/1251668577/xy2/a") == bytes)
        try await TestService.run(kept(folder)) { (service) async throws in
            #expect(try service.stat("/a").text("sha") == TestFile.sha1(bytes))
            #expect(try service.begin("/b", bytes).data["session"] == nil)
            #expect(try service.begin("/a/c", bytes).code == -178)
        }
    }

    @Test("bytes that changed on disk between two runs are found at finish, and only their slices come again")
    func changedBetweenRuns() async throws {
        let folder = try ScratchFolder()
        let bytes = TestFile.random(2_097_152, seed: 4)
        var session = ""
        try await TestService.run(kept(folder)) { (service) async throws in
            session = try service.begin("/a", bytes).text("session")
            for offset in [0, 1_048_576] {
                #expect(
                    try service.slice("/a", session, offset, bytes[offset..<offset + 1_048_576]).code == 0)
            }
        }
        let data = try #require(FileHandle(forWritingAtPath: "\(folder.path)/root/uploads/\(session)/data"))
        try data.seek(toOffset: 1_500_000)
        try data.write(contentsOf: Data([bytes[1_500_000] ^ 1]))
        try data.close()
        try await TestService.run(kept(folder)) { (service) async throws in
            #expect(try service.finish("/a", session, bytes).code == -174)
            #expect(try service.list("/a").listed == [[0, 1_048_576]])
            #expect(try service.slice("/a", session, 1_048_576, bytes[1_048_576...]).code == 0)
            #expect(try service.finish("/a", session, bytes).code == 0)
        }
        #expect(folder.bytes("root/objects/1251668577/xy2/a") == bytes)
    }

    @Test("no key leads out of the root: links are neither followed nor written through")
    func links() async throws {
        let folder = try ScratchFolder()
        let outside = "\(folder.path)/outside"
        let bucket = "\(folder.path)/root/objects/1251668577/xy2"
        let files = FileManager.default
        try files.createDirectory(atPath: bucket, withIntermediateDirectories: true)
        try files.createDirectory(atPath: outside, withIntermediateDirectories: true)
        try Data([9]).write(to: URL(fileURLWithPath: "\(outside)/file"))
        try files.createSymbolicLink(atPath: "\(bucket)/dir", withDestinationPath: outside)
        try files.createSymbolicLink(atPath: "\(bucket)/file", withDestinationPath: "\(outside)/file")
        try await TestService.run(kept(folder)) { (service) async throws in
            for key in ["/dir/file", "/dir/new"] {
                let answer = try service.post(
                    key, [("op", "upload"), ("filecontent", "x"), ("insertOnly", "0")])
                #expect(answer.code == -178, "\(answer.message)")
            }
            #expect(try service.post("/file", [("op", "upload"), ("filecontent", "x")]).code == -177)
            #expect(
                try service.post("/file", [("op", "upload"), ("filecontent", "x"), ("insertOnly", "0")]).code
                    == 0)
            for key in ["/../../outside/file", "/%2e%2e/outside/file"] {
                let head =
                    "POST /files/v2/1251668577/xy2\(key) HTTP/1.1\r\nHost: a\r\nAuthorization: "
                    + "\(TestSigner().text)\r\nContent-Length: 0\r\n\r\n"
                #expect(try service.answer(to: Array(head.utf8)).code == -180)
            }
        }
        #expect(folder.bytes("outside/file") == [9])
        #expect(folder.names(below: "outside") == ["file"])
        #expect(folder.bytes("root/objects/1251668577/xy2/file") == [120])
    }

    @Test("an object that was edited on disk is no longer known content; delete removes it with its folders")
    func editedAndDeleted() async throws {
        let folder = try ScratchFolder()
        let bytes = TestFile.random(600_000, seed: 5)
        let file = "\(folder.path)/root/objects/1251668577/xy2/a/b/c"
        try await TestService.run(kept(folder)) { (service) async throws in
            #expect(try service.upload("/a/b/c", bytes).code == 0)
            try Data([1]).write(to: URL(fileURLWithPath: file))
            #expect(try service.begin("/other", bytes).data["session"] != nil)
            var signer = TestSigner(fileID: "/1251668577/xy2/a/b/c")
            signer.expiry = 0
            let fields: [(String, [UInt8])] = [("op", Array("delete".utf8))]
            #expect(try service.post("/a/b/c", fields, signature: signer.text).code == 0)
            #expect(try service.upload("/a", bytes + [1]).code == 0)
        }
        #expect(folder.bytes("root/objects/1251668577/xy2/a") == bytes + [1])
    }

    @Test("a root serves one emulator at a time")
    func locked() async throws {
        let folder = try ScratchFolder()
        let configuration = kept(folder)
        try await TestService.run(configuration) { _ in
            let second = Emulator(configuration)
            await #expect {
                try await second.start()
            } throws: { error in
                "\(error)".contains("cannot keep objects there: another emulator uses it")
            }
            await second.stop()
        }
        // A stopped emulator releases the root, even while the object still exists.
        let stopped = Emulator(configuration)
        try await stopped.start()
        await stopped.stop()
        try await TestService.run(configuration) { _ in }
        #expect(stopped.statistics == EmulatorStatistics())
    }
}
