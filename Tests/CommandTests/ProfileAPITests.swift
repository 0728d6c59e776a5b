import Foundation
import Testing

/// Profiles for one API beside plans for another, and every command that asks a store.
@Suite("Profiles and APIs")
struct ProfileAPITests {
    private static let own = "{secret_id: AKIDTESTTESTTESTTEST, secret_key: keykeykeykeykeykeykeykey}"

    /// A home with the file `a`, its plan with `flags`, and these profiles, which all have one pair.
    private static func home(_ profiles: [String: String], plan flags: [String] = []) async throws
        -> TemporaryFolder
    {
        let home = try TemporaryFolder()
        try home.write("x", to: "a")
        try await CosplanProcess.run(
            ["hash", "-q", "a", "--checksum", "crc64ecma,crc64nvme", "-o", "p.yaml"] + flags, in: home.url
        ).expectSuccess()
        let config = profiles.map { "\($0): \($1)\n" }.sorted().joined()
        let credentials = profiles.keys.map { "\($0): \(own)\n" }.sorted().joined()
        for (name, text) in [("config", config), ("credentials", credentials)] {
            let file = try home.write(text, to: ".config/cosplan/\(name).yaml")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        }
        return home
    }

    private static func run(
        _ arguments: [String], in home: TemporaryFolder, _ environment: [String: String] = [:]
    ) async throws -> Finished {
        try await CosplanProcess.run(
            arguments, in: home.url, environment: ["HOME": home.url.path].merging(environment) { $1 })
    }

    @Test(
        "verify --remote asks the store that push sends to: its endpoint, target and pair are the profile's")
    func sameStore() async throws {
        let serving = try TemporaryFolder()
        let server = try ServeProcess(["--api", "json,xml,s3"], in: serving.url)
        let profiles = [
            "default": "{region: gz, appid: 1251668577, bucket: xy2, endpoint: \"\(server.url)\"}",
            "xml":
                "{api: xml, region: ap-guangzhou, appid: 1251668577, bucket: xml, endpoint: \"\(server.url)\"}",
            "s3": "{api: s3, endpoint: \"\(server.url)\", bucket: backup}",
        ]
        let silent = try await Self.home(profiles)
        let full = try await Self.home(profiles, plan: TestTarget.flags)
        let ways: [(home: TemporaryFolder, flags: [String])] = [
            (full, []), (silent, ["--profile", "xml"]), (silent, ["--profile", "s3"]),
            (silent, ["--profile", "s3", "--api", "s3", "--bucket", "other"]),
            (full, ["--profile", "s3", "--api", "s3", "--bucket", "third"]),
        ]
        for (home, flags) in ways {
            let missing = try await Self.run(["verify", "-q", "--remote", "p.yaml"] + flags, in: home)
            #expect(missing.output.hasPrefix("missing  /a\n"), "\(flags): \(missing)")
            try await Self.run(["push", "-q", "p.yaml"] + flags, in: home).expectSuccess()
            let there = try await Self.run(["verify", "-q", "--remote", "p.yaml"] + flags, in: home)
            #expect(there.status == 0 && there.output.hasPrefix("same  /a  1 B  by "), "\(flags): \(there)")
        }
        // Two keys that the profile makes one are so for both.
        try await CosplanProcess.shell(
            "cosplan hash -q a > q.yaml && cosplan hash -q a --bucket xml >> q.yaml", in: silent.url
        ).expectSuccess()
        for command in [["push", "-n"], ["verify", "--remote"]] {
            let twice = try await Self.run(
                command + ["q.yaml", "--api", "xml", "--profile", "xml"], in: silent)
            #expect(
                twice.status == 1 && (twice.output + twice.errors).contains("is also the key"), "\(twice)")
        }
    }

    @Test(
        "a profile that was chosen for another API is refused, whoever chose it, by every command that asks a store",
        arguments: [
            ["push", "-n"], ["push", "--rehearse"], ["push"], ["verify", "--remote"], ["config", "check"],
            ["show", "--request", "init"],
        ])
    func refused(command: [String]) async throws {
        let home = try await Self.home(
            ["s3": "{api: s3, endpoint: \"http://127.0.0.1:9\", bucket: backup}"], plan: TestTarget.flags)
        for (flags, environment, chosenBy) in [
            (["--profile", "s3"], [:], "--profile"), ([], ["COSPLAN_PROFILE": "s3"], "COSPLAN_PROFILE"),
        ] {
            let ended = try await Self.run(command + ["p.yaml"] + flags, in: home, environment)
            #expect(ended.status == 64)
            #expect(
                ended.errors.contains(
                    "profile 's3' (\(chosenBy)) is for api s3 at http://127.0.0.1:9, p.yaml for api json; add --api s3 "
                        + "to use http://127.0.0.1:9, or choose another profile"), "\(ended)")
        }
        let said = try await Self.run(
            command + ["p.yaml", "--profile", "s3", "--api", "json"], in: home)
        #expect(said.status == 64 && said.errors.contains(", --api says json; choose another "), "\(said)")
    }

    @Test("both APIs of COS share a profile, unless that leaves out its endpoint")
    func bothOfCOS() async throws {
        let home = try await Self.home(
            [
                "plain": "{region: gz, appid: 1251668577, bucket: xy2}",
                "own": "{region: gz, appid: 1251668577, bucket: xy2, endpoint: \"http://127.0.0.1:9\"}",
                "secrets": "{}",
            ], plan: ["--api", "xml", "--region", "ap-guangzhou"])
        let dry = ["push", "-n", "p.yaml", "--profile"]
        let plain = try await Self.run(dry + ["plain"], in: home)
        #expect(plain.output.contains("https://xy2-1251668577.cos.ap-guangzhou.myqcloud.com/a"), "\(plain)")
        #expect(plain.errors.split(separator: "\n").allSatisfy { !$0.contains("warning") }, "\(plain)")
        let own = try await Self.run(dry + ["own"], in: home)
        #expect(
            own.status == 64
                && own.errors.contains("p.yaml for api xml; give that API's --endpoint, or "), "\(own)")
        let given = try await Self.run(dry + ["own", "--endpoint", "http://127.0.0.1:8"], in: home)
        #expect(given.output.contains("http://127.0.0.1:8/xy2-1251668577/a"), "\(given)")
        let secrets = try await Self.run(
            dry + ["secrets", "--appid", "1", "--bucket", "b"], in: home)
        #expect(secrets.status == 0, "\(secrets)")
    }

    @Test("a profile that nobody chose is left aside with a warning, and so is its pair for another vendor")
    func usual() async throws {
        let home = try await Self.home(
            ["default": "{api: s3, endpoint: \"http://127.0.0.1:9\", bucket: backup}"],
            plan: TestTarget.flags)
        let unused =
            "cosplan: warning: profile 'default' is for api s3: its endpoint http://127.0.0.1:9 is not used for api json\n"
        let signs =
            "cosplan: warning: credentials: the pair of profile 'default', which is for api s3, signs for api json at "
            + "https://gz.file.myqcloud.com; if that is not meant, choose a profile with --profile\n"
        let dry = try await Self.run(["push", "-n", "p.yaml"], in: home)
        #expect(dry.status == 0 && dry.messages.hasPrefix(unused), "\(dry)")
        let checked = try await Self.run(["config", "check", "p.yaml"], in: home)
        #expect(checked.status == 0 && checked.errors == unused + signs, "\(checked)")
        let variables = try await Self.run(
            ["config", "check", "p.yaml"], in: home, ServeProcess.credentials)
        #expect(variables.errors == unused, "\(variables)")
        let fits = try await Self.run(["config", "check", "p.yaml", "--api", "s3"], in: home)
        #expect(fits.status == 0 && fits.errors.isEmpty, "\(fits)")
        #expect(fits.output.contains("region        us-east-1  (default)\n"), "\(fits.output)")
        let proxied = try await Self.run(
            ["config", "check", "p.yaml"], in: home, ["https_proxy": "http://me:secret@proxy:3128"])
        #expect(proxied.output.contains("proxy         proxy:3128  (https_proxy)\n"), "\(proxied.output)")
    }
}
