import Foundation
import Testing

/// Profiles in `~/.config/cosplan`, files of credentials, and `config check`.
@Suite("Profiles")
struct ProfileTests {
    private static let id = "AKIDTESTTESTTESTTEST"
    private static let key = "keykeykeykeykeykeykeykey"
    private static let pair = "{secret_id: \(id), secret_key: \(key)}"

    /// A home with a plan, and files in its folder of configuration.
    private static func home(
        config: String? = nil, credentials: String? = nil, planFlags: [String] = []
    ) async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        try await CosplanProcess.run(["hash", "-q", "a", "-o", "m.yaml"] + planFlags, in: folder.url)
            .expectSuccess()
        for (name, text) in [("config", config), ("credentials", credentials)] {
            guard let text else { continue }
            let file = try folder.write(text, to: ".config/cosplan/\(name).yaml")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        }
        return folder
    }

    private static func run(
        _ arguments: [String], in home: TemporaryFolder, _ environment: [String: String] = [:]
    ) async throws -> Finished {
        let ended = try await CosplanProcess.run(
            arguments, in: home.url, environment: ["HOME": home.url.path].merging(environment) { $1 })
        #expect(!(ended.output + ended.errors).contains(key), "\(ended)")
        #expect(!(ended.output + ended.errors).contains(id), "\(ended)")
        return ended
    }

    @Test("a push takes its target and its pair from the profile that is named, by a flag or a variable")
    func push() async throws {
        let serving = try TemporaryFolder()
        let server = try ServeProcess(["--root", "store"], in: serving.url)
        let home = try await Self.home(
            config: """
                default: {region: gz, appid: 1, bucket: nobody}
                work: {region: gz, appid: 1251668577, bucket: xy2, endpoint: "\(server.url)"}
                """, credentials: "work: \(Self.pair)\n")
        let missing = try await Self.run(["push", "m.yaml"], in: home)
        #expect(missing.status == 77, "\(missing.errors)")
        let pushed = try await Self.run(["push", "m.yaml", "--profile", "work"], in: home)
        #expect(pushed.status == 0, "\(pushed.errors)")
        #expect(try serving.text("store/\(TestTarget.objects)/a") == "x")
        let again = try await Self.run(["push", "m.yaml"], in: home, ["COSPLAN_PROFILE": "work"])
        #expect(again.output.hasPrefix("already there"), "\(again)")
        for (arguments, status) in [
            (["--profile", "work"], 0), (["--profile", "work", "--bucket", "none"], 1),
        ] {
            let asked = try await Self.run(["verify", "--remote", "-q", "m.yaml"] + arguments, in: home)
            #expect(asked.status == Int32(status), "\(asked)")
        }
        // A flag counts before the profile.
        let elsewhere = try await Self.run(
            ["push", "m.yaml", "--profile", "work", "--bucket", "other"], in: home)
        #expect(elsewhere.status == 0, "\(elsewhere.errors)")
        #expect(try serving.text("store/objects/1251668577/other/a") == "x")
        let shown = try await Self.run(
            ["show", "m.yaml", "--request", "init", "--profile", "work"], in: home)
        #expect(shown.output.contains("/files/v2/1251668577/xy2/a"), "\(shown.output)")
    }

    @Test("a flag counts before the plan, and the plan before the profile, field by field")
    func order() async throws {
        let home = try await Self.home(
            config: "default: {region: sh, appid: 7, bucket: profiles}\n",
            credentials: "default: \(Self.pair)\n",
            planFlags: ["--bucket", "plans"])
        let checked = try await Self.run(["config", "check", "m.yaml", "--region", "tj"], in: home)
        #expect(checked.status == 0, "\(checked.errors)")
        #expect(
            checked.output == """
                profile       default
                api           json
                endpoint      https://tj.file.myqcloud.com  (the region)
                proxy         none
                region        tj  (--region)
                appid         7  (~/.config/cosplan/config.yaml, profile default)
                bucket        plans  (the plan)
                certificates  the system's
                credentials   secret id and key  (~/.config/cosplan/credentials.yaml, profile default)

                """)
        let dry = try await Self.run(["push", "-n", "m.yaml"], in: home)
        #expect(dry.output.contains("https://sh.file.myqcloud.com/files/v2/7/plans/a"), "\(dry.output)")
    }

    @Test("the profile's API counts for a plan that says nothing, and not for one that names a region")
    func api() async throws {
        let config = "default: {api: xml, region: ap-guangzhou, appid: 7, bucket: b}\n"
        let silent = try await Self.home(config: config)
        let xml = try await Self.run(["push", "-n", "m.yaml"], in: silent)
        #expect(xml.output.contains("cos.ap-guangzhou.myqcloud.com/a"), "\(xml)")
        let naming = try await Self.home(config: config, planFlags: ["--region", "gz"])
        let json = try await Self.run(["push", "-n", "m.yaml"], in: naming)
        #expect(json.output.contains("https://gz.file.myqcloud.com/files/v2/7/b/a"), "\(json)")
        let s3 = try await Self.run(["push", "-n", "m.yaml", "--api", "s3", "--bucket", "own"], in: silent)
        #expect(s3.output.contains("amazonaws.com") && !s3.output.contains("guangzhou"), "\(s3)")
    }

    @Test("the rules of the profile's API hold for a plan without one")
    func rules() async throws {
        let home = try await Self.home(
            config: "default: {api: xml, region: ap-guangzhou, appid: 7, bucket: b}\n")
        try await CosplanProcess.run(
            ["hash", "-q", "a", "--biz-attr", "attribute", "-o", "m.yaml"], in: home.url
        ).expectSuccess()
        for arguments in [["push", "-n"], ["show", "--request", "init"]] {
            let refused = try await Self.run(arguments + ["m.yaml"], in: home)
            #expect(refused.status == 1)
            #expect(refused.errors.contains("R41"), "\(refused.errors)")
        }
        try await CosplanProcess.run(
            ["verify", "m.yaml"], in: home.url, environment: ["HOME": home.url.path]
        )
        .expectSuccess()
    }

    @Test("a profile that is nowhere is 78 and those there are are named; one with secrets alone is one")
    func unknown() async throws {
        let home = try await Self.home(config: "a: {}\nb: {}\n", credentials: "c: \(Self.pair)\n")
        for environment in [["COSPLAN_PROFILE": "d"], [:]] {
            let flags = environment.isEmpty ? ["--profile", "d"] : []
            let refused = try await Self.run(["config", "check"] + flags, in: home, environment)
            #expect(refused.status == 78)
            #expect(refused.errors.contains("the profiles are: a, b, c"), "\(refused.errors)")
        }
        let known = try await Self.run(["config", "check", "--profile", "c"], in: home)
        #expect(known.status == 0, "\(known.errors)")
    }

    @Test(
        "a config.yaml of another shape, or that others may write, is 78",
        arguments: [
            ("default: {regoin: gz}\n", "line 1, column 11: unknown key (not shown); known are api and "),
            ("default: {region: GZ!}\n", "profile default: region"),
            ("default: {api: soap}\n", "profile default: api is none of json, xml, s3"),
            ("default: {ca_file: a.pem}\n", "profile default: ca_file is no absolute path"),
            ("- a\n", "the text is a list"), ("{\"a\": {}, \"a\": {}}", "stands twice"),
        ])
    func shape(config: String, found: String) async throws {
        let home = try await Self.home(config: config, credentials: "default: \(Self.pair)\n")
        let refused = try await Self.run(["push", "-n", "m.yaml"] + TestTarget.flags, in: home)
        #expect(refused.status == 78)
        #expect(refused.errors.contains("config.yaml: "), "\(refused.errors)")
        #expect(refused.errors.contains(found), "\(refused.errors)")
    }

    @Test("a config.yaml that others may write is 78")
    func writable() async throws {
        let home = try await Self.home(config: "default: {}\n")
        try await CosplanProcess.shell("chmod 666 .config/cosplan/config.yaml", in: home.url).expectSuccess()
        let refused = try await Self.run(["push", "-n", "m.yaml"] + TestTarget.flags, in: home)
        #expect(refused.status == 78)
        #expect(refused.errors.contains("chmod go-w"), "\(refused.errors)")
        try await CosplanProcess.shell("chmod 644 .config/cosplan/config.yaml", in: home.url).expectSuccess()
        #expect(try await Self.run(["push", "-n", "m.yaml"] + TestTarget.flags, in: home).status == 0)
    }

    @Test("--profile names its pair before the variables; a flat file is the profile default")
    func pairs() async throws {
        let home = try await Self.home(credentials: "work: \(Self.pair)\n")
        let other = [
            "COSPLAN_SECRET_ID": "AKIDOTHEROTHEROTHER", "COSPLAN_SECRET_KEY": "otherotherotherother",
        ]
        let named = try await Self.run(["config", "check", "--profile", "work"], in: home, other)
        #expect(named.output.contains("credentials.yaml, profile work)"), "\(named)")
        let variable = try await Self.run(
            ["config", "check"], in: home, other.merging(["COSPLAN_PROFILE": "work"]) { $1 })
        #expect(variable.output.contains("(COSPLAN_SECRET_ID and COSPLAN_SECRET_KEY)"), "\(variable)")
        #expect(!variable.output.contains("otherother"))
        let flat = try await Self.home(credentials: "secret_id: \(Self.id)\nsecret_key: \(Self.key)\n")
        let usual = try await Self.run(["config", "check"], in: flat)
        #expect(usual.output.contains("credentials.yaml, profile default)"), "\(usual)")
        let none = try await Self.run(["config", "check", "--format", "json"], in: try await Self.home())
        #expect(none.status == 77)
        #expect(
            none.output.contains(#""exit" : 77"#) && none.output.contains(#""name" : "credentials""#),
            "\(none.output)")
        #expect(none.errors.hasPrefix("cosplan: error: credentials: none found; "), "\(none.errors)")
        #expect(!none.output.contains("refused"), "\(none.output)")
    }

    @Test("--credentials reads what Kubernetes mounts: a link, readable for a group, and not for everybody")
    func mounted() async throws {
        let home = try await Self.home()
        try home.write("secret_id: \(Self.id)\nsecret_key: \(Self.key)\n", to: "mount/..data/pair.yaml")
        try await CosplanProcess.shell("ln -s ..data/pair.yaml mount/pair.yaml", in: home.url).expectSuccess()
        let check = ["config", "check", "--credentials", "mount/pair.yaml"]
        for (mode, status) in [
            ("400", 0), ("440", 0), ("640", 0), ("660", 0), ("644", 77), ("604", 77), ("444", 77),
        ] {
            try await CosplanProcess.shell("chmod \(mode) mount/..data/pair.yaml", in: home.url)
                .expectSuccess()
            let checked = try await Self.run(check, in: home)
            #expect(checked.status == Int32(status), "\(mode): \(checked.errors)")
            if status == 77 {
                #expect(checked.output.contains("credentials   refused, see below\n"), "\(checked.output)")
                #expect(checked.errors.contains("mode 0\(mode) lets every user"), "\(checked.errors)")
                #expect(checked.errors.contains("defaultMode: 0440"), "\(checked.errors)")
            }
        }
        // It alone counts, and one pair counts for every profile.
        try await CosplanProcess.shell("chmod 440 mount/..data/pair.yaml", in: home.url).expectSuccess()
        let only = try await Self.run(
            check + ["--profile", "any"], in: home,
            ["COSPLAN_SECRET_ID": "AKIDOTHEROTHEROTHER", "COSPLAN_SECRET_KEY": "otherotherotherother"])
        #expect(only.output.contains("(--credentials mount/pair.yaml)"), "\(only)")
        let missing = try await Self.run(["config", "check", "--credentials", "mount/none"], in: home)
        #expect(missing.status == 77)
        #expect(missing.errors.contains("--credentials: mount/none"), "\(missing.errors)")
    }

    @Test("config check names certificates that cannot be used, and an incomplete target of a plan")
    func incomplete() async throws {
        let home = try await Self.home(
            config: "default: {region: gz, ca_file: ~/none.pem}\n", credentials: "default: \(Self.pair)\n")
        let certificates = try await Self.run(["config", "check"], in: home)
        #expect(certificates.status == 78)
        #expect(certificates.errors.contains("ca_file of the profile default"), "\(certificates.errors)")
        let target = try await Self.run(["config", "check", "m.yaml"], in: home)
        #expect(target.status == 64)
        #expect(
            target.errors.contains("the target lacks appid, bucket; give --appid --bucket"),
            "\(target.errors)")
        let alone = try await Self.run(["config"], in: home)
        #expect(alone.status == 64)
    }
}
