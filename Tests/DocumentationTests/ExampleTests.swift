import COSEmulator
import CosplanKit
import Foundation
import Testing

/// Every code block of README, of the catalogues and of the doc comments stands in `Examples` and runs here.
@Suite("Examples of the documentation")
struct ExampleTests {
    /// A folder with `big.bin`, removed at the end.
    private final class Folder {
        let path = FileManager.default.temporaryDirectory.appending(path: "cosplan-\(UUID().uuidString)").path
        let content = [UInt8]((0..<2_621_440).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) })

        init() throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try write("big.bin", content)
        }

        // A leftover folder in /tmp harms nobody, hence no error.
        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ name: String, _ bytes: [UInt8]) throws {
            try Data(bytes).write(to: URL(filePath: path + "/" + name))
        }

        func read(_ name: String) throws -> [UInt8] {
            Array(try Data(contentsOf: URL(filePath: path + "/" + name)))
        }
    }

    /// What an example printed.
    private final class Lines: @unchecked Sendable {
        // Safety: guarded by the lock.
        private var lines: [String] = []
        private let lock = NSLock()

        /// Adds a line, unless it is the note that slicing is meant for larger files.
        func add(_ line: String) {
            if !line.contains(": note R32: ") { lock.withLock { lines.append(line) } }
        }

        var all: [String] { lock.withLock { lines } }
    }

    private static let sha1OfHello = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"

    @Test("plan, check, upload: the bytes arrive, and a changed file is found and not sent")
    func kit() async throws {
        let folder = try Folder()
        let store = folder.path + "/store"
        _ = try await emulatorExample(folder: store) { port in
            let manifest = folder.path + "/plan.yaml"
            try folder.write("plan.yaml", try await planExample(folder: folder.path, port: port))
            let lines = Lines()
            #expect(try await checkExample(manifest: manifest, folder: folder.path, print: lines.add))
            #expect(lines.all == [])
            let credentials = EmulatorConfiguration().credentials
            try await uploadExample(
                manifest: manifest, folder: folder.path, credentials: credentials, print: lines.add)
            #expect(lines.all == ["/big.bin: uploaded"])
            #expect(try folder.read("store/objects/1251668577/iainyu/big.bin") == folder.content)

            try folder.write(
                "big.bin", folder.content.dropLast() + [folder.content[folder.content.count - 1] ^ 1])
            #expect(try await !checkExample(manifest: manifest, folder: folder.path, print: lines.add))
            #expect(lines.all.last == "big.bin: the data differ at offset 2097152, length 524288")
        }
    }

    @Test("the kit's errors come from its calls: no target, a broken manifest, no file, another root")
    func kitErrors() async throws {
        let folder = try Folder()
        await #expect(throws: DigestError.self) {
            try await Planner().plan("none", key: "/a", root: folder.path)
        }
        await #expect(throws: FileError.self) {
            try await Checker().check(.file(folder.path + "/none.yaml"), root: folder.path)
        }
        let broken = try await Checker().check(.text("cosplan: 1\n"), root: folder.path)
        #expect(!broken.isGood && broken.fileCount == 0)
        let plan = try await Planner(jobs: 1).plan("big.bin", key: "/big.bin", root: folder.path)
        let writer = ManifestWriter(format: .json, document: DocumentHeader(datashaKind: plan.datashaKind))
        let text = String(decoding: writer.manifest(of: [plan]), as: UTF8.self)
        let uploader = Uploader(UploadConfiguration(credentials: EmulatorConfiguration().credentials))
        await #expect(throws: TargetMissing(fields: ["region", "appid", "bucket"])) {
            for try await _ in uploader.push(.text(text), root: folder.path) {}
        }
        await #expect(throws: ManifestRefused.self) {
            for try await _ in uploader.push(.text("cosplan: 1\n"), root: folder.path) {}
        }
        let cancelled = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await Planner().plan("big.bin", key: "/big.bin", root: folder.path)
        }
        await #expect(throws: DigestError.cancelled) { try await cancelled.value }
    }

    @Test("values, digests, files and manifests")
    func plans() async throws {
        let folder = try Folder()
        let sha = try #require(Digest(hex: Self.sha1OfHello))
        let (plan, broken) = try valuesExample(sha: sha)
        #expect(plan.fileSize == 5 && broken.hasPrefix("R"), "\(broken)")

        let digests = try digestExample(folder: folder.path)
        #expect(try digests.map { try $0.get().parts.count } == [3])

        let lines = Lines()
        try folder.write("hello", Array("hello".utf8))
        let hello = try PlannedFile(
            path: LocalPath("hello"), key: ObjectKey("/hello"), fileSize: 5, sha: sha, sliceSize: .standard,
            datashaKind: .state, parts: plan.parts)
        try checkBytesExample(plan: hello, folder: folder.path, print: lines.add)
        #expect(lines.all == [])
        try folder.write("hello", Array("hellO".utf8))
        try checkBytesExample(plan: hello, folder: folder.path, print: lines.add)
        #expect(lines.all.count == 1)

        try folder.write("left-out.tmp", [1])
        #expect(
            try findingExample(folder: folder.path)
                == ["big.bin": Array(folder.content.prefix(4)), "hello": Array("hell".utf8)])

        let document = DocumentHeader(datashaKind: .state)
        let text = ManifestWriter(format: .yaml, document: document).manifest(of: [hello])
        try manifestExample(text: String(decoding: text, as: UTF8.self), print: lines.add)
        #expect(lines.all.last == "/hello 5 1")
    }

    @Test("secrets, part sizes, an upload driven by hand, a session")
    func services() async throws {
        #expect(try secretsExample() == "credentials (not shown), credentials (not shown)")
        let folder = try Folder()
        let plan = try await Planner().plan("big.bin", key: "/big.bin", root: folder.path)
        #expect(try sizingExample(plan: plan) == "one request")

        let target = try JSONTarget(region: Region("gz"), appID: AppID(1), bucket: Bucket("b"))
        let credentials = EmulatorConfiguration().credentials
        let empty = try PlannedFile(
            path: LocalPath("e"), key: ObjectKey("/e"), fileSize: 0,
            sha: #require(Digest(hex: "da39a3ee5e6b4b0d3255bfef95601890afd80709")), sliceSize: .standard,
            datashaKind: .state, parts: [])
        var sent: [String] = []
        let outcome = drivingExample(
            plan: empty, target: target, credentials: credentials, now: 1_700_000_000, read: { _ in [] },
            send: { head, _, body in
                sent.append("\(head.method) \(head.path) \(body.map { !$0.isEmpty } ?? false)")
                return (200, Array(#"{"code":0,"message":"SUCCESS","data":{"url":"http://x"}}"#.utf8))
            })
        #expect(sent == ["POST /files/v2/1/b/e true"])
        guard case .uploaded(let urls)? = outcome else { return #expect(Bool(false), "\(outcome as Any)") }
        #expect(urls["url"] == "http://x")

        let taken = try await emulatorExample(folder: folder.path + "/store") { port in
            let target = try JSONTarget(
                region: Region("gz"), appID: AppID(1), bucket: Bucket("b"),
                endpoint: Endpoint("http://127.0.0.1:\(port)"))
            let lines = Lines()
            try await sessionExample(
                plans: [plan], target: target, folder: folder.path,
                configuration: UploadConfiguration(credentials: credentials), print: lines.add)
            #expect(lines.all == ["/big.bin is up"])
        }
        #expect(taken == Int64(folder.content.count))
        #expect(faultsExample().count == 2)
    }
}
