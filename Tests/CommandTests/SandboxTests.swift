import Foundation
import Testing

@Suite("Sandboxes that refuse system calls")
struct SandboxTests {
    private static let tool = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "seccomp.py"
    ).path

    /// Whether this machine permits a process to filter its own system calls.
    private static func works(in folder: URL) async throws -> Bool {
        try await CosplanProcess.shell("python3 '\(tool)' openat2 true", in: folder).status == 0
    }

    @Test(
        "hash, -o onto an existing file, verify and show work where calls newer than the sandbox are refused",
        arguments: [
            ("openat2", "EPERM"), ("faccessat2", "EPERM"), ("statx", "EPERM"), ("memfd_create", "EPERM"),
            ("openat2,faccessat2,statx,memfd_create", "EPERM"),
            ("openat2,faccessat2,clone3,statx,memfd_create", "ENOSYS"),
        ])
    func refused(calls: String, code: String) async throws {
        let folder = try TemporaryFolder()
        guard try await Self.works(in: folder.url) else { return }
        try folder.write(SampleBytes.random(count: 3_000_000, seed: 9), to: "data/sub/a")
        try folder.write("old", to: "m.yaml")
        let sandbox = "python3 '\(Self.tool)' -e \(code) \(calls) cosplan"
        for command in [
            "hash -r data -o m.yaml", "hash -r data -o m.yaml", "verify --bytes m.yaml", "show m.yaml",
        ] {
            let ended = try await CosplanProcess.shell(
                "timeout -k 1 900 \(sandbox) \(command)", in: folder.url)
            #expect(ended.status == 0, "\(command): \(ended.status) \(ended.output)\(ended.errors)")
        }
        let plain = try await CosplanProcess.shell("cosplan hash -r data | cmp - m.yaml", in: folder.url)
        #expect(plain.status == 0, "\(plain.output)\(plain.errors)")
    }

    @Test(
        "where no thread can be started, that is said at once (78)",
        arguments: ["hash a", "verify --bytes m.yaml"])
    func noThreads(command: String) async throws {
        let folder = try TemporaryFolder()
        guard try await Self.works(in: folder.url) else { return }
        try folder.write("x", to: "a")
        let made = try await CosplanProcess.run(["hash", "a", "-o", "m.yaml"], in: folder.url)
        #expect(made.status == 0, "\(made.errors)")
        let refused = try await CosplanProcess.shell(
            "timeout -k 1 900 python3 '\(Self.tool)' clone3 cosplan \(command)", in: folder.url)
        #expect(refused.status == 78, "\(refused.status) \(refused.errors)")
        #expect(refused.errors.contains("threads: "), "\(refused.errors)")
    }

    @Test(
        "there, too, -o never replaces a file that may not be written",
        .enabled(if: geteuid() != 0, "needs a plain user"))
    func readOnly() async throws {
        let folder = try TemporaryFolder()
        guard try await Self.works(in: folder.url) else { return }
        try folder.write("x", to: "a")
        try folder.write("old", to: "m.yaml")
        let ended = try await CosplanProcess.shell(
            "chmod 400 m.yaml; python3 '\(Self.tool)' faccessat2 cosplan hash a -o m.yaml", in: folder.url)
        #expect(ended.status == 73, "\(ended.status) \(ended.errors)")
        #expect(try folder.text("m.yaml") == "old")
    }
}
