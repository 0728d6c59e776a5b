import Foundation
import Testing

@testable import cosplan

@Suite("cosplan sign, and push without keys")
struct TicketTests {
    private static let target = TestTarget.flags.joined(separator: " ")

    private func folder() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 2_500_000, seed: 9), to: "d/a.bin")
        try folder.write("b", to: "d/it's b")
        try folder.write("", to: "d/empty")
        try await CosplanProcess.shell(
            "cosplan hash -q -r d \(Self.target) -o plan.yaml", in: folder.url
        ).expectSuccess()
        return folder
    }

    private func sign(
        _ arguments: String, in folder: TemporaryFolder,
        environment: [String: String] = ServeProcess.credentials
    ) async throws -> Finished {
        try await CosplanProcess.shell("cosplan sign \(arguments)", in: folder.url, environment: environment)
    }

    /// The tickets of a file of tickets.
    private func tickets(_ folder: TemporaryFolder, _ name: String) throws -> [Substring] {
        try folder.text(name).split(separator: "\n").filter { $0.contains("  ticket: ") }
            .map { $0.split(separator: "'")[1] }
    }

    @Test("hash here, sign there, push elsewhere: no key is in the pushing process's environment")
    func airGap() async throws {
        let folder = try await folder()
        try folder.write("old", to: "tickets.yaml")
        let signed = try await sign("plan.yaml --expires 72h -o tickets.yaml", in: folder)
        #expect(signed.status == 0, "\(signed.errors)")
        #expect(signed.errors.contains("3 tickets until 20"), "\(signed.errors)")
        #expect(signed.output.isEmpty)
        let serve = try ServeProcess(["--root", "store"], in: folder.url)
        let pushed = try await CosplanProcess.shell(
            """
            stat -c %a tickets.yaml
            env | grep -c -i -e secret -e key; test -e ~/.config && echo profile
            cosplan push -v plan.yaml --tickets tickets.yaml --endpoint \(serve.url) --receipt r.jsonl || exit 3
            cosplan push -v plan.yaml --tickets tickets.yaml --endpoint \(serve.url) --format json || exit 4
            cosplan show plan.yaml --request init > shown.txt
            diff -r d store/\(TestTarget.objects)/d && echo same
            """, in: folder.url)
        #expect(pushed.output.hasPrefix("600\n0\n"), "\(pushed.output)\(pushed.errors)")
        #expect(pushed.output.hasSuffix("\nsame\n"), "\(pushed.output)\(pushed.errors)")
        let file = try folder.text("tickets.yaml")
        let hash = try await CosplanProcess.shell("sha256sum < plan.yaml", in: folder.url)
        #expect(file.contains("plan: '\(hash.output.prefix(64))'"))
        let fields = ["region: 'gz'", "bucket: 'xy2'", "expires: '20"]
        for text in fields + ["key: '/d/a.bin'", "key: '/d/it''s b'"] {
            #expect(file.contains(text), "\(text)")
        }
        // The key is nowhere, the secret id not in plain text, and a ticket in nothing that push prints or keeps.
        let key = try #require(ServeProcess.credentials["COSPLAN_SECRET_KEY"])
        #expect(!file.contains(key) && !file.contains("AKIDTEST"))
        let tickets = try tickets(folder, "tickets.yaml")
        #expect(tickets.count == 3)
        let kept = [try folder.text("r.jsonl"), try folder.text("shown.txt")]
        for ticket in tickets {
            for said in [signed.errors, pushed.errors, pushed.output] + kept {
                #expect(!said.contains(ticket.prefix(16)) && !said.contains(ticket.suffix(16)))
                #expect(!said.contains("AKIDTEST"))
            }
        }
    }

    @Test("a ticket opens no other key, and nothing after its end")
    func bound() async throws {
        let folder = try await folder()
        try await sign("plan.yaml --expires 20h -o tickets.yaml", in: folder).expectSuccess()
        try folder.write("- {do: clock_skew, s: 36000, times: all}\n", to: "before.yaml")
        try folder.write("- {do: clock_skew, s: 72010, times: all}\n", to: "after.yaml")
        // Asks for several keys with the ticket of /d/a.bin.
        try folder.write(
            """
            import json, re, sys, urllib.request, urllib.error
            ticket = re.search(r"key: '/d/a.bin'\\n  ticket: '(.*)'", open('tickets.yaml').read()).group(1)
            for key in sys.argv[2:]:
                url = f'{sys.argv[1]}/files/v2/1251668577/{key}?op=stat'
                try:
                    reply = urllib.request.urlopen(urllib.request.Request(url, headers={'Authorization': ticket}))
                except urllib.error.HTTPError as error:
                    reply = error
                print(reply.status, json.loads(reply.read())['message'].split(':')[0].split(',')[0])
            """, to: "ask.py")
        func answers(_ faults: String?, _ keys: String) async throws -> [String] {
            let serve = try ServeProcess(faults.map { ["--faults", $0] } ?? [], in: folder.url)
            let asked = try await CosplanProcess.run(
                URL(filePath: "/usr/bin/env"),
                ["python3", "ask.py", serve.url] + keys.split(separator: " ").map(String.init),
                in: folder.url)
            return asked.outputLines + asked.errors.split(separator: "\n").map(String.init)
        }
        let others =
            "xy2/d/b xy2/d xy2/a.bin other/d/a.bin xy2/d/a.bin.old xy2/d/a.bin/x xy2/d/a.bi xy2/d/A.bin"
        let now = try await answers(nil, "xy2/d/a.bin \(others)")
        #expect(now[0].contains("404"), "\(now)")
        for refused in now[1...8] {
            #expect(refused.contains("ERROR_PROXY_AUTH_FAILED"), "\(now)")
        }
        let before = try await answers("before.yaml", "xy2/d/a.bin")
        #expect(before[0].contains("404"), "\(before)")
        let after = try await answers("after.yaml", "xy2/d/a.bin")
        #expect(after[0].contains("signature expired"), "\(after)")
        let late = try ServeProcess(["--faults", "after.yaml"], in: folder.url)
        let pushed = try await CosplanProcess.run(
            ["push", "plan.yaml", "--tickets", "tickets.yaml", "--endpoint", late.url], in: folder.url)
        #expect(pushed.status == 77, "\(pushed.status) \(pushed.errors)")
        #expect(pushed.errors.contains("/d/a.bin: its ticket expires at 20"), "\(pushed.errors)")
        #expect(pushed.errors.contains("; sign again: cosplan sign; "), "\(pushed.errors)")
    }

    @Test("a ticket that ends during the upload stops the file in order, and a new one resumes it")
    func resumed() async throws {
        let folder = try await folder()
        try await sign("plan.yaml --expires 1h -o tickets.yaml", in: folder).expectSuccess()
        // The third slice meets a service whose clock is past the end.
        try folder.write(
            "- {op: data, key: /d/a.bin, nth: 3, times: all, do: clock_skew, s: 3610}\n", to: "f.yaml")
        let push = "cosplan push plan.yaml --tickets tickets.yaml --slices 1 --receipt r.jsonl --endpoint"
        let serve = try ServeProcess(["--root", "store", "--faults", "f.yaml"], in: folder.url)
        let stopped = try await CosplanProcess.shell("\(push) \(serve.url)", in: folder.url)
        // 77 even if the other files are done.
        #expect(stopped.status == 77, "\(stopped.status) \(stopped.errors)")
        #expect(stopped.errors.contains("/d/a.bin: its ticket expires at 20"), "\(stopped.errors)")
        #expect(
            stopped.errors.contains(
                "; sign again: cosplan sign; what arrived stays at the service, the same command with new tickets "
                    + "goes on"), "\(stopped.errors)")
        serve.stop()
        try await sign("plan.yaml --expires 2h -o tickets.yaml", in: folder).expectSuccess()
        let again = try ServeProcess(["--root", "store"], in: folder.url)
        let resumed = try await CosplanProcess.shell(
            "\(push) \(again.url); diff -r d store/\(TestTarget.objects)/d", in: folder.url)
        #expect(resumed.status == 0, "\(resumed.output)\(resumed.errors)")
        #expect(
            resumed.output.contains("uploaded  /d/a.bin  2.38 MiB, 1 slice sent, 2 were there"),
            "\(resumed.output)\(resumed.errors)")
        // What the receipt has needs no ticket any more.
        try await sign("plan.yaml --expires 5s -o tickets.yaml", in: folder).expectSuccess()
        let done = try await CosplanProcess.shell("\(push) \(again.url)", in: folder.url)
        #expect(done.status == 0, "\(done.errors)")
        #expect(done.errors.contains("3 skipped"), "\(done.errors)")
    }

    @Test("tickets are compared with the plan before anything is sent: 77, or 78 for what is no such file")
    func checked() async throws {
        let folder = try await folder()
        try await sign("plan.yaml --expires 72h -o t.yaml", in: folder).expectSuccess()
        let serve = try ServeProcess(["--root", "store"], in: folder.url)
        func refused(_ prepare: String, _ flags: String = "") async throws -> Finished {
            try await CosplanProcess.shell(
                """
                cp -p t.yaml x.yaml; cp plan.yaml p.yaml; \(prepare)
                cosplan push p.yaml --tickets x.yaml --endpoint \(serve.url) \(flags)
                """, in: folder.url)
        }
        for (prepare, flags, status, words) in [
            (
                "echo '# more' >> p.yaml", "", 77,
                "x.yaml: it has no tickets for this plan as it is now; sign 'p.yaml' again with cosplan sign"
            ),
            (
                "", "--bucket other", 77,
                "its tickets are for gz/1251668577/xy2, and the plan goes to gz/1251668577/other; sign 'p.yaml' again"
            ),
            ("", "--region sh", 77, "and the plan goes to sh/1251668577/xy2"),
            ("chmod 644 x.yaml", "", 77, "x.yaml: mode 0644 lets others use it; run: chmod 600"),
            ("chmod 620 x.yaml", "", 77, "mode 0620 lets others use it"),
            ("mv x.yaml y; ln -s y x.yaml", "", 66, "x.yaml: is a symbolic link"),
            ("rm x.yaml", "", 66, "x.yaml: no such file"),
            (
                "sed -i '/a.bin/,+1d' x.yaml", "", 77,
                "x.yaml: /d/a.bin: there is no ticket for it; sign 'p.yaml' again"
            ),
            ("sed -i 's/a.bin/b.bin/' x.yaml", "", 78, "the ticket is for another object than its key says"),
            ("sed -i \"s/expires: '2/expires: '3/\" x.yaml", "", 78, "does not expire when"),
            ("echo 'a: b' > x.yaml", "", 78, "x.yaml: line 1, column 1: the text is a mapping, not a list"),
            (": > x.yaml", "", 78, "there is no document"),
            ("sed -i 's/tickets: 1/tickets: 2/' x.yaml", "", 78, "another version"),
            // A damaged line is not repeated: it may be a ticket.
            ("sed -i \"s/ticket: /key: /\" x.yaml", "", 78, "key stands twice"),
            ("sed -i \"s/  ticket: '\\(.*\\)'/  \\1: x/\" x.yaml", "", 78, "unknown key (not shown)"),
            (
                "t=$(sed -n \"s/  ticket: //p\" t.yaml | head -n 1); sed -i \"s|region: 'gz'|region: $t|\" x.yaml",
                "",
                78, "its region is none"
            ), ("sed -i \"s/  ticket: '.*/&x/\" x.yaml", "", 78, "x.yaml: line "),
            ("", "--rehearse", 64, "exclude each other"),
            ("", "--credentials c.yaml", 64, "--tickets and --credentials exclude each other"),
            ("", "--receipt x.yaml", 73, "x.yaml"),
            (
                "", "--api xml --region ap-guangzhou", 64,
                "the API xml has no tickets: an offline signature cannot bind the upload's id or its content; "
                    + "use --api json for the same bucket, or temporary credentials"
            ),
            ("", "--api s3", 64, "the API s3 has no tickets: an offline signature cannot bind"),
        ] as [(String, String, Int32, String)] {
            let shown = try await refused(prepare, flags)
            #expect(shown.status == status, "\(prepare) \(flags): \(shown.status) \(shown.errors)")
            #expect(shown.errors.contains(words), "\(prepare) \(flags): \(shown.errors)")
            for ticket in try tickets(folder, "t.yaml") {
                #expect(!shown.errors.contains(ticket.prefix(16)), "\(prepare) \(flags)")
            }
        }
        #expect(!FileManager.default.fileExists(atPath: folder.url.path + "/store/objects/1251668577/xy2/d"))
        // The files that patterns leave out need no tickets.
        let chosen = try await refused("sed -i '/a.bin/,+1d' x.yaml", "--exclude a.bin")
        #expect(chosen.status == 0, "\(chosen.errors)")
    }

    @Test("tickets that are about to end are not begun with, and a limit too low for them is warned of")
    func times() async throws {
        let folder = try await folder()
        try await sign("plan.yaml --expires 5s -o short.yaml", in: folder).expectSuccess()
        let short = try await CosplanProcess.shell(
            "cosplan push plan.yaml --tickets short.yaml --endpoint http://127.0.0.1:1", in: folder.url)
        #expect(short.status == 77)
        #expect(
            short.errors.contains("short.yaml: /d/a.bin: its ticket expires at 20"), "\(short.errors)")
        #expect(short.errors.contains("; sign 'plan.yaml' again with cosplan sign"))
        // Of an old ticket and a new one in the same file, the new one counts.
        let both = try await CosplanProcess.shell(
            """
            cosplan sign -q plan.yaml --expires 20m -o t.yaml
            cat t.yaml short.yaml > both.yaml; chmod 600 both.yaml
            cosplan push plan.yaml --tickets both.yaml -n
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(both.status == 0, "\(both.errors)")
        // 2.5 MB at 1 KiB a second are 41 minutes; nobody listens there.
        let slow = try await CosplanProcess.shell(
            "cosplan push plan.yaml --tickets t.yaml --limit-rate 1K --retries 0 --endpoint http://127.0.0.1:1",
            in: folder.url)
        #expect(slow.status == 75, "\(slow.errors)")
        #expect(slow.errors.contains("warning: at --limit-rate the rest takes 40m"), "\(slow.errors)")
    }

    @Test("sign needs the pair, a whole target of the JSON API, a sound plan and a time of at most 90 days")
    func refused() async throws {
        let folder = try await folder()
        try folder.write("cosplan: 1\n", to: "broken.yaml")
        try await CosplanProcess.shell(
            "cosplan hash -q -r d -o bare.yaml; cp plan.yaml copy.yaml; ln plan.yaml link.yaml",
            in: folder.url
        ).expectSuccess()
        for (arguments, status, words) in [
            ("plan.yaml --expires 91d -o t", 64, "at most 90d"),
            ("plan.yaml --expires 2161h -o t", 64, "at most 90d"),
            ("plan.yaml --expires 7776001s -o t", 64, "at most 90d"),
            ("plan.yaml --expires 99999999999999999999d -o t", 64, "at most 90d"),
            ("plan.yaml --expires 0h -o t", 64, "at least 1s"),
            ("plan.yaml --expires 72 -o t", 64, "such as 72h"),
            ("plan.yaml --expires h -o t", 64, "such as 72h"),
            ("plan.yaml --expires 1.5h -o t", 64, "such as 72h"),
            ("plan.yaml --expires=-1h -o t", 64, "such as 72h"),
            ("plan.yaml --expires 1w -o t", 64, "such as 72h"),
            ("plan.yaml --expires '' -o t", 64, "such as 72h"),
            ("plan.yaml -o t", 64, "--expires"),
            ("plan.yaml --expires 1h", 64, "--output"),
            ("plan.yaml --expires 1h -o -", 64, "written to a file that others cannot read"),
            ("plan.yaml --expires 1h -o plan.yaml", 64, "it is the manifest 'plan.yaml'; name another file"),
            ("plan.yaml --expires 1h -o link.yaml", 64, "it is the manifest 'plan.yaml'; name another file"),
            ("- < plan.yaml --expires 1h -o plan.yaml", 64, "it is the manifest '-'; name another file"),
            ("none.yaml --expires 1h -o t", 66, "none.yaml"),
            ("plan.yaml --expires 1h -o d/a.bin", 64, "-o d/a.bin: it is 'd/a.bin', which the plan names"),
            ("plan.yaml --expires 1h -o none/t", 73, "none/t"),
            ("bare.yaml --expires 1h -o t", 64, "lacks region, appid, bucket"),
            ("broken.yaml --expires 1h -o t", 1, "broken.yaml"),
            ("bare.yaml --api s3 --expires 1h -o t", 64, "use temporary credentials"),
            ("plan.yaml --api xml --region ap-guangzhou --expires 1h -o t", 64, "the API xml has no tickets"),
        ] as [(String, Int32, String)] {
            let shown = try await sign(arguments, in: folder)
            #expect(shown.status == status, "\(arguments): \(shown.status) \(shown.errors)")
            #expect(shown.errors.contains(words), "\(arguments): \(shown.errors)")
        }
        #expect(try folder.read("plan.yaml") == folder.read("copy.yaml"))
        let keyless = try await sign("plan.yaml --expires 1h -o t", in: folder, environment: [:])
        #expect(keyless.status == 77)
        #expect(!FileManager.default.fileExists(atPath: folder.url.appending(path: "t").path))
        for good in ["90d", "2160h", "90m", "7d", "1s"] {
            try await sign("plan.yaml --expires \(good) -o t", in: folder).expectSuccess()
        }
    }

    @Test("tickets sign, whatever keys are in the environment")
    func besideKeys() async throws {
        let folder = try await folder()
        try await sign("plan.yaml --expires 1h -o t.yaml", in: folder).expectSuccess()
        let serve = try ServeProcess(in: folder.url)
        for environment in [
            ["COSPLAN_SECRET_ID": "AKIDOTHER", "COSPLAN_SECRET_KEY": "otherkey"],
            ["COSPLAN_SECRET_KEY": "half"], ["COSPLAN_SESSION_TOKEN": "token"],
        ] {
            let pushed = try await CosplanProcess.run(
                ["push", "-q", "plan.yaml", "--tickets", "t.yaml", "--endpoint", serve.url], in: folder.url,
                environment: environment)
            #expect(pushed.status == 0 && pushed.errors.isEmpty, "\(environment): \(pushed.errors)")
        }
        // A pair that the service does not know shows at once: its tickets are refused.
        try await sign(
            "plan.yaml --expires 1h -o other.yaml", in: folder,
            environment: ["COSPLAN_SECRET_ID": "AKIDOTHER", "COSPLAN_SECRET_KEY": "otherkey"]
        ).expectSuccess()
        let refused = try await CosplanProcess.run(
            ["push", "plan.yaml", "--tickets", "other.yaml", "--endpoint", serve.url], in: folder.url,
            environment: ServeProcess.credentials)
        #expect(refused.status == 77, "\(refused.errors)")
        #expect(refused.errors.contains("no such secret id"), "\(refused.errors)")
        #expect(refused.errors.contains("; sign again: cosplan sign; "), "\(refused.errors)")
    }

    @Test("several plans, several documents and thousands of files are signed into one file")
    func many() async throws {
        let folder = try TemporaryFolder()
        let signed = try await CosplanProcess.shell(
            """
            mkdir many && (cd many && seq -f 'f%g' 3000 | xargs touch) && echo x > one && echo y > two
            cosplan hash -q -r many \(Self.target) -o many.yaml
            cosplan hash -q one \(Self.target) > docs.yaml
            cosplan hash -q two --region sh --appid 1 --bucket b >> docs.yaml
            cosplan sign many.yaml docs.yaml --expires 90m -o t.yaml
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(signed.status == 0, "\(signed.errors)")
        #expect(signed.errors.contains("3002 tickets until "), "\(signed.errors)")
        let serve = try ServeProcess(["--root", "store"], in: folder.url)
        let pushed = try await CosplanProcess.shell(
            """
            cosplan push docs.yaml many.yaml --tickets t.yaml --endpoint \(serve.url) | wc -l
            cmp two store/objects/1/b/two && ls store/\(TestTarget.objects)/many | wc -l
            """, in: folder.url)
        #expect(pushed.output == "3002\n3000\n", "\(pushed.output)\(pushed.errors)")
    }

    @Test("the profile of the signing machine fills the target, as for push")
    func profile() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        try folder.write(
            "store: {region: gz, appid: 1251668577, bucket: xy2}\n", to: ".config/cosplan/config.yaml")
        let secrets = try folder.write(
            "store: {secret_id: AKIDTESTTESTTESTTEST, secret_key: keykeykeykeykeykeykeykey}\n",
            to: ".config/cosplan/credentials.yaml")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secrets.path)
        let serve = try ServeProcess(in: folder.url)
        let pushed = try await CosplanProcess.shell(
            """
            cosplan hash -q a -o plan.yaml && cosplan sign --profile store plan.yaml --expires 1h -o t.yaml || exit 3
            rm .config/cosplan/credentials.yaml
            cosplan push --profile store plan.yaml --tickets t.yaml --endpoint \(serve.url)
            """, in: folder.url, environment: ["HOME": folder.url.path])
        #expect(pushed.status == 0, "\(pushed.errors)")
        #expect(pushed.output.contains("uploaded  /a"), "\(pushed.output)")
    }
}
