import Foundation
import Testing

/// The source of `push`'s credentials if the environment has none.
@Suite("Credentials profile")
struct CredentialsProfileTests {
    /// Pushes one small file with the profile in the home folder.
    private func push(
        _ profile: String?, mode: Int = 0o600, prepare: String = ""
    ) async throws -> Finished {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        let server = try ServeProcess(in: folder.url)
        defer { server.stop() }
        try await CosplanProcess.run(["hash", "a", "-o", "m.yaml"], in: folder.url).expectSuccess()
        if let profile {
            let file = try folder.write(profile, to: ".config/cosplan/credentials.yaml")
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path)
        }
        if !prepare.isEmpty { try await CosplanProcess.shell(prepare, in: folder.url).expectSuccess() }
        return try await CosplanProcess.run(
            ["push", "--endpoint", server.url, "-v"] + TestTarget.flags + ["m.yaml"], in: folder.url,
            environment: ["HOME": folder.url.path])
    }

    private static let id = "AKIDTESTTESTTESTTEST"
    private static let key = "keykeykeykeykeykeykeykey"
    private static let good = "secret_id: \(id)\nsecret_key: \(key)\n"

    @Test("a good profile signs as the environment does")
    func good() async throws {
        let pushed = try await push(Self.good)
        #expect(pushed.status == 0, "\(pushed.errors)")
        #expect(!(pushed.output + pushed.errors).contains(Self.key))
    }

    @Test(
        "none, one that others can read, or one behind a link is 77", arguments: [0o644, 0o640, 0o604, 0o660])
    func refused(mode: Int) async throws {
        let none = try await push(nil)
        #expect(none.status == 77)
        let open = try await push(Self.good, mode: mode)
        #expect(open.status == 77, "\(open.errors)")
        #expect(open.errors.contains("chmod 600"), "\(open.errors)")
        let linked = try await push(
            Self.good,
            prepare: "cd .config/cosplan && mv credentials.yaml real && ln -s real credentials.yaml")
        #expect(linked.status == 77, "\(linked.errors)")
    }

    @Test(
        "a profile of another shape is refused and none of its words are shown",
        arguments: [
            "\(key): \(id)\n", "? \(key)\n", "\(key): [1]\n", "- \(key)\n",
            "secret_id: \(id)\nsecret_id: \(key)\n",
            "secret_id: \(id)\nsecret_key: \(key)\n\(key): x\n", "{secret_id: \(id), secret_key: '\(key)",
            "\(key)",
        ])
    func otherShape(profile: String) async throws {
        let pushed = try await push(profile)
        #expect([77, 78].contains(pushed.status), "\(pushed.status) \(pushed.errors)")
        let said = pushed.output + pushed.errors
        #expect(!said.contains(Self.key) && !said.contains(Self.id), "\(said)")
        #expect(said.contains("credentials.yaml"), "\(said)")
    }
}
