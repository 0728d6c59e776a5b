import Foundation
import Testing

@testable import cosplan

/// How commands end, and what they say on the way there.
@Suite("Endings")
struct EndingTests {
    /// Two files, one of three slices, planned.
    static func prepare() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 2_500_000, seed: 15), to: "data/big.bin")
        try folder.write("small", to: "data/small.txt")
        try await CosplanProcess.run(["hash", "-q", "-r", "data", "-o", "m.yaml"], in: folder.url)
            .expectSuccess()
        return folder
    }

    static func push(
        _ arguments: [String], to server: ServeProcess, in folder: TemporaryFolder
    ) async throws -> Finished {
        try await CosplanProcess.run(
            ["push", "m.yaml", "--endpoint", server.url] + TestTarget.flags + arguments, in: folder.url,
            environment: ServeProcess.credentials)
    }

    @Test("push ends with one line: files, bytes, time, rate, and what was not just sent; -q leaves it out")
    func summary() async throws {
        let folder = try await Self.prepare()
        try folder.write("- {op: data, nth: 1, do: status, status: 503, code: -181}\n", to: "faults.yaml")
        let server = try ServeProcess(["--faults", "faults.yaml"], in: folder.url)
        let first = try await Self.push([], to: server, in: folder)
        #expect(first.status == 0)
        #expect(
            first.messages.contains(
                #/cosplan: pushed 2 files, 2\.38 MiB, in [0-9.ms]+ \([0-9.]+ .?i?B/s\), 1 retry\n$/#),
            "\(first.errors)")
        let again = try await Self.push(["--receipt", "r"], to: server, in: folder)
        #expect(
            again.messages.hasPrefix("cosplan: pushed 2 files, 2.38 MiB, sent 0 B in "), "\(again.errors)")
        #expect(again.errors.hasSuffix(", 2 already there\n"), "\(again.errors)")
        let third = try await Self.push(["--receipt", "r"], to: server, in: folder)
        #expect(third.messages.hasPrefix("cosplan: pushed 0 files, 0 B, in "), "\(third.errors)")
        #expect(third.errors.hasSuffix(", 2 skipped: the receipt says they are there\n"), "\(third.errors)")
        let quiet = try await Self.push(["-q"], to: server, in: folder)
        #expect(quiet.status == 0 && quiet.errors.isEmpty, "\(quiet.errors)")
        try folder.write("other", to: "data/small.txt")
        try folder.write("- {op: init, do: status, status: 500, code: -1}\n", to: "faults.yaml")
        let failed = try await CosplanProcess.run(
            ["push", "m.yaml", "--rehearse"], in: folder.url)
        #expect(failed.errors.contains("\ncosplan: rehearsed 1 file, 2.38 MiB, in "), "\(failed.errors)")
        #expect(failed.errors.hasSuffix(", 1 failed\n"), "\(failed.errors)")
    }

    @Test("hash, verify --bytes and merge end with a line each, and hash counts what failed before it")
    func others() async throws {
        let folder = try await Self.prepare()
        let planned = try await CosplanProcess.run(
            ["hash", "-r", "data", "nothing", "--keep-going", "-o", "p.yaml"], in: folder.url)
        #expect(planned.status == 2)
        #expect(
            planned.errors.contains(#/\ncosplan: planned 2 files, 2\.38 MiB, in .*\), 1 failed\n$/#),
            "\(planned.errors)")
        let checked = try await CosplanProcess.run(["verify", "--bytes", "m.yaml"], in: folder.url)
        #expect(
            checked.messages.contains(#/^cosplan: checked 2 files, 2\.38 MiB, in .*/s\)\n$/#),
            "\(checked.errors)")
    }

    @Test(
        "where both streams go to one file, the summary is its last line",
        arguments: [
            ("hash -r data", "planned"), ("verify --bytes m.yaml", "checked"),
            ("verify --remote m.yaml $target", "asked for"), ("push m.yaml $target", "pushed"),
            ("push m.yaml --rehearse", "rehearsed"),
            ("hash -q -r data --shard 1/1 -o s.yaml && cosplan merge s.yaml", "merged"),
        ])
    func order(command: String, action: String) async throws {
        let folder = try await Self.prepare()
        let server = try ServeProcess(in: folder.url)
        _ = try await Self.push([], to: server, in: folder)
        let flags = ["--endpoint", server.url] + TestTarget.flags
        try await CosplanProcess.shell(
            "target='\(flags.joined(separator: " "))'; cosplan \(command) > both 2>&1", in: folder.url,
            environment: ServeProcess.credentials
        ).expectSuccess()
        let text = try folder.text("both")
        let lines = text.split(separator: "\n")
        #expect(lines.count > 1 && lines[lines.count - 1].hasPrefix("cosplan: \(action) "), "\(text)")
    }

    @Test("a summary has what is not nothing, and the rate of what was sent")
    func words() {
        var tally = PushTally()
        tally.add(.uploaded, bytes: 100 << 20)
        tally.add(.instant, bytes: 100 << 20)
        tally.skip()
        tally.fail(.refused)
        let summary = tally.summary("pushed", of: 6, in: .seconds(20))
        #expect(
            summary.text
                == "pushed 2 files, 200 MiB, sent 0 B in 20s (0 B/s), 1 instant, 1 skipped: the receipt says it is "
                + "there, 1 failed, 2 not finished")
        #expect(
            WorkSummary("planned", files: 1, bytes: Int64(10 << 20), in: .milliseconds(2500)).text
                == "planned 1 file, 10.0 MiB, in 2.50s (4.00 MiB/s)")
        #expect(WorkSummary("planned", files: 1, bytes: 1, in: .zero).text == "planned 1 file, 1 B, in 0.00s")
    }

    @Test("a plan that takes over untouched files tells the size of all, and what was read")
    func untouched() async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.pattern(count: 3 << 20), to: "old")
        try await CosplanProcess.shell("sleep 4; cosplan hash --stamps s -o p.yaml old", in: folder.url)
            .expectSuccess()
        try folder.write(SampleBytes.pattern(count: 1 << 20), to: "new")
        let arguments = ["hash", "--update", "p.yaml", "--stamps", "s", "-o", "p.yaml", "old"]
        for (more, words) in [
            ([], "planned 1 file, 3.00 MiB, read 0 B in "),
            (["new"], "planned 2 files, 4.00 MiB, read 1.00 MiB in "),
        ] {
            let planned = try await CosplanProcess.run(arguments + more, in: folder.url)
            #expect(planned.status == 0 && planned.errors.contains("cosplan: \(words)"), "\(planned.errors)")
        }
        let told = try await CosplanProcess.run(arguments + ["--progress", "json"], in: folder.url)
        let summary = try #require(
            told.errors.split(separator: "\n").last { $0.contains(#""event":"summary""#) })
        let object = try JSONSerialization.jsonObject(with: Data(summary.utf8)) as? [String: Any]
        #expect(object?["readBytes"] as? Int == 0 && object?["doneBytes"] as? Int == 3 << 20, "\(summary)")
    }

    @Test("push --format json is one object: the receipt's lines, what was skipped, and the summary")
    func json() async throws {
        let folder = try await Self.prepare()
        let server = try ServeProcess(in: folder.url)
        let first = try await Self.push(
            ["--format", "json", "--receipt", "r", "--include", "*.bin"], to: server, in: folder)
        let uploaded = try PushedObject(first)
        #expect((uploaded.exit, uploaded.mode, uploaded.fileCount, uploaded.uploaded) == (0, "upload", 1, 1))
        #expect(uploaded.files.count == 1)
        // The list's line is the receipt's, byte for byte.
        let receipt = try folder.text("r").trimmingCharacters(in: .newlines)
        #expect(first.output.contains("    " + receipt))
        #expect(uploaded.summary["sentBytes"] == 2_500_000)
        let second = try await Self.push(["--format", "json", "--receipt", "r"], to: server, in: folder)
        let both = try PushedObject(second)
        #expect(both.files.map { $0["result"] } == ["skipped", "uploaded"])
        #expect(both.files.map { $0["path"] } == ["data/big.bin", "data/small.txt"])
        #expect(both.summary["skipped"] == 1 && both.summary["doneFiles"] == 1)
        try FileManager.default.removeItem(at: folder.url.appending(path: "data/small.txt"))
        let dry = try await Self.push(["--format", "json", "-n"], to: server, in: folder)
        let wouldSend = try PushedObject(dry)
        #expect((dry.status, wouldSend.exit, wouldSend.mode) == (2, 2, "dry run"))
        #expect(wouldSend.files.map { $0["result"] } == ["would send", "failed"])
        #expect(wouldSend.summary["doneFiles"] == 1 && wouldSend.summary["failed"] == 1)
        // Nothing was moved.
        #expect(wouldSend.summary["doneBytes"] == 2_500_000 && wouldSend.summary["bytesPerSecond"] == nil)
        #expect(wouldSend.files[0]["requests"] == "init, 3 slices of 1048576 bytes, finish")
        let failing = try PushedObject(
            try await CosplanProcess.run(
                ["push", "m.yaml", "--rehearse", "--format", "json"], in: folder.url))
        #expect((failing.exit, failing.mode) == (2, "rehearsal"))
        #expect(Set(failing.files.map { $0["result"] }) == ["uploaded", "failed"])
        #expect(failing.files.contains { $0["error"]?.contains("small.txt") == true })
    }

    @Test("--progress json makes every line of standard error an object")
    func events() async throws {
        let folder = try await Self.prepare()
        // It takes no connection until an event with a file has been seen.
        let server = try ServeProcess(in: folder.url)
        server.pause()
        let pushed = try await CosplanProcess.shell(
            """
            cosplan push m.yaml --progress json -v --endpoint \(server.url) \(TestTarget.flags.joined(separator: " ")) \
                2> said & push=$!
            until grep -qsF '"files":[{' said || ! kill -0 $push; do sleep 0.1; done
            kill -CONT \(server.processNumber); wait $push; status=$?; cat said >&2; exit $status
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(pushed.status == 0, "\(pushed.errors)")
        let events = try Event.all(pushed.errors)
        let progress = events.filter { $0.event == "progress" && $0.phase == "sending" }
        #expect(!progress.isEmpty)
        #expect(progress.allSatisfy { $0.totalBytes == 2_500_005 && $0.totalFiles == 2 })
        #expect(progress.contains { $0.files?.isEmpty == false })
        #expect(events.contains { $0.event == "detail" && $0.message?.contains("finish /data/") == true })
        #expect(events.last?.event == "summary")
        #expect(events.last?.action == "pushed")
        #expect(events.map(\.elapsed) == events.map(\.elapsed).sorted())
        let failed = try await CosplanProcess.run(
            ["push", "--progress", "json", "--rehearse", "nothing.yaml"], in: folder.url)
        #expect(failed.status == 66)
        #expect(try Event.all(failed.errors).map(\.event).filter { $0 != "progress" } == ["error"])
        let quiet = try await CosplanProcess.run(
            ["push", "--progress", "json", "-q", "--rehearse", "m.yaml"], in: folder.url)
        #expect(quiet.errors.isEmpty, "\(quiet.errors)")
    }

    @Test("limits are told of in JSON as well")
    func limits() async throws {
        let folder = try await Self.prepare()
        for command in ["push --rehearse m.yaml", "verify --bytes m.yaml", "hash -r data", "bench"] {
            let refused = try await CosplanProcess.shell(
                "ulimit -n 5; exec cosplan \(command) --progress json", in: folder.url)
            #expect(refused.status == 78, "\(command): \(refused.errors)")
            #expect(try Event.all(refused.errors).map(\.event) == ["error"], "\(refused.errors)")
        }
    }

    @Test(
        "what is done is written whole though a reply does not come: after SIGTERM's time, and at the second Ctrl-C",
        arguments: ["push q.yaml", "verify --remote q.yaml"], ["TERM", "INT"])
    func abandoned(command: String, signal: String) async throws {
        let folder = try await Self.prepare()
        let server = try ServeProcess(["--root", "store"], in: folder.url)
        _ = try await Self.push([], to: server, in: folder)
        try folder.write("new", to: "data/z-new.txt")
        try folder.write(
            """
            - {key: /data/z-new.txt, op: init, do: delay, ms: 600000, times: all}
            - {key: /data/z-new.txt, op: stat, do: delay, ms: 600000, times: all}

            """, to: "faults.yaml")
        server.stop()
        let slow = try ServeProcess(["--root", "store", "--faults", "faults.yaml"], in: folder.url)
        let ended = try await CosplanProcess.shell(
            """
            cosplan hash -q -r data -o q.yaml
            env --default-signal=INT cosplan \(command) --format json --progress json -v --endpoint \(slow.url) \
                \(TestTarget.flags.joined(separator: " ")) > out 2> said & pid=$!
            until grep -qs '"doneFiles":2' said; do kill -0 $pid || exit 9; sleep 0.05; done
            kill -\(signal) $pid
            until grep -qs 'stopping ' said; do kill -0 $pid || exit 9; sleep 0.05; done
            [ \(signal) = TERM ] || kill -\(signal) $pid
            wait $pid; status=$?; cat out; cat said >&2; exit $status
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(ended.status == (signal == "TERM" ? 143 : 130), "\(ended.errors)")
        let object = try JSONSerialization.jsonObject(with: ended.standardOutput) as? [String: Any]
        #expect(object?["exit"] as? Int == Int(ended.status), "\(ended.output)")
        #expect(ended.output.contains("/data/big.bin") && ended.output.contains("/data/small.txt"))
        let events = try Event.all(ended.errors).filter { $0.event != "progress" && $0.event != "detail" }
        #expect(events.map(\.event) == ["note", "summary", "error"], "\(ended.errors)")
    }

    /// Runs `command` with an input that comes once `word` was said on standard error.
    private static func waiting(
        _ command: String, for word: String, then input: String, in folder: TemporaryFolder
    ) async throws -> Finished {
        try await CosplanProcess.shell(
            """
            rm -f input; mkfifo input
            cosplan \(command) < input > out 2> errors & exec 3> input
            until grep -qs '\(word)' errors || ! kill -0 $!; do sleep 0.05; done
            \(input) >&3; exec 3>&-; wait $!; status=$?; cat errors >&2; exit $status
            """, in: folder.url)
    }

    @Test(
        "what a command waits for at its input is shown, too",
        arguments: ["verify -", "show -", "diff - m.yaml", "push --rehearse -"])
    func reading(command: String) async throws {
        let folder = try await Self.prepare()
        let ended = try await Self.waiting(
            "\(command) --progress json", for: "reading", then: "cat m.yaml", in: folder)
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(
            try Event.all(ended.errors).contains { $0.event == "progress" && $0.phase == "reading" },
            "\(ended.errors)")
    }

    @Test("so is looking for files")
    func finding() async throws {
        let folder = try await Self.prepare()
        let ended = try await Self.waiting(
            "hash --files-from - --progress json", for: "finding", then: "echo data/small.txt", in: folder)
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(
            try Event.all(ended.errors).contains { $0.event == "progress" && $0.phase == "finding files" },
            "\(ended.errors)")
    }

    @Test("a log gets a line after ten seconds, whatever the command waits for")
    func lines() async throws {
        let folder = try await Self.prepare()
        let ended = try await Self.waiting("verify -", for: "reading", then: "cat m.yaml", in: folder)
        #expect(ended.errors.hasPrefix("reading: 0 B so far, 0 B/s\n"), "\(ended.errors)")
    }
}

/// What `push --format json` wrote.
private struct PushedObject: Decodable {
    var version: Int
    var exit: Int32
    var mode: String
    var fileCount: Int
    var uploaded: Int
    var files: [[String: String]]
    var summary: [String: Double]

    private enum CodingKeys: String, CodingKey {
        case version, exit, mode, fileCount, uploaded, files, summary
    }

    /// A field of any kind; texts are kept.
    private enum Field: Decodable {
        case text(String), number(Double), other
        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let text = try? value.decode(String.self) {
                self = .text(text)
            } else if let number = try? value.decode(Double.self) {
                self = .number(number)
            } else {
                self = .other
            }
        }
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        version = try fields.decode(Int.self, forKey: .version)
        exit = try fields.decode(Int32.self, forKey: .exit)
        mode = try fields.decode(String.self, forKey: .mode)
        fileCount = try fields.decode(Int.self, forKey: .fileCount)
        uploaded = try fields.decode(Int.self, forKey: .uploaded)
        files = try fields.decode([[String: Field]].self, forKey: .files).map { file in
            file.compactMapValues { if case .text(let text) = $0 { text } else { nil } }
        }
        summary = try fields.decode([String: Field].self, forKey: .summary).compactMapValues {
            if case .number(let number) = $0 { number } else { nil }
        }
    }

    init(_ finished: Finished) throws {
        self = try JSONDecoder().decode(Self.self, from: finished.standardOutput)
        #expect(version == 1)
        #expect(exit == finished.status)
    }
}

/// A line that `--progress json` wrote.
private struct Event: Decodable {
    var event: String
    var elapsed: Double
    var message: String?
    var phase: String?
    var totalBytes: Int64?
    var totalFiles: Int?
    var files: [File]?
    var action: String?

    struct File: Decodable { var name: String }

    /// All lines, each of which must be one.
    static func all(_ text: String) throws -> [Event] {
        try text.split(separator: "\n").map { try JSONDecoder().decode(Event.self, from: Data($0.utf8)) }
    }
}
