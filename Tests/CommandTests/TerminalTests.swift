import Foundation
import Testing

/// What a command leaves on a terminal that both its streams are connected to, as recorded by `terminal.py`.
private struct TerminalRun: Decodable {
    /// The exit status, as in a shell.
    var status: Int32
    /// The lines of the screen and of its scrollback, joined where the terminal wrapped them.
    var lines: [String]
    /// The screen's content each time the cursor moved up.
    var frames: [[String]]
    /// Control sequences that cosplan should not send.
    var unknown: [String]

    /// The line with the total, of every bar shown.
    var bars: [String] {
        frames.flatMap { $0 }.filter { $0.hasPrefix("sending ") || $0.hasPrefix("measuring ") }
    }

    /// Runs a shell command line in which `cosplan` is the built one.
    ///
    /// `server` takes no connection until the bar has been seen, however late that is.
    static func shell(
        _ line: String, in folder: URL, _ options: [String], holding server: ServeProcess? = nil,
        environment: [String: String] = [:]
    ) async throws -> TerminalRun {
        server?.pause()
        let hold = server.map { ["--when", "sending", "continue=\($0.processNumber)"] } ?? []
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "terminal.py")
        let prelude = "PATH='\(CosplanProcess.executable.deletingLastPathComponent().path)':$PATH; "
        let finished = try await CosplanProcess.run(
            URL(filePath: "/usr/bin/env"),
            ["python3", script.path] + hold + options + ["--", "/bin/bash", "-c", prelude + line], in: folder,
            environment: ServeProcess.credentials.merging(["TERM": "xterm-256color"]) { $1 }
                .merging(environment) { $1 })
        #expect(finished.errors.isEmpty, "\(finished.errors)")
        return try JSONDecoder().decode(TerminalRun.self, from: finished.standardOutput)
    }
}

@Suite("One terminal for results, messages and the bar")
struct TerminalTests {
    /// Matches the figures of the bar, uncut.
    private static let figures =
        #"( {2,}(\d+/\d+ files|\d+ of \d+|[0-9.]+ ([KMGT]i)?B/s|[0-9dhms]+ left|\d+ (retry|retries)))*"#

    /// Whether `line` is the line with the total, uncut.
    private static func isWhole(_ line: String) -> Bool {
        let pattern = #"^(sending|measuring) +\d+%( ([▕\[])[█░#-]+[▏\]])?"# + figures + "$"
        return line.range(of: pattern, options: .regularExpression) != nil
    }

    /// A plan of `count` small files, and the lines that pushing them prints.
    ///
    /// For large counts most files are empty, because those need one request each.
    private static func prepare(_ count: Int) async throws -> (TemporaryFolder, lines: [String]) {
        let folder = try TemporaryFolder()
        let names = (1...count).map { "files/a-name-of-some-length-\($0).bin" }
        let isEmpty = count > 100
        for name in names { try folder.write(isEmpty ? "" : "\(name)\n", to: name) }
        let made = try await CosplanProcess.run(
            ["hash", "-q", "-r", "files", "-o", "m.yaml"] + TestTarget.flags, in: folder.url)
        #expect(made.status == 0, "\(made.errors)")
        return (
            folder,
            names.map { "uploaded  /\($0)  " + (isEmpty ? "0 B" : "\($0.utf8.count + 1) B, 1 slice sent") }
        )
    }

    @Test(
        "a push leaves every result line and no bar, and no figure of the bar is ever cut",
        arguments: [40, 80, 200], [1, 6, 1000])
    func push(columns: Int, files: Int) async throws {
        let (folder, expected) = try await Self.prepare(files)
        let last = files > 100 ? "upload" : "finish"
        try folder.write(
            "- {op: \(last), do: delay, ms: 1500, times: \(min(files, 6))}\n", to: "faults.yaml")
        let server = try ServeProcess(["--faults", "faults.yaml"], in: folder.url)
        let run = try await TerminalRun.shell(
            "cosplan push m.yaml --slices 16 --endpoint \(server.url)", in: folder.url,
            ["--size", "\(columns)x24"], holding: server)
        #expect(run.status == 0)
        #expect(run.unknown.isEmpty, "\(run.unknown)")
        let results = run.lines.filter { !$0.hasPrefix("cosplan: ") }
        #expect(results.sorted() == expected.sorted(), "\(run.lines.suffix(40))")
        #expect(!run.bars.isEmpty)
        for bar in run.bars {
            #expect(Self.isWhole(bar), "\(bar)")
            #expect(bar.count < columns, "\(bar)")
        }
    }

    @Test(
        "a window that shrinks keeps nothing of the bar, whether it breaks lines or cuts them",
        arguments: [true, false])
    func shrinking(clips: Bool) async throws {
        let (folder, expected) = try await Self.prepare(6)
        try folder.write("- {op: finish, do: delay, ms: 1500, times: all}\n", to: "faults.yaml")
        let server = try ServeProcess(["--faults", "faults.yaml"], in: folder.url)
        let run = try await TerminalRun.shell(
            "cosplan push m.yaml --slices 2 --endpoint \(server.url)", in: folder.url,
            ["--size", "200x24", "--when", "sending", "columns=50", "--when", "sending", "columns=120"]
                + ["--when", "sending", "columns=70"] + (clips ? ["--clip"] : []),
            environment: clips ? ["XTERM_VERSION": "XTerm(390)"] : [:])
        #expect(run.status == 0)
        let kept = run.lines.filter { !$0.hasPrefix("cosplan: ") }
        if clips {
            #expect(kept.count == expected.count, "\(kept)")
            #expect(kept.allSatisfy { $0.hasPrefix("uploaded  /files/") }, "\(kept)")
        } else {
            #expect(kept.sorted() == expected.sorted(), "\(kept)")
        }
    }

    @Test("a terminal that is slow, and does not block, gets every line and every escape whole")
    func slow() async throws {
        let (folder, expected) = try await Self.prepare(300)
        try folder.write("- {op: upload, do: delay, ms: 1500, times: 6}\n", to: "faults.yaml")
        let server = try ServeProcess(["--faults", "faults.yaml"], in: folder.url)
        // Whoever shares a terminal may make it so.
        let run = try await TerminalRun.shell(
            "python3 -c 'import os; os.set_blocking(2, False)'; cosplan push m.yaml --endpoint \(server.url)",
            in: folder.url, ["--size", "100x24", "--slow"], holding: server)
        #expect(run.status == 0)
        #expect(run.unknown.isEmpty, "\(run.unknown)")
        let results = run.lines.filter { !$0.hasPrefix("cosplan: ") }
        #expect(results.sorted() == expected.sorted(), "\(run.lines.suffix(40))")
        #expect(!run.bars.isEmpty && run.bars.allSatisfy(Self.isWhole), "\(run.bars)")
    }

    @Test("the bar is ASCII where the locale is not UTF-8")
    func locale() async throws {
        let (folder, _) = try await Self.prepare(2)
        try folder.write("x", to: "files/图像-é.bin")
        _ = try await CosplanProcess.run(
            ["hash", "-q", "-r", "files", "-o", "m.yaml"] + TestTarget.flags, in: folder.url)
        try folder.write("- {op: finish, do: delay, ms: 1500, times: 3}\n", to: "faults.yaml")
        for (locale, isASCII) in [("C", true), ("C.UTF-8", false)] {
            let server = try ServeProcess(["--faults", "faults.yaml"], in: folder.url)
            let shown = try await TerminalRun.shell(
                "cosplan push m.yaml --endpoint \(server.url) > out", in: folder.url, ["--size", "100x24"],
                holding: server, environment: ["LC_ALL": locale])
            let text = shown.frames.flatMap { $0 }.joined()
            #expect(text.contains("sending"))
            #expect(text.utf8.allSatisfy { $0 < 0x80 } == isASCII, "\(text)")
        }
    }

    @Test("a background job draws no bar and erases nothing of the shell's")
    func background() async throws {
        let (folder, expected) = try await Self.prepare(2)
        try folder.write("- {op: finish, do: delay, ms: 1500, times: all}\n", to: "faults.yaml")
        let server = try ServeProcess(["--faults", "faults.yaml"], in: folder.url)
        let run = try await TerminalRun.shell(
            "set -m; cosplan push m.yaml --endpoint \(server.url) & printf 'a line of the shell'; wait %1; echo; echo $?",
            in: folder.url, ["--size", "100x24"])
        #expect(run.status == 0)
        #expect(run.frames.isEmpty, "\(run.frames)")
        #expect(run.lines.joined().contains("a line of the shell"), "\(run.lines)")
        for line in expected { #expect(run.lines.joined().contains(line), "\(run.lines)") }
    }

    @Test("Ctrl-Z takes the bar away before the shell writes; fg brings it back")
    func suspended() async throws {
        let (folder, expected) = try await Self.prepare(2)
        try folder.write("- {op: finish, do: delay, ms: 30000, times: 1}\n", to: "faults.yaml")
        let server = try ServeProcess(["--faults", "faults.yaml"], in: folder.url)
        let run = try await TerminalRun.shell(
            """
            set -m; echo before; cosplan push m.yaml --slices 1 --endpoint \(server.url)
            echo one; echo two; echo three; fg %1 > /dev/null
            """, in: folder.url, ["--size", "100x24", "--when", "finishing", #"type=\x1a"#])
        #expect(run.status == 0, "\(run)")
        #expect(
            run.lines.filter { ["before", "one", "two", "three"].contains($0) }.count == 4, "\(run.lines)")
        #expect(!run.lines.contains { $0.hasPrefix("sending") }, "\(run.lines)")
        for line in expected { #expect(run.lines.contains(line), "\(run.lines)") }
    }

    @Test("Ctrl-C just after the bar of bench appears leaves nothing of it", arguments: 1...3)
    func interrupted(time: Int) async throws {
        let folder = try TemporaryFolder()
        let run = try await TerminalRun.shell(
            "exec cosplan bench --size 64M --rounds 1000", in: folder.url,
            ["--size", "80x24", "--when", "measuring", #"type=\x03"#],
            environment: ["COSPLAN_KERNEL": "openssl"])
        #expect(run.status == 130)
        #expect(
            run.lines.last
                == "cosplan: error: interrupted: the measurements were not finished; nothing was written",
            "\(run.lines)")
        #expect(!run.lines.contains { $0.contains("measuring") }, "\(run.lines)")
    }
}
