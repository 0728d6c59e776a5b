import Foundation
import Testing

/// The example manifests and the broken ones, checked with the binary.
@Suite("cosplan verify")
struct VerifyManifestsTests {
    private static let manifests = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "manifests")

    private static func names(in folder: URL) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".json") }
    }

    /// The diagnostics of a manifest, with the option that the command adds to the library's text.
    private static func diagnostics(of name: String, in folder: URL) throws -> String {
        try String(contentsOf: folder.appending(path: name + ".expected"), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
            .map { line in
                line.contains(": note R32: ") && line.contains("slicing is meant")
                    ? line + "; push --simple-up-to sends small files in one request" : line
            }
            .joined(separator: "\n")
    }

    @Test("every example is well, and every broken manifest gets its diagnostics and its exit status")
    func examples() async throws {
        for folder in [Self.manifests, Self.manifests.appending(path: "broken")] {
            let names = try Self.names(in: folder)
            #expect(!names.isEmpty)
            for name in names {
                let verified = try await CosplanProcess.run(["verify", name], in: folder)
                let expected = try Self.diagnostics(of: name, in: folder)
                #expect(verified.output.hasPrefix(expected), "\(name): \(verified.output)")
                // One more line summarises.
                let rest = verified.output.dropFirst(expected.count)
                #expect(rest.hasPrefix("\(name): ") && rest.count { $0 == "\n" } == 1, "\(name): \(rest)")
                let lines = expected.split(separator: "\n")
                let hasErrors = lines.contains { $0.contains(": error ") }
                let isMalformed = rest.hasPrefix("\(name): not a manifest")
                #expect(verified.status == (isMalformed ? 65 : hasErrors ? 1 : 0), "\(name)")
                #expect(verified.messages.isEmpty, "\(name): \(verified.errors)")
            }
        }
    }

    @Test("of several inputs a missing one counts before a malformed one, and that before a broken rule")
    func precedence() async throws {
        let folder = Self.manifests.appending(path: "broken")
        func status(_ names: String...) async throws -> Int32 {
            try await CosplanProcess.run(["verify", "-q"] + names, in: folder).status
        }
        #expect(try await status("../one-file.yaml", "../empty-file.yaml") == 0)
        #expect(try await status("slice-size.yaml", "../one-file.yaml") == 1)
        #expect(try await status("slice-size.yaml", "truncated.json") == 65)
        #expect(try await status("truncated.json", "no-such.yaml", "slice-size.yaml") == 66)
    }

    @Test("a receipt is no manifest: 65, and what asks the store about it is named")
    func receipt() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "f")
        let words =
            "this is a receipt of push, not a manifest; ask the store about it with cosplan verify --remote "
        try folder.write(#"{"version":1,"result":"uploaded","endpoint":"https://e"}"# + "\n", to: "r.jsonl")
        for more in [[], ["--bytes"]] {
            let verified = try await CosplanProcess.run(["verify", "-q", "r.jsonl"] + more, in: folder.url)
            #expect(verified.status == 65 && verified.errors.isEmpty, "\(verified.errors)")
            #expect(
                verified.outputLines.prefix(2) == [
                    "r.jsonl:1:1: error R02: \(words)r.jsonl",
                    "r.jsonl: not a manifest: 0 documents, 0 files, 0 B, 1 error",
                ], "\(verified.output)")
        }
        for arguments in [
            ["push", "--dry-run"], ["show"], ["diff", "r.jsonl"], ["merge"], ["hash", "f", "--update"],
        ] {
            let refused = try await CosplanProcess.run(arguments + ["r.jsonl"], in: folder.url)
            #expect(refused.status == 65, "\(arguments): \(refused.errors)")
            #expect(refused.errors.contains("r.jsonl: \(words)r.jsonl"), "\(arguments): \(refused.errors)")
        }
    }

    @Test("tickets and the files' times are no manifests: 65, and what they are for is named")
    func ticketsAndStamps() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "f")
        let plan = "cosplan hash --region gz --appid 1250000000 --bucket demo --stamps f.stamps -o p.yaml f"
        let sign =
            "COSPLAN_SECRET_ID=AKIDx COSPLAN_SECRET_KEY=k cosplan sign p.yaml --expires 1h -o t.yaml"
        let bare = "grep -v '^#' t.yaml > bare.yaml"
        try await CosplanProcess.shell("\(plan) && \(sign) && \(bare)", in: folder.url).expectSuccess()
        let tickets = "these are tickets, not a manifest; give them beside their plan: cosplan push PLAN"
        let times = "these are the files' times, not a manifest; give them beside their plan: cosplan hash"
        for (name, words) in [
            ("t.yaml", "\(tickets) --tickets t.yaml"), ("bare.yaml", "\(tickets) --tickets bare.yaml"),
            ("f.stamps", "\(times) --update PLAN --stamps f.stamps"),
        ] {
            let verified = try await CosplanProcess.run(["verify", "-q", name], in: folder.url)
            #expect(verified.status == 65, "\(verified.errors)")
            #expect(verified.outputLines.first == "\(name):1:1: error R02: \(words)")
            for command in ["push -n", "show", "diff p.yaml", "merge", "hash f --update"] {
                let arguments = command.split(separator: " ").map(String.init) + [name]
                let refused = try await CosplanProcess.run(arguments, in: folder.url)
                #expect(refused.status == 65, "\(arguments): \(refused.errors)")
                #expect(refused.errors.contains("\(name): \(words)"), "\(arguments): \(refused.errors)")
            }
        }
    }

    @Test("--strict lets a warning decide")
    func strict() async throws {
        let folder = try TemporaryFolder()
        // Not every SDK computes digests for parts of 64 KiB.
        try folder.write(SampleBytes.pattern(count: 200_000), to: "a")
        try await CosplanProcess.shell("cosplan hash --part-size 64K -o m.yaml a", in: folder.url)
            .expectSuccess()
        let usual = try await CosplanProcess.run(["verify", "m.yaml"], in: folder.url)
        #expect(usual.status == 0)
        #expect(usual.output.contains(": warning R31: "), "\(usual.output.prefix(300))")
        #expect(try await CosplanProcess.run(["verify", "--strict", "m.yaml"], in: folder.url).status == 1)
    }

    @Test("--format json says the same, problem by problem")
    func json() async throws {
        let folder = Self.manifests.appending(path: "broken")
        for name in ["slice-size.yaml", "keys.yaml", "types.json"] {
            let verified = try await CosplanProcess.run(["verify", "--format", "json", name], in: folder)
            #expect(verified.status == 1)
            let object = try JSONSerialization.jsonObject(with: verified.standardOutput)
            let report = try #require(object as? [String: Any])
            let manifests = try #require(report["manifests"] as? [[String: Any]])
            let problems = try #require(manifests.first?["problems"] as? [[String: Any]])
            let told = problems.map { problem in
                let (line, column) = (problem["line"] ?? "", problem["column"] ?? "")
                let (severity, rule) = (problem["severity"] ?? "", problem["rule"] ?? "")
                return "\(name):\(line):\(column): \(severity) \(rule): \(problem["message"] ?? "")\n"
            }
            let expected = try String(contentsOf: folder.appending(path: name + ".expected"), encoding: .utf8)
            #expect(told.joined() == expected)
        }
    }

    @Test("--rules lists every rule once, in order")
    func rules() async throws {
        let listed = try await CosplanProcess.run(["verify", "--rules"], in: Self.manifests)
        #expect(listed.status == 0)
        let ids = listed.output.matches(of: /(?m)^([RB]\d\d)\b/).map { String($0.output.1) }
        let manifestRules = ids.filter { $0.hasPrefix("R") }
        #expect(manifestRules == (1...manifestRules.count).map { String(format: "R%02d", $0) })
        #expect(manifestRules.count >= 33)
        let byteRules = ids.filter { $0.hasPrefix("B") }
        #expect(byteRules == (1...byteRules.count).map { String(format: "B%02d", $0) })
        #expect(ids == manifestRules + byteRules)
    }

    @Test("a path that leaves the root, by name or by a link, a pipe and a device are not read")
    func confinement() async throws {
        let folder = try TemporaryFolder()
        try folder.write("secret", to: "outside")
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: "root"), withIntermediateDirectories: true)
        try folder.write("inside", to: "root/inside")
        try await CosplanProcess.shell(
            "cd root && ln -s ../outside leaves && ln -s /etc/hostname absolute && mkfifo pipe && ln -s /dev/zero zero "
                + "&& cosplan hash inside > ../m.yaml", in: folder.url
        ).expectSuccess()
        let manifest = try folder.text("m.yaml")
        for (path, words, status) in [
            ("leaves", "leads out of the root", Int32(66)), ("absolute", "leads out of the root", 66),
            ("zero", "leads out of the root", 66), ("pipe", "pipe", 66), ("../outside", "R", 1),
            ("/etc/hostname", "R", 1),
        ] {
            try folder.write(
                manifest.replacingOccurrences(of: "path: 'inside'", with: "path: '\(path)'"), to: "x.yaml")
            let checked = try await CosplanProcess.run(
                ["verify", "--bytes", "--root", "root", "x.yaml"], in: folder.url)
            #expect(checked.status == status, "\(path): \(checked.output)\(checked.errors)")
            #expect(
                (checked.output + checked.errors).contains(words),
                "\(path): \(checked.output)\(checked.errors)")
        }
    }

    @Test("what a name holds reaches the terminal escaped")
    func escapes() async throws {
        let folder = try TemporaryFolder()
        let name = "a\u{1b}[31m\u{202e}b\u{7f}"
        try folder.write("x", to: name)
        let hashed = try await CosplanProcess.run(
            ["hash", name, "--key", "/k", "-o", "m.yaml"], in: folder.url)
        hashed.expectSuccess()
        try folder.write("changed", to: name)
        for arguments in [
            ["verify", "--bytes", "m.yaml"], ["show", "m.yaml"], ["push", "--rehearse", "m.yaml"],
        ] {
            let said = try await CosplanProcess.run(arguments, in: folder.url)
            for scalar in (said.output + said.errors).unicodeScalars {
                #expect(
                    scalar == "\n" || (scalar.value >= 0x20 && scalar.value != 0x7f && scalar.value != 0x202e)
                )
            }
        }
    }
}

extension Finished {
    /// Records an issue unless the exit status is 0.
    func expectSuccess(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(status == 0, "\(errors)", sourceLocation: sourceLocation)
    }
}
