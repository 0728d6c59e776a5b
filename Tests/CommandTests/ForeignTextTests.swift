import Foundation
import Testing

/// Untrusted text must be escaped on a terminal: it could move the cursor, set the title, or forge a line.
@Suite("Foreign text is shown escaped")
struct ForeignTextTests {
    /// Sets the title, clears the screen, begins a new line, and reverses the writing direction.
    private static let hostile = "x\u{1b}]0;title\u{7}\u{1b}[2J\r\nforged\u{9b}31m\u{202e}y"

    /// The terminal control characters in `text` except line ends; a request has CRLF line ends.
    private static func controls(in text: String, isRequest: Bool = false) -> [String] {
        let text = isRequest ? text.replacing("\r\n", with: "\n") : text
        return text.unicodeScalars.filter {
            $0 != "\n" && ($0.properties.generalCategory == .control || $0 == "\u{202e}")
        }.map { "U+" + String($0.value, radix: 16) }
    }

    private static func check(_ finished: Finished, _ what: some CustomStringConvertible) {
        for text in [finished.output, finished.errors] {
            #expect(controls(in: text).isEmpty, "\(what): \(controls(in: text))")
            let lines = text.split(whereSeparator: \.isNewline)
            #expect(!lines.contains { $0.hasPrefix("forged") }, "\(what): \(text)")
        }
    }

    @Test(
        "in arguments, also those that the parser repeats",
        arguments: [
            ["X"], ["help", "X"], ["hash", "X"], ["hash", "--X"], ["hash", "-X"],
            ["hash", "a", "--format", "X"],
            ["hash", "a", "--format=X"], ["hash", "a", "--slice-size", "X"], ["hash", "a", "--slice-size=X"],
            ["hash", "a", "--part-size", "X"], ["hash", "a", "--datasha", "X"], ["hash", "a", "--jobs", "X"],
            ["hash", "a", "--insert-only", "X"], ["hash", "a", "--region", "X"],
            ["hash", "a", "--appid", "X"],
            ["hash", "a", "--bucket", "X"], ["hash", "a", "--prefix", "X"], ["hash", "a", "--key", "X"],
            ["hash", "a", "--root", "X"], ["hash", "a", "-o", "X/b"], ["hash", "-r", ".", "--include", "[X"],
            ["hash", "-r", ".", "--exclude", "X["], ["hash", "--files-from", "X"],
            ["hash", "a", "--symlinks", "X"],
            ["hash", "a", "--progress", "X"], ["verify", "X"], ["verify", "m.yaml", "--format", "X"],
            ["verify", "--bytes", "--root", "X", "m.yaml"], ["verify", "--rules", "X"], ["push", "X"],
            ["push", "m.yaml", "--endpoint", "X"], ["push", "m.yaml", "--endpoint", "http://X"],
            ["push", "m.yaml", "--endpoint", "http://h:X"], ["push", "m.yaml", "--endpoint", "https://h/X"],
            ["push", "m.yaml", "--slices", "X"], ["push", "m.yaml", "--retries", "X"],
            ["push", "m.yaml", "--limit-rate", "X"], ["push", "m.yaml", "--dry-run", "--receipt", "X/y"],
            ["push", "m.yaml", "--region", "X"], ["show", "X"], ["show", "m.yaml", "X"],
            ["show", "m.yaml", "--request", "X"], ["show", "m.yaml", "--path", "X"], ["serve", "X"],
            ["serve", "--port", "X"], ["serve", "--root", "a/X"], ["serve", "--faults", "X"],
            ["bench", "--file", "X"], ["bench", "--size", "X"], ["bench", "--rounds", "X"],
            ["bench", "--X=X"],
        ])
    func arguments(_ pattern: [String]) async throws {
        let folder = try TemporaryFolder()
        try folder.write("a", to: "a")
        try await CosplanProcess.shell("cosplan hash -q a -o m.yaml", in: folder.url).expectSuccess()
        let arguments = pattern.map { $0.replacing("X", with: Self.hostile) }
        let finished = try await CosplanProcess.run(arguments, in: folder.url)
        #expect(finished.status != 0, "\(pattern)")
        Self.check(finished, pattern)
    }

    @Test("in an endpoint: neither a query nor a password is repeated")
    func endpoint() async throws {
        let folder = try TemporaryFolder()
        for text in [
            "http://h/?sign=SECRETX", "http://h/a/b?sign=SECRETX", "h?sign=SECRETX", "http://h#SECRETX",
            "https://user:SECRETX@h", "ftp://h/?q=SECRETX", "http://h:99999?SECRETX",
        ] {
            for arguments in [
                ["push", "m.yaml", "--endpoint", text], ["push", "m.yaml", "--endpoint=\(text)"],
            ] {
                let refused = try await CosplanProcess.run(arguments, in: folder.url)
                #expect(refused.status == 64)
                #expect(!refused.errors.contains("SECRETX"), "\(refused.errors)")
            }
        }
    }

    @Test("in a manifest: names, keys and biz_attr, in every command")
    func manifest() async throws {
        let folder = try TemporaryFolder()
        let name = "x\u{1b}[2J\u{202e}y"
        try folder.write("abc", to: name)
        let made = try await CosplanProcess.run(
            ["hash", "-v", name, "--key", "/k\u{202e}y", "--biz-attr", Self.hostile, "-o", "m.yaml"]
                + TestTarget.flags, in: folder.url)
        #expect(made.status == 0, "\(made.errors)")
        Self.check(made, "hash")
        let lines = [
            "verify m.yaml", "verify --bytes -v m.yaml", "show m.yaml", "push --dry-run m.yaml",
            "push --rehearse -v m.yaml", "verify broken.yaml", "verify --bytes --root / m.yaml",
            "push --rehearse -v --root / m.yaml", "show broken.yaml", "push --rehearse broken.yaml",
        ]
        let text = try folder.text("m.yaml")
        try folder.write(text.replacing("filesize: 3", with: "filesize: 4"), to: "broken.yaml")
        for line in lines {
            Self.check(try await CosplanProcess.shell("cosplan \(line)", in: folder.url), line)
        }
        let request = try await CosplanProcess.run(["show", "--request", "init", "m.yaml"], in: folder.url)
        #expect(request.status == 0)
        #expect(Self.controls(in: request.output, isRequest: true).isEmpty, "\(request.output)")
        #expect(request.output.contains(#"x\u{1b}]0;title\u{7}\u{1b}[2J\r\nforged\u{9b}31m\u{202e}y"#))
        // The lengths are those of the real request.
        #expect(request.output.contains("Content-Length: \(Self.hostile.utf8.count)\r\n"))
    }

    @Test("in the environment, in fault scripts and in the credentials")
    func settings() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a", to: "a")
        Self.check(
            try await CosplanProcess.run(
                ["hash", "a"], in: folder.url, environment: ["COSPLAN_KERNEL": Self.hostile]),
            "COSPLAN_KERNEL")
        let quoted = #""x\e[2J\u202Ey""#
        for script in [
            "- {do: X}", "- {X: 1}", "- {do: reset, when: X}", "- {do: delay, ms: X}", "- {do: html, key: X}",
        ] {
            try folder.write(script.replacing("X", with: quoted) + "\n", to: "faults.yaml")
            let refused = try await CosplanProcess.run(["serve", "--faults", "faults.yaml"], in: folder.url)
            #expect(refused.status == 78, "\(refused.errors)")
            Self.check(refused, script)
        }
        try folder.write("{secret_id: \(quoted), \(quoted): 1}\n", to: ".config/cosplan/credentials.yaml")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600],
            ofItemAtPath: folder.url.appending(path: ".config/cosplan/credentials.yaml").path)
        try await CosplanProcess.shell(
            "cosplan hash -q a -o m.yaml \(TestTarget.flags.joined(separator: " "))", in: folder.url
        ).expectSuccess()
        Self.check(
            try await CosplanProcess.run(
                ["push", "m.yaml"], in: folder.url, environment: ["HOME": folder.url.path]),
            "credentials")
    }
}
