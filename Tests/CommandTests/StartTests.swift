import Foundation
import Testing

/// The environment of a command at its start: arguments and system limits.
@Suite("Starting")
struct StartTests {
    /// Hides /proc in a mount namespace and runs the rest of the line.
    private static let withoutProc = "unshare -rm sh -c 'mount -t tmpfs none /proc && exec \"$@\"' sh "

    /// Whether this machine permits that to an ordinary user.
    private static let canHideProc: Bool = {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", withoutProc + "true"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    @Test(
        "without /proc every command sees its arguments",
        .enabled(if: canHideProc, "user and mount namespaces are needed"))
    func withoutProc() async throws {
        let folder = try TemporaryFolder()
        try folder.write("abc", to: "a")
        try await CosplanProcess.shell(
            """
            cosplan hash -q a \(TestTarget.flags.joined(separator: " ")) > with.yaml
            \(Self.withoutProc) cosplan hash -q a \(TestTarget.flags.joined(separator: " ")) > without.yaml
            cmp with.yaml without.yaml
            \(Self.withoutProc) cosplan hash -q a -o file.yaml
            \(Self.withoutProc) cosplan verify -q --bytes file.yaml
            \(Self.withoutProc) cosplan show with.yaml
            \(Self.withoutProc) cosplan bench --rounds 1 --size 1M --jobs 1 2> err
            """.replacing("\n", with: " && "), in: folder.url
        ).expectSuccess()
        let foreign = try await CosplanProcess.shell(
            "printf x > $'\\xff'; \(Self.withoutProc) cosplan hash $'\\xff'", in: folder.url)
        #expect(foreign.status == 66)
        #expect(foreign.errors.contains("the name is not UTF-8"), "\(foreign.errors)")
        // Swift's concurrency and Foundation's HTTP client would trap there.
        for command in ["push --rehearse with.yaml", "push --dry-run with.yaml", "serve"] {
            let refused = try await CosplanProcess.shell(
                "\(Self.withoutProc) cosplan \(command)", in: folder.url)
            #expect(refused.status == 78)
            #expect(refused.errors.hasPrefix("cosplan: error: /proc: it is not mounted"), "\(refused.errors)")
        }
    }

    @Test("no arguments at all are no success, and their help is no result", arguments: ["", "b'cosplan'"])
    func noArguments(name: String) async throws {
        let folder = try TemporaryFolder()
        // From 5.18 on Linux replaces an empty argument vector by one with an empty name.
        let script = """
            import ctypes, sys
            libc = ctypes.CDLL(None)
            words = [\(name)]
            vector = (ctypes.c_char_p * (len(words) + 1))(*words, None)
            libc.execve(sys.argv[1].encode(), vector, (ctypes.c_char_p * 1)(None))
            """
        let ended = try await CosplanProcess.run(
            URL(filePath: "/usr/bin/env"), ["python3", "-c", script, CosplanProcess.executable.path],
            in: folder.url)
        #expect(ended.status == 64)
        #expect(ended.output.isEmpty)
        #expect(ended.errors.contains("USAGE: cosplan <subcommand>"), "\(ended.errors)")
        #expect(
            ended.errors.hasSuffix(
                "cosplan: error: no command given; commands: hash, verify, push, show, diff, merge, sign, serve, bench, "
                    + "config\n"
            ))
    }

    /// A plan of a few files, for a rehearsal.
    private static func prepare() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for name in 1...40 { try folder.write("\(name)", to: "files/\(name)") }
        try folder.write(SampleBytes.random(count: 3_000_000, seed: 1), to: "files/big")
        try await CosplanProcess.shell("cosplan hash -q -r files -o m.yaml", in: folder.url).expectSuccess()
        return folder
    }

    @Test("a limit of open files makes push do less at a time, or is told with the number needed")
    func openFiles() async throws {
        let folder = try await Self.prepare()
        let low = try await CosplanProcess.shell(
            "ulimit -n 16; cosplan push --rehearse m.yaml", in: folder.url)
        #expect(low.status == 78)
        let words =
            #/^cosplan: error: open files: the limit is 16; push needs at least (\d+); raise it \(ulimit -n\)\n$/#
        let match = try #require(low.errors.firstMatch(of: words), "\(low.errors)")
        for limit in [String(match.1), "64"] {
            let enough = try await CosplanProcess.shell(
                "ulimit -n \(limit); cosplan push --rehearse --slices 16 m.yaml", in: folder.url)
            #expect(enough.status == 0, "\(limit): \(enough.errors)")
            #expect(enough.errors.contains("of --slices 16 at a time"), "\(enough.errors)")
        }
    }

    @Test(
        "a limit of memory is told with the amount needed, and that amount is enough",
        .disabled(if: CosplanProcess.isSanitized, "a sanitizer's shadow counts"),
        arguments: ["push --rehearse m.yaml", "bench --rounds 1 --size 1M --jobs 1", "serve"])
    func memory(command: String) async throws {
        let folder = try await Self.prepare()
        let low = try await CosplanProcess.shell(
            "ulimit -v 170000; exec cosplan \(command)", in: folder.url,
            environment: ["COSPLAN_KERNEL": "openssl"])
        #expect(low.status == 78, "\(low)")
        let match = try #require(
            low.errors.firstMatch(of: #/ needs (\d+) KiB; raise it \(ulimit -v\)(.*)\n/#), "\(low.errors)")
        let options = [
            "push": ", or lower --slices or --files-at-once", "bench": ", or lower --jobs or --size",
        ]
        #expect(String(match.2) == options[String(command.prefix { $0 != " " })] ?? "")
        guard command != "serve" else { return }
        let enough = try await CosplanProcess.shell(
            "ulimit -v \(match.1); exec cosplan \(command)", in: folder.url,
            environment: ["COSPLAN_KERNEL": "openssl"])
        #expect(enough.status == 0, "\(enough.errors)")
    }

    @Test(
        "hash and verify work with every limit of memory from the amount that they say they need",
        .disabled(if: CosplanProcess.isSanitized, "a sanitizer's shadow counts"),
        arguments: ["hash -q -r files", "verify -q --bytes m.yaml"])
    func memoryOfThreads(command: String) async throws {
        let folder = try await Self.prepare()
        let low = try await CosplanProcess.shell("ulimit -v 150000; exec cosplan \(command)", in: folder.url)
        #expect(low.status == 78, "\(low)")
        let match = try #require(
            low.errors.firstMatch(of: #/ needs (\d+) KiB; raise it \(ulimit -v\)\n/#), "\(low.errors)")
        let needed = try #require(Int(match.1))
        // Up to what the C library would take for threads of their own.
        for limit in stride(from: needed, to: needed + 300_000, by: 20_000) {
            let enough = try await CosplanProcess.shell(
                "ulimit -v \(limit); exec cosplan \(command)", in: folder.url)
            #expect(enough.status == 0, "\(limit): \(enough.errors)")
        }
    }

    @Test(
        "a sandbox that refuses threads is told at the start",
        arguments: ["push --rehearse m.yaml", "bench --rounds 1 --size 1M", "serve"])
    func threads(command: String) async throws {
        let folder = try await Self.prepare()
        // A seccomp filter that returns EPERM for clone3, in the instructions of this machine.
        let script = """
            import ctypes, os, platform, struct, sys
            libc = ctypes.CDLL(None, use_errno=True)
            program = b"".join(struct.pack("HBBI", *line) for line in [
                (0x20, 0, 0, 0), (0x15, 0, 1, 435), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)])
            class Program(ctypes.Structure):
                _fields_ = [("count", ctypes.c_ushort), ("lines", ctypes.c_char_p)]
            if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(Program(4, program)), 0, 0):
                sys.exit(99)
            os.execv(sys.argv[1], ["cosplan"] + sys.argv[2:])
            """
        let ended = try await CosplanProcess.run(
            URL(filePath: "/usr/bin/env"),
            ["python3", "-c", script, CosplanProcess.executable.path]
                + command.split(separator: " ").map(String.init),
            in: folder.url)
        // 99: the machine has no such filters.
        guard ended.status != 99 else { return }
        #expect(ended.status == 78, "\(ended)")
        #expect(ended.errors.contains("threads: "), "\(ended.errors)")
        #expect(ended.errors.contains("clone3"), "\(ended.errors)")
    }
}
