import Foundation
import Testing

@Suite("The file of --receipt")
struct PushReceiptTests {
    private static func push(
        _ arguments: [String], to url: String, in folder: TemporaryFolder
    ) async throws -> Finished {
        try await CosplanProcess.run(
            ["push", "--endpoint", url] + TestTarget.flags + arguments, in: folder.url,
            environment: ServeProcess.credentials)
    }

    private static func plan(_ names: [String], in folder: TemporaryFolder) async throws {
        let hashed = try await CosplanProcess.run(["hash", "-o", "m.yaml"] + names, in: folder.url)
        #expect(hashed.status == 0, "\(hashed.errors)")
    }

    @Test(
        "a file that is no receipt is refused with 73 and stays as it is, in a dry run too",
        arguments: [
            "notes\nwithout an end", "notes\n", "no end", "{\n", #"{"version":"1.0","name":"package"}"#,
            #"{"version":1,"name":"a"}"# + "\n", "\n\u{0}\n", "\u{0}\u{0}",
        ])
    func foreign(content: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        try folder.write(content, to: "notes.txt")
        try await Self.plan(["a"], in: folder)
        for flags in [[], ["--dry-run"]] {
            // Nothing listens there: nothing may be sent.
            let pushed = try await Self.push(
                ["m.yaml", "--receipt", "notes.txt"] + flags, to: "http://127.0.0.1:1", in: folder)
            #expect(pushed.status == 73, "\(pushed.errors)")
            #expect(
                pushed.errors.contains("cosplan: error: notes.txt: is not a receipt: "), "\(pushed.errors)")
            #expect(pushed.errors.contains("; name a new file\n"), "\(pushed.errors)")
            #expect(try folder.text("notes.txt") == content)
        }
    }

    @Test("a manifest or a file that is pushed is refused with 73, under any of its names")
    func inUse() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        try folder.write("", to: "empty")
        try await Self.plan(["a", "empty"], in: folder)
        try FileManager.default.linkItem(
            at: folder.url.appending(path: "empty"), to: folder.url.appending(path: "other"))
        let manifest = try folder.read("m.yaml")
        for (name, use) in [
            ("m.yaml", "a manifest that is pushed"), ("empty", "a file that is pushed"),
            ("other", "a file that is pushed"), ("a", "a file that is pushed"),
        ] {
            let pushed = try await Self.push(
                ["m.yaml", "--receipt", name], to: "http://127.0.0.1:1", in: folder)
            #expect(pushed.status == 73, "\(pushed.errors)")
            #expect(pushed.errors.contains("\(name): is \(use), not a receipt"), "\(pushed.errors)")
        }
        for (stream, use) in [(">", "standard output"), ("2>", "standard error")] {
            let pushed = try await CosplanProcess.shell(
                """
                cosplan push --endpoint http://127.0.0.1:1 \(TestTarget.flags.joined(separator: " ")) \
                m.yaml --receipt new \(stream) new; status=$?; cat new; exit $status
                """, in: folder.url, environment: ServeProcess.credentials)
            #expect(pushed.status == 73, "\(pushed.errors)")
            let said = pushed.output + pushed.errors
            #expect(said.contains("new: is \(use), not a receipt"), "\(said)")
        }
        #expect(try folder.read("m.yaml") == manifest)
        #expect(try folder.text("a") == "x")
        #expect(try folder.text("empty").isEmpty)
    }

    @Test("a receipt that others could read becomes its owner's alone; a line with two sha hides nothing")
    func privacy() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        try await Self.plan(["a"], in: folder)
        let server = try ServeProcess(["--root", "store"], in: folder.url)
        let first = try await Self.push(["m.yaml", "--receipt", "r"], to: server.url, in: folder)
        #expect(first.status == 0, "\(first.errors)")
        let path = folder.url.appending(path: "r").path
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: path)
        let again = try await Self.push(["m.yaml", "--receipt", "r"], to: server.url, in: folder)
        #expect(again.errors.contains(", 1 skipped: the receipt says it is there"), "\(again.errors)")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)

        let zeros = String(repeating: "0", count: 40)
        let line = try folder.text("r").replacingOccurrences(of: "}\n", with: #","sha":"\#(zeros)"}"# + "\n")
        try folder.write(line, to: "r")
        let third = try await Self.push(["m.yaml", "--receipt", "r"], to: server.url, in: folder)
        #expect(third.status == 0, "\(third.errors)")
        #expect(third.errors.contains("r: 1 line is no receipt of this version; ignored"), "\(third.errors)")
        #expect(third.outputLines.first?.hasPrefix("already there") == true, "\(third.output)")
        server.stop()
    }

    @Test("unknown lines in a real receipt stay; a torn one is cut only after receipts alone")
    func unknownLines() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        try await Self.plan(["a"], in: folder)
        let server = try ServeProcess(["--root", "store"], in: folder.url)
        let first = try await Self.push(["m.yaml", "--receipt", "r"], to: server.url, in: folder)
        #expect(first.status == 0, "\(first.errors)")
        let line = try folder.text("r")
        let later = #"{"version":2,"result":"moved"}"# + "\n"

        try folder.write(line + later + "hand-written\n", to: "r")
        let warned = try await Self.push(["m.yaml", "--receipt", "r"], to: server.url, in: folder)
        #expect(warned.status == 0, "\(warned.errors)")
        #expect(
            warned.errors.contains("r: 2 lines are no receipt of this version; ignored"), "\(warned.errors)")
        #expect(try folder.text("r") == line + later + "hand-written\n")

        try folder.write(line + later + line.prefix(9), to: "r")
        let torn = try await Self.push(["m.yaml", "--receipt", "r"], to: server.url, in: folder)
        #expect(torn.status == 0, "\(torn.errors)")
        #expect(torn.errors.contains("r: 1 line is no receipt of this version; ignored"), "\(torn.errors)")
        #expect(torn.errors.contains("r: its last line was torn; 9 bytes of it cut"), "\(torn.errors)")
        #expect(try folder.text("r") == line + later)

        for (content, found) in [
            (line + "hand-written\n" + line.prefix(9), "line 2 is not one that push wrote"),
            (line + "a thought", "its unfinished last line does not begin like one"),
        ] {
            try folder.write(content, to: "r")
            let refused = try await Self.push(["m.yaml", "--receipt", "r"], to: server.url, in: folder)
            #expect(refused.status == 73, "\(refused.errors)")
            #expect(refused.errors.contains("r: is not a receipt: \(found)"), "\(refused.errors)")
            #expect(try folder.text("r") == content)
        }

        // A whole line that lacks its end alone: another file's push keeps it.
        try folder.write(later + line.dropLast(), to: "r")
        try folder.write("y", to: "b")
        try await CosplanProcess.run(["hash", "-q", "b", "-o", "b.yaml"], in: folder.url).expectSuccess()
        let ended = try await Self.push(["b.yaml", "--receipt", "r"], to: server.url, in: folder)
        #expect(ended.status == 0 && !ended.errors.contains("torn"), "\(ended.errors)")
        #expect(try folder.text("r").hasPrefix(later + line + "{"))
        let known = try await Self.push(["m.yaml", "--receipt", "r"], to: server.url, in: folder)
        #expect(known.errors.contains("1 skipped: the receipt says it is there"), "\(known.errors)")

        try folder.write(line + "\u{0}\u{0}\u{0}", to: "r")
        let zeros = try await Self.push(["m.yaml", "--receipt", "r"], to: server.url, in: folder)
        #expect(zeros.status == 0, "\(zeros.errors)")
        #expect(try folder.text("r") == line)
        server.stop()
    }
}
