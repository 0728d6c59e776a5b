import Foundation
import Testing

/// Pushes that end early, and their output.
@Suite("Ends of cosplan push")
struct PushEndsTests {
    /// More than is sent before any test has stopped the push.
    private static let endless = 512 << 20
    /// The kernel that is fast in a build for debugging, too.
    private static let fast = ["COSPLAN_KERNEL": "openssl"]

    /// A folder with a server and a manifest of files with these sizes.
    private static func prepare(
        _ sizes: [(name: String, bytes: Int)], faults: String? = nil
    ) async throws -> (TemporaryFolder, ServeProcess) {
        let folder = try TemporaryFolder()
        for (index, file) in sizes.enumerated() {
            let isSparse = file.bytes > 1 << 20
            let bytes = isSparse ? Data() : SampleBytes.random(count: file.bytes, seed: UInt64(index) + 40)
            try folder.write(bytes, to: file.name)
            if isSparse { truncate(folder.url.appending(path: file.name).path, file.bytes) }
        }
        if let faults { try folder.write(faults, to: "faults.yaml") }
        _ = try await CosplanProcess.run(
            ["hash", "-o", "m.yaml"] + sizes.map(\.name), in: folder.url, environment: Self.fast)
        let server = try ServeProcess(
            ["--root", "store"] + (faults == nil ? [] : ["--faults", "faults.yaml"]), in: folder.url)
        return (folder, server)
    }

    private static func push(_ server: ServeProcess) -> String {
        "env --default-signal=INT cosplan push --endpoint \(server.url) "
            + TestTarget.flags.joined(separator: " ")
    }

    @Test("a file's line is out as soon as the file is done, whatever ends the process")
    func linesAppear() async throws {
        let (folder, server) = try await Self.prepare([("a", 1000), ("b", Self.endless)])
        let killed = try await CosplanProcess.shell(
            """
            \(Self.push(server)) --slices 1 --limit-rate 1M m.yaml > out & pid=$!
            until grep -q uploaded out || ! kill -0 $pid; do sleep 0.02; done
            kill -9 $pid; wait $pid; cat out
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(killed.outputLines.first?.hasPrefix("uploaded  /a  1000 B") == true, "\(killed.output)")
        server.stop()
    }

    @Test(
        "a receipt that cannot be written ends the push with 73, with the file's result on standard output",
        .disabled(if: CosplanProcess.isThreadSanitized))
    func fullReceipt() async throws {
        let (folder, server) = try await Self.prepare([("a", 1000), ("b", 1000), ("c", 1000), ("d", 1000)])
        // A limit on file size, in KiB, simulates a full disk.
        let full = try await CosplanProcess.shell(
            """
            trap '' XFSZ; ulimit -f 1
            \(Self.push(server)) --slices 1 --receipt r m.yaml
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(full.status == 73, "\(full.errors)")
        let lines = try folder.text("r").split(separator: "\n").count
        #expect(lines < 4)
        // Files that end together share one write to the receipt; each result is still reported.
        #expect(
            (lines + 1...4) ~= full.outputLines.filter { $0.hasPrefix("uploaded") }.count, "\(full.output)")
        server.stop()
    }

    @Test("Ctrl-C waits for a slice that takes longer than a supervisor's patience", .timeLimit(.minutes(10)))
    func slowSlice() async throws {
        // The emulator keeps a slice before it delays the reply.
        let (folder, server) = try await Self.prepare(
            [("a", Self.endless)], faults: "- {op: data, times: all, do: delay, ms: 10000}\n")
        let stopped = try await CosplanProcess.shell(
            """
            \(Self.push(server)) --slices 1 -v m.yaml 2> err & pid=$!
            until [ -s store/uploads/*/slices ] || ! kill -0 $pid; do sleep 0.02; done
            kill -INT $pid; wait $pid; status=$?; cat err >&2; exit $status
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(stopped.status == 130, "\(stopped.errors)")
        #expect(stopped.errors.contains("press Ctrl-C again"), "\(stopped.errors)")
        #expect(stopped.errors.contains("data /a offset 0: status 200, code 0"), "\(stopped.errors)")
        #expect(stopped.errors.contains("interrupted: 0 files done"), "\(stopped.errors)")
        server.stop()
    }

    @Test("a Ctrl-C that comes while the last file is finished ends with 0: nothing was left undone")
    func lastFinish() async throws {
        let (folder, server) = try await Self.prepare(
            [("a", 1000)], faults: "- {op: finish, do: delay, ms: 60000}\n")
        let pushed = try await CosplanProcess.shell(
            """
            \(Self.push(server)) -v m.yaml 2> err & pid=$!
            until [ -e store/objects/*/*/a ] || ! kill -0 $pid; do sleep 0.02; done
            kill -INT $pid; wait $pid; status=$?; cat err >&2; exit $status
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(pushed.status == 0, "\(pushed.errors)")
        #expect(pushed.errors.contains("press Ctrl-C again"), "\(pushed.errors)")
        #expect(!pushed.errors.contains("interrupted:"), "\(pushed.errors)")
        #expect(pushed.outputLines.first?.hasPrefix("uploaded  /a") == true, "\(pushed.output)")
        server.stop()
    }

    @Test(
        "SIGTERM and SIGHUP stop it too, without a word of Ctrl-C; nohup keeps SIGHUP away",
        arguments: [("TERM", 143), ("HUP", 129)] as [(String, Int32)])
    func terminated(signal: String, status: Int32) async throws {
        let (folder, server) = try await Self.prepare([("a", Self.endless), ("b", 1000)])
        let stopped = try await CosplanProcess.shell(
            """
            \(Self.push(server)) --limit-rate 4M m.yaml & pid=$!
            until [ -n "$(ls store/uploads 2>/dev/null)" ] || ! kill -0 $pid; do sleep 0.02; done
            kill -\(signal) $pid; wait $pid
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(stopped.status == status, "\(stopped.errors)")
        #expect(!stopped.errors.contains("Ctrl-C"), "\(stopped.errors)")
        #expect(stopped.errors.contains("run the same command again"), "\(stopped.errors)")
        let left = try await CosplanProcess.shell(
            """
            cosplan hash b > b.yaml
            nohup \(Self.push(server)) b.yaml > out 2> err & pid=$!
            until grep -qx cosplan /proc/$pid/comm || ! kill -0 $pid; do sleep 0.02; done
            kill -HUP $pid; wait $pid
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(left.status == 0, "\(left.errors)")
        server.stop()
    }

    @Test("the second Ctrl-C ends it though nobody reads its progress", .timeLimit(.minutes(10)))
    func blockedTerminal() async throws {
        let (folder, server) = try await Self.prepare([("a", Self.endless)])
        // A pipe that stays full: the thread of the progress bar is blocked in a write.
        let stopped = try await CosplanProcess.shell(
            """
            mkfifo full; exec 3<>full
            head -c 65536 /dev/zero >&3
            \(Self.push(server)) --limit-rate 1M --progress bar m.yaml 2>&3 & pid=$!
            until [ -n "$(ls store/uploads 2>/dev/null)" ] || ! kill -0 $pid; do sleep 0.02; done
            while kill -INT $pid 2> gone; do sleep 0.5; done; wait $pid
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(stopped.status == 130)
        server.stop()
    }

    @Test("a rehearsal that is stopped says that nothing is kept, and begins nothing more")
    func rehearsal() async throws {
        let folder = try TemporaryFolder()
        try folder.write("", to: "a")
        truncate(folder.url.appending(path: "a").path, Self.endless)
        try folder.write(SampleBytes.random(count: 1000, seed: 51), to: "b")
        let stopped = try await CosplanProcess.shell(
            """
            cosplan hash a > m.yaml; cosplan hash --datasha part b >> m.yaml
            env --default-signal=INT cosplan push --rehearse --limit-rate 4M -v m.yaml 2> err & pid=$!
            until grep -q "init /a: status 200" err || ! kill -0 $pid; do sleep 0.02; done
            kill -INT $pid; wait $pid; status=$?; cat err >&2; exit $status
            """, in: folder.url, environment: Self.fast)
        #expect(stopped.status == 130, "\(stopped.errors)")
        #expect(
            stopped.errors.hasSuffix(
                "rehearsal interrupted: nothing is kept; the same command starts from the beginning\n"),
            "\(stopped.errors)")
        #expect(!stopped.errors.contains("stays at the service"), "\(stopped.errors)")
        #expect(!stopped.errors.contains("goes on"), "\(stopped.errors)")
        #expect(!stopped.errors.contains("init /b"), "\(stopped.errors)")
        #expect(stopped.output.isEmpty, "\(stopped.output)")
    }
}
