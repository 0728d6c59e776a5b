import Foundation
import PlanCore
import Testing

@testable import COSEmulator

@Suite("Emulator: a root that a killed process left")
struct EmulatorCrashTests {
    /// An object's file and its record, moved out of the root that created them; their modification times are
    /// kept.
    private struct Kept {
        let object: String
        let record: String
    }

    /// What a path in the root contains when the process dies.
    enum Content: Sendable {
        case nothing
        case old
        case new
        /// The new record, partially written.
        case torn
    }

    /// A moment during the publication of an object.
    struct Moment: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let object: Content
        let record: Content
        let draft: Content
        /// The expected content after the restart.
        let expected: Content
    }

    static let overwriting = [
        Moment("before it", .old, .old, .nothing, finds: .old),
        Moment("the draft is torn", .old, .old, .torn, finds: .old),
        Moment("the draft is written", .old, .old, .new, finds: .old),
        Moment("the object is in place", .new, .old, .new, finds: .new),
        Moment("the record is in place", .new, .new, .nothing, finds: .new),
    ]
    static let creating = [
        Moment("the draft is torn", .nothing, .nothing, .torn, finds: .nothing),
        Moment("the draft is written", .nothing, .nothing, .new, finds: .nothing),
        Moment("the object is in place", .new, .nothing, .new, finds: .new),
        Moment("the record is in place", .new, .new, .nothing, finds: .new),
    ]
    static let removing = [Moment("the object is removed", .nothing, .old, .nothing, finds: .nothing)]

    @Test(
        "whenever it was killed while an object was put in place, what is at the key is known, or nothing is",
        arguments: overwriting + creating + removing)
    func killed(moment: Moment) async throws {
        let folder = try ScratchFolder()
        let configuration = EmulatorConfiguration.test { $0.root = folder.path + "/root" }
        let bytes = [Content.old: TestFile.random(1_000, seed: 1), .new: TestFile.random(2_000, seed: 2)]
        var kept: [Content: Kept] = [:]
        for (content, bytes) in bytes {
            try await TestService.run(configuration) { (service) async throws in
                #expect(try service.upload("/a", bytes).code == 0)
            }
            kept[content] = try Self.takeAway(to: "\(folder.path)/\(content)", in: folder)
        }
        let old = try #require(kept[.old])
        let new = try #require(kept[.new])
        let name = try Self.recordName()
        try Self.lay(moment.object, old.object, new.object, at: Self.object, in: folder)
        try Self.lay(moment.record, old.record, new.record, at: "root/records/\(name)", in: folder)
        try Self.lay(moment.draft, old.record, new.record, at: "root/records/\(name).new", in: folder)
        // Twice: what the first start repairs, the second must find intact.
        for _ in 0..<2 {
            try await TestService.run(configuration) { (service) async throws in
                let stat = try service.stat("/a")
                if let expected = bytes[moment.expected] {
                    #expect(stat.text("sha") == TestFile.sha1(expected))
                    #expect(stat.number("filelen") == expected.count)
                    #expect(try service.begin("/a", expected).code == -177)
                    #expect(try service.list("/a").text("access_url").hasSuffix("/a"))
                } else {
                    #expect(stat.status == 404)
                }
            }
            #expect(
                folder.names(below: "root/records")
                    == (moment.expected == .nothing ? [] : [name]))
        }
        try await TestService.run(configuration) { (service) async throws in
            let third = TestFile.random(3_000, seed: 3)
            #expect(try service.upload("/a", third, insertOnly: "0").code == 0)
            #expect(try service.stat("/a").text("sha") == TestFile.sha1(third))
        }
    }

    @Test("unfinished uploads hold no descriptors, neither new ones nor those found at the start")
    func descriptors() async throws {
        let folder = try ScratchFolder()
        let configuration = EmulatorConfiguration.test { $0.root = folder.path + "/root" }
        for round in 0..<2 {
            try await TestService.run(configuration) { (service) async throws in
                for number in 0..<20 {
                    let bytes = TestFile.random(1_000, seed: UInt64(number + 1))
                    #expect(try service.begin("/\(number)", bytes).code == (round == 0 ? 0 : -4019))
                }
                let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter {
                    // Another test may have closed the descriptor meanwhile.
                    let place = try? FileManager.default.destinationOfSymbolicLink(
                        atPath: "/proc/self/fd/\($0)")
                    return place?.hasPrefix("\(folder.path)/root/uploads/") ?? false
                }
                #expect(open.isEmpty)
            }
        }
    }

    @Test("an upload that cannot be begun leaves nothing behind")
    func refusedInit() throws {
        let folder = try ScratchFolder()
        let store = try DiskStore(path: folder.path + "/root")
        let address = ObjectAddress(
            appID: try AppID(1), bucket: try Bucket("b"), key: try ObjectKey("/a"))
        let plan = UploadPlan(
            address: address, slices: Layout(fileSize: 1, pieceSize: 1), sha: nil, digests: nil,
            insertOnly: .refuse, bizAttr: "", isSerial: false)
        let taken = "\(folder.path)/root/uploads/s/slices"
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/root/uploads/s", withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: taken))
        #expect(throws: StoreError("create", "slices", code: EEXIST)) {
            try store.beginUpload("s", plan: plan)
        }
        #expect(folder.names(below: "root/uploads").isEmpty)
    }

    @Test("a listing that breaks off is an error, not the end of the folder")
    func listingBreaksOff() throws {
        #expect(throws: StoreError("list", ".", code: EIO)) {
            try DiskFolder.names {
                errno = EIO
                return nil
            }
        }
        let names = try DiskFolder.names {
            nil
        }
        #expect(names.isEmpty)
    }

    // MARK: Contents of the root

    private static let object = "root/objects/1251668577/xy2/a"

    private static func recordName() throws -> String {
        TestFile.sha1(Array("/1251668577/xy2/a".utf8)) + ".json"
    }

    private static func takeAway(to place: String, in folder: ScratchFolder) throws -> Kept {
        let kept = Kept(object: place + ".object", record: place + ".record")
        let files = FileManager.default
        try files.moveItem(atPath: "\(folder.path)/\(object)", toPath: kept.object)
        try files.moveItem(atPath: "\(folder.path)/root/records/\(recordName())", toPath: kept.record)
        return kept
    }

    private static func lay(
        _ content: Content, _ old: String, _ new: String, at name: String, in folder: ScratchFolder
    ) throws {
        let place = "\(folder.path)/\(name)"
        switch content {
        case .nothing: break
        case .old: try FileManager.default.linkItem(atPath: old, toPath: place)
        case .new: try FileManager.default.linkItem(atPath: new, toPath: place)
        case .torn:
            let whole = try Data(contentsOf: URL(fileURLWithPath: new))
            try whole.dropLast(1).write(to: URL(fileURLWithPath: place))
        }
    }
}

extension EmulatorCrashTests.Moment {
    fileprivate init(
        _ description: String, _ object: EmulatorCrashTests.Content, _ record: EmulatorCrashTests.Content,
        _ draft: EmulatorCrashTests.Content, finds expected: EmulatorCrashTests.Content
    ) {
        self.init(
            testDescription: description, object: object, record: record, draft: draft, expected: expected)
    }
}
