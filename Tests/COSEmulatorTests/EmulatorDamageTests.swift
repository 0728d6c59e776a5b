import Foundation
import PlanCore
import Testing

@testable import COSEmulator

@Suite("Emulator: a root that was damaged")
struct EmulatorDamageTests {
    /// The damage to one file of an unfinished upload.
    enum Damage: String, CaseIterable, Sendable {
        case planReplaced, planEmpty, planFlipped, planTooLong, planAPipe, planALink, planAFolder
        case lineEdited, lineEmpty, slicesAFolder, dataALink, dataAFolder
    }

    @Test(
        "a damaged upload is named and set aside, and the emulator starts with all others",
        arguments: Damage.allCases)
    func upload(damage: Damage) async throws {
        let folder = try ScratchFolder()
        let configuration = EmulatorConfiguration.test { $0.root = folder.path + "/root" }
        let bytes = TestFile.random(1_500_000, seed: 1)
        var sessions: [String] = []
        try await TestService.run(configuration) { (service) async throws in
            for key in ["/a", "/b"] {
                sessions.append(try service.begin(key, bytes).text("session"))
                #expect(try service.slice(key, sessions.last ?? "", 0, bytes[..<1_048_576]).code == 0)
            }
        }
        try Self.apply(damage, to: "\(folder.path)/root/uploads/\(sessions[0])")
        try await TestService.run(configuration) { (service) async throws in
            let notices = service.emulator.notices
            #expect(notices.count == 1)
            #expect(notices.first?.hasPrefix("uploads/\(sessions[0]): damaged (") ?? false, "\(notices)")
            #expect(notices.first?.hasSuffix("; moved to damaged/\(sessions[0])") ?? false, "\(notices)")
            #expect(try service.list("/b").text("session") == sessions[1])
            #expect(try service.list("/b").listed == [[0, 1_048_576]])
            #expect(try service.list("/a").status == 404)
            #expect(try service.begin("/a", bytes).code == 0)
        }
        #expect(folder.names(below: "root/damaged/\(sessions[0])").count >= 3)
        try await TestService.run(configuration) { (service) async throws in
            #expect(service.emulator.notices.isEmpty)
        }
    }

    private static func apply(_ damage: Damage, to upload: String) throws {
        let files = FileManager.default
        func replace(_ name: String, by make: (String) throws -> Void) throws {
            try files.removeItem(atPath: "\(upload)/\(name)")
            try make("\(upload)/\(name)")
        }
        func write(_ bytes: [UInt8], to path: String) throws {
            try Data(bytes).write(to: URL(fileURLWithPath: path))
        }
        func makeFolder(_ path: String) throws {
            try files.createDirectory(atPath: path, withIntermediateDirectories: false)
        }
        func makeLink(_ path: String) throws {
            try files.createSymbolicLink(atPath: path, withDestinationPath: "/etc/hostname")
        }
        switch damage {
        case .planReplaced: try write(Array("{}".utf8), to: "\(upload)/plan.json")
        case .planEmpty: try write([], to: "\(upload)/plan.json")
        case .planFlipped:
            var plan = Array(files.contents(atPath: "\(upload)/plan.json") ?? Data())
            plan[plan.count / 2] ^= 1
            try write(plan, to: "\(upload)/plan.json")
        case .planTooLong: #expect(truncate("\(upload)/plan.json", 300 << 20) == 0)
        case .planAPipe: try replace("plan.json") { #expect(mkfifo($0, 0o600) == 0) }
        case .planALink: try replace("plan.json", by: makeLink)
        case .planAFolder: try replace("plan.json", by: makeFolder)
        case .lineEdited: try write(Array("+1 00000000\n".utf8), to: "\(upload)/slices")
        case .lineEmpty: try write([10], to: "\(upload)/slices")
        case .slicesAFolder: try replace("slices", by: makeFolder)
        case .dataALink: try replace("data", by: makeLink)
        case .dataAFolder: try replace("data", by: makeFolder)
        }
    }

    @Test("a damaged record is named and set aside; nothing is told of its object, which stays")
    func record() async throws {
        let folder = try ScratchFolder()
        let configuration = EmulatorConfiguration.test { $0.root = folder.path + "/root" }
        let bytes = TestFile.random(1_000, seed: 1)
        try await TestService.run(configuration) { (service) async throws in
            #expect(try service.upload("/a", bytes).code == 0)
            #expect(try service.upload("/b", bytes + [1]).code == 0)
        }
        let name = TestFile.sha1(Array("/1251668577/xy2/a".utf8)) + ".json"
        let place = URL(fileURLWithPath: "\(folder.path)/root/records/\(name)")
        var record = try Data(contentsOf: place)
        let size = try #require(record.firstRange(of: Data("\"filesize\":1000".utf8)))
        record[size.upperBound - 1] = UInt8(ascii: "1")
        try record.write(to: place)
        try await TestService.run(configuration) { (service) async throws in
            let notices = service.emulator.notices
            #expect(
                notices == [
                    "records/\(name): damaged (not the text that was written); moved to damaged/\(name)"
                ])
            #expect(try service.stat("/a").status == 404)
            #expect(try service.begin("/a", bytes).code == -177)
            #expect(try service.stat("/b").number("filelen") == 1_001)
        }
        #expect(folder.bytes("root/objects/1251668577/xy2/a") == bytes)
    }

    @Test("an object's date may be beyond the year 2262")
    func lateDate() async throws {
        let folder = try ScratchFolder()
        let configuration = EmulatorConfiguration.test { $0.root = folder.path + "/root" }
        let bytes = TestFile.random(1_000, seed: 1)
        try await TestService.run(configuration) { (service) async throws in
            #expect(try service.upload("/a", bytes).code == 0)
            for seconds in [9_223_372_036, 9_223_372_037, 15_000_000_000, -9_223_372_037] {
                var times = [timespec(tv_sec: seconds, tv_nsec: 5), timespec(tv_sec: seconds, tv_nsec: 5)]
                // The file system may clamp such a date; the emulator must not crash either way.
                _ = utimensat(AT_FDCWD, "\(folder.path)/root/objects/1251668577/xy2/a", &times, 0)
                #expect(try service.begin("/b\(seconds)", bytes).data["session"] != nil)
            }
        }
        try await TestService.run(configuration) { (service) async throws in
            #expect(try service.stat("/a").status == 404)
        }
    }

    @Test("a directory entry is read no further than it is long")
    func shortEntries() throws {
        let page = Int(getpagesize())
        let pages = try #require(
            mmap(nil, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
        defer { munmap(pages, 2 * page) }
        #expect(mprotect(pages + page, page, PROT_NONE) == 0)
        for name in ["a", "abcd", "abcde"] {
            // The last bytes before unreadable memory, as at the end of readdir's buffer.
            let length = 24
            let entry = pages + page - length
            entry.initializeMemory(as: UInt8.self, repeating: 0, count: length)
            entry.storeBytes(of: UInt16(length), toByteOffset: 16, as: UInt16.self)
            for (index, byte) in name.utf8.enumerated() {
                entry.storeBytes(of: byte, toByteOffset: 19 + index, as: UInt8.self)
            }
            var left = 1
            let names = try DiskFolder.names {
                left -= 1
                return left == 0 ? entry.assumingMemoryBound(to: dirent.self) : nil
            }
            #expect(names == [name])
        }
    }

    @Test("a shortage that passes is no damage")
    func shortages() {
        for code in [EMFILE, ENFILE, ENOMEM] { #expect(StoreError("open", "a", code: code).isShortage) }
        for code in [ELOOP, EINVAL, ENOENT, EFBIG, EACCES, EIO, EISDIR] {
            #expect(!StoreError("open", "a", code: code).isShortage)
        }
    }
}
