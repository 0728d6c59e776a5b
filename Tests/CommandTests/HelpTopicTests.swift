import Foundation
import Testing

@testable import cosplan

/// The documentation's pages in the binary: `cosplan help TOPIC`, the manual page and the completions.
@Suite("The reference in the binary")
struct HelpTopicTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func page(_ name: String) throws -> String {
        let catalogue =
            name == "FormatOfManifests" ? "PlanManifest/PlanManifest.docc" : "cosplan/cosplan.docc"
        return try String(
            contentsOf: root.appending(path: "Sources/\(catalogue)/\(name).md"), encoding: .utf8)
    }

    /// The words of a text, without marks and line ends.
    private static func words(_ text: some StringProtocol) -> [String] {
        text.lowercased().components(separatedBy: CharacterSet.alphanumerics.inverted).filter { !$0.isEmpty }
    }

    @Test(
        "a topic has every word of its pages, in lines that fit",
        arguments: [
            ("exit-codes", ["ExitStatuses"]), ("environment", ["Environment", "Profiles", "Credentials"]),
            ("examples", ["Examples"]),
            ("manifest", ["FormatOfManifests"]), ("faults", ["FaultScripts"]),
            (
                "results",
                [
                    "VerifyResult", "ResultOfPush", "ShowResult", "DiffResult", "ConfigResult",
                    "ProgressEvents",
                ]
            ), ("audit", ["Audit"]), ("apis", ["WhichAPI"]), ("machines", ["ManyMachines"]),
            ("network", ["ProxiesAndCertificates"]), ("proof", ["WhatAPlanProves"]),
            ("replanning", ["PlanningAgain"]), ("tickets", ["SigningElsewhere"]),
        ])
    func topics(topic: String, pages: [String]) async throws {
        let folder = try TemporaryFolder()
        let shown = try await CosplanProcess.run(
            ["help", topic], in: folder.url, environment: ["COLUMNS": "80"])
        #expect(shown.status == 0 && shown.errors.isEmpty)
        let said = Set(Self.words(shown.output))
        for page in pages {
            // Columns do without the headers of tables.
            let lines = try Self.page(page).replacing(#/<doc:\w+>/#, with: "").split(separator: "\n")
            let body = zip(lines, lines.dropFirst() + [""]).filter { !$0.1.hasPrefix("|--") }.map(\.0)
            let missing = Set(body.filter { !$0.hasPrefix("```") }.flatMap(Self.words)).subtracting(said)
                .subtracting(["doc", "overview"])
            #expect(missing.isEmpty, "\(page): \(missing.sorted())")
        }
        // Code is shown as it is.
        let blocks = try pages.flatMap { Article(markdown: try Self.page($0)).blocks }
        let code = blocks.flatMap { block -> [String] in
            if case .code(let lines) = block { lines.map { "  " + $0 } } else { [] }
        }
        for line in shown.outputLines { #expect(line.count <= 80 || code.contains(line), "\(line)") }
        #expect(!shown.output.contains(#/the page [A-Z]/#), "a page that no topic shows")
        #expect(!shown.output.contains("`") && !shown.output.contains("|---"), "\(shown.output)")
    }

    @Test("what the binary holds is what the documentation's pages hold, byte for byte")
    func source() throws {
        #expect(
            Array(try Self.page("ExitStatuses").utf8) == PackageResources.ExitStatuses_md)
        #expect(
            Array(try Self.page("FormatOfManifests").utf8) == PackageResources.FormatOfManifests_md)
    }

    @Test("the page of exit statuses has every status, the page of the environment every variable")
    func complete() throws {
        let statuses = try Self.page("ExitStatuses")
        for status in ExitStatus.allCases {
            #expect(Self.words(statuses).contains(String(status.rawValue)), "\(status)")
        }
        let environment = try Self.page("Environment")
        let sources = FileManager.default.enumerator(
            at: Self.root.appending(path: "Sources"), includingPropertiesForKeys: nil)
        var found: Set<String> = []
        while let file = sources?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: #/"((?:COSPLAN|TENCENTCLOUD|AWS|CURL|SSL|LC)_[A-Z_]+)"/#) {
                found.insert(String(match.1))
            }
            for match in text.matches(of: #/(?:environment\[|getenv\()"(\w+)"/#) {
                found.insert(String(match.1))
            }
        }
        #expect(found.count > 12)
        for name in found.subtracting(["XTERM_VERSION", "STY"]) {
            #expect(environment.contains("`\(name)`"), "\(name)")
        }
    }

    @Test("a topic that is none is 64, and commands and topics are named")
    func unknown() async throws {
        let folder = try TemporaryFolder()
        let refused = try await CosplanProcess.run(["help", "nothing"], in: folder.url)
        #expect(refused.status == 64)
        #expect(
            refused.errors.contains("no such command or topic 'nothing'; commands: hash, "),
            "\(refused.errors)")
        #expect(refused.errors.contains("topics: examples, exit-codes, environment, "), "\(refused.errors)")
    }

    @Test("every example's commands and options are there")
    func examples() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "data/a.img")
        try await CosplanProcess.run(
            ["hash", "-q", "-r", "data", "-o", "plan.yaml"] + TestTarget.flags, in: folder.url
        ).expectSuccess()
        try await CosplanProcess.shell("cp plan.yaml new.yaml", in: folder.url).expectSuccess()
        let code = Article(markdown: try Self.page("Examples")).blocks.compactMap { block in
            if case .code(let lines) = block { lines.joined(separator: "\n") } else { nil }
        }
        #expect(code.count > 5)
        for example in code {
            let run = try await CosplanProcess.shell(example, in: folder.url)
            // Without credentials a push goes no further.
            #expect(!run.errors.contains("(64)") && run.status != 64, "\(example): \(run.errors)")
            #expect([0, 1, 77].contains(run.status), "\(example): \(run.errors)")
        }
    }

    /// A program of the machine.
    private static func has(_ name: String) -> Bool {
        ["/usr/bin/", "/bin/", "/usr/local/bin/"].contains {
            FileManager.default.isExecutableFile(atPath: $0 + name)
        }
    }

    @Test(
        "the manual page is roff without a warning, and has its sections",
        .enabled(if: has("groff"), "groff is not installed (apt-get install groff-base)"))
    func manual() async throws {
        let folder = try TemporaryFolder()
        let made = try await CosplanProcess.shell(
            "cosplan --generate-manual > cosplan.1 && groff -man -ww -t -Tutf8 -P-cbou cosplan.1",
            in: folder.url,
            environment: ["MANWIDTH": "80"])
        #expect(made.status == 0)
        #expect(made.errors.isEmpty, "\(made.errors)")
        let sections = made.outputLines.filter { $0.first?.isUppercase == true && $0 == $0.uppercased() }
        for section in [
            "NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES",
        ] {
            #expect(sections.contains(section), "\(sections)")
        }
        #expect(made.output.contains("--limit-rate size"), "\(made.output)")
        #expect(made.output.contains("77"), "\(made.output)")
        #expect(made.output.contains("~/.config/cosplan/credentials.yaml"), "\(made.output)")
    }

    @Test("cosplan help <Tab> offers the commands and the topics in bash")
    func bash() async throws {
        let folder = try TemporaryFolder()
        let completed = try await CosplanProcess.shell(
            """
            source <(cosplan --generate-completion-script bash)
            complete_it() {
                COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
                COMPREPLY=(); _cosplan cosplan "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
                echo "${COMPREPLY[*]}"
            }
            complete_it cosplan help ''
            complete_it cosplan help ex
            complete_it cosplan help pu
            """, in: folder.url)
        let lines = completed.outputLines
        #expect(lines[0].contains("hash verify push"), "\(lines)")
        #expect(lines[0].contains("exit-codes environment manifest faults results"), "\(lines)")
        #expect(lines[1] == "examples exit-codes" && lines[2] == "push", "\(lines)")
    }

    @Test("the scripts for zsh and fish have them, too", arguments: ["zsh", "fish"])
    func otherShells(shell: String) async throws {
        let folder = try TemporaryFolder()
        let script = try await CosplanProcess.run(["--generate-completion-script", shell], in: folder.url)
            .output
        #expect(
            script.contains(
                #/help.*hash verify push .* examples exit-codes environment manifest faults results/#)
                || script.contains("'*:topic:(hash verify push "), "\(script.suffix(300))")
        guard Self.has(shell) else { return }
        try folder.write(script, to: "script")
        let checked = try await CosplanProcess.shell("\(shell) -n script", in: folder.url)
        #expect(checked.status == 0, "\(checked.errors)")
    }
}
