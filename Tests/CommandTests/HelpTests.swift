import Foundation
import Testing

@Suite("Help")
struct HelpTests {
    static let golden = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    static let commands = [
        "hash", "verify", "push", "show", "diff", "merge", "sign", "serve", "bench", "config",
    ]

    static func help(_ arguments: [String]) async throws -> String {
        let folder = try TemporaryFolder()
        let shown = try await CosplanProcess.run(
            arguments + ["--help"], in: folder.url, environment: ["COLUMNS": "80"])
        #expect(shown.status == 0)
        #expect(shown.errors.isEmpty)
        return shown.output
    }

    @Test(
        "an unknown option is named, also where names are missing",
        arguments: ["hash", "verify", "push", "show", "merge", "diff", "bench"])
    func unknownOption(command: String) async throws {
        let folder = try TemporaryFolder()
        let refused = try await CosplanProcess.run([command, "--nosuch"], in: folder.url)
        #expect(refused.status == 64)
        #expect(refused.errors.contains("Unknown option '--nosuch'"), "\(refused.errors)")
        guard command != "bench" else { return }
        let nameless = try await CosplanProcess.run([command, "--quiet"], in: folder.url)
        #expect(nameless.status == 64)
        #expect(!nameless.errors.contains("nknown"), "\(nameless.errors)")
    }

    @Test(
        "options that begin like an unknown one are suggested, else one that differs in few letters",
        arguments: [
            (["push", "--limit", "3", "x"], ". Did you mean '--limit-rate'?"),
            (["push", "--slice=3", "x"], ". Did you mean '--slices'?"),
            (["verify", "--re"], ". Did you mean '--region' or '--remote' or '--retries'?"),
            (["hash", "--no"], ". Did you mean '--no-part-sha1'?"),
            (["push", "--limitrate", "3"], ". Did you mean '--limit-rate'?"), (["show", "--nosuch"], ""),
            (["push", "--"], nil), (["push", "-z"], ""),
        ])
    func suggestion(arguments: [String], words: String?) async throws {
        let folder = try TemporaryFolder()
        let refused = try await CosplanProcess.run(arguments, in: folder.url)
        #expect(refused.status == 64)
        let first = refused.errors.split(separator: "\n").first ?? ""
        guard let words else {
            #expect(!first.contains("Unknown option"), "\(refused.errors)")
            return
        }
        let option = arguments[1].split(separator: "=").first ?? ""
        #expect(first == "cosplan: error: Unknown option '\(option)'\(words)", "\(refused.errors)")
    }

    @Test(
        "at 80 columns it is the golden text (COSPLAN_REWRITE_GOLDEN=1 writes it)",
        arguments: [""] + commands)
    func golden(command: String) async throws {
        let text = try await Self.help(command.isEmpty ? [] : [command])
        let file = Self.golden.appending(path: "help\(command.isEmpty ? "" : "-" + command).txt")
        if ProcessInfo.processInfo.environment["COSPLAN_REWRITE_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(at: Self.golden, withIntermediateDirectories: true)
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(text == (try String(contentsOf: file, encoding: .utf8)))
        // Manual line breaks in paragraphs would be wrapped again after a word or two.
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test("the example of the root survives being copied")
    func example() async throws {
        let lines = try await Self.help([]).split(separator: "\n")
        let start = try #require(lines.firstIndex { $0.contains("cosplan hash big.bin") })
        let example = lines[start...].prefix { !$0.contains("verify") }.joined(separator: "\n")
        let folder = try TemporaryFolder()
        try folder.write("x", to: "big.bin")
        let copied = try await CosplanProcess.shell(example, in: folder.url)
        #expect(copied.status == 0, "\(copied.errors)")
        #expect(try folder.text("plan.yaml").contains("bucket: iainyu"))
    }

    @Test(
        "a failed write of help, version or completions is 73, with words",
        arguments: [
            ["--help"], ["verify", "--help"], ["--version"], ["--generate-completion-script", "bash"],
        ])
    func full(arguments: [String]) async throws {
        let folder = try TemporaryFolder()
        let shown = try await CosplanProcess.shell(
            "cosplan \(arguments.joined(separator: " ")) > /dev/full", in: folder.url)
        #expect(shown.status == 73)
        #expect(
            shown.errors == "cosplan: error: standard output: writing failed: no space left on device; "
                + "free some space or choose another place\n")
    }

    @Test(
        "a command that is none is 64 and the commands are named",
        arguments: [
            ["foo"], ["help", "foo"], ["foo", "--help"],
        ])
    func unknown(arguments: [String]) async throws {
        let folder = try TemporaryFolder()
        let refused = try await CosplanProcess.run(arguments, in: folder.url)
        #expect(refused.status == 64)
        #expect(refused.output.isEmpty)
        #expect(
            refused.errors.contains(
                "'foo'; commands: hash, verify, push, show, diff, merge, sign, serve, bench, config"),
            "\(refused.errors)")
    }

    @Test("help of the root and of each command is there by every way", arguments: commands)
    func ways(command: String) async throws {
        let folder = try TemporaryFolder()
        let asked = try await CosplanProcess.run(["help", command], in: folder.url)
        #expect(asked.status == 0)
        #expect(asked.output == (try await Self.help([command])))
        #expect(try await CosplanProcess.run(["help"], in: folder.url).status == 0)
        #expect(try await CosplanProcess.run(["help", "help"], in: folder.url).status == 0)
    }

    @Test("completions complete file names where a file is wanted")
    func completions() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "plan.yaml")
        try folder.write("x", to: "folder/x")
        let script = """
            source <(cosplan --generate-completion-script bash)
            complete_it() {
                COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
                COMPREPLY=(); _cosplan cosplan "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
                echo "${COMPREPLY[*]}"
            }
            complete_it cosplan verify pl
            complete_it cosplan push pl
            complete_it cosplan show pl
            complete_it cosplan hash pl
            for option in --files-from -o; do complete_it cosplan hash $option pl; done
            for command in hash verify push; do complete_it cosplan $command --root fo; done
            complete_it cosplan push --receipt pl
            complete_it cosplan serve --faults pl
            complete_it cosplan serve --root fo
            complete_it cosplan bench --file pl
            complete_it cosplan hash --insert-only ''
            complete_it cosplan hash --slice-size ''
            """
        let completed = try await CosplanProcess.shell(script, in: folder.url)
        let expected =
            Array(repeating: "plan.yaml", count: 6) + Array(repeating: "folder", count: 3)
            + ["plan.yaml", "plan.yaml", "folder", "plan.yaml", "0 1", "512K 1M 2M 3M", ""]
        #expect(completed.outputLines == expected, "\(completed.output)")
    }
}
