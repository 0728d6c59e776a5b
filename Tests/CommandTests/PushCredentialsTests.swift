import Foundation
import Testing

@Suite("The credentials profile")
struct PushCredentialsTests {
    @Test(
        "a profile that is none is 78 and names the place and the two keys, never what stands there",
        arguments: [
            ("AKIDxxxxhidden: thehiddenkey\n", "line 1, column 1: unknown key (not shown)"),
            ("secret_id: a\nAKIDxxxxhidden: thehiddenkey\n", "line 2, column 1: unknown key (not shown)"),
            ("default: {AKIDxxxxhidden: thehiddenkey}\n", "line 1, column 11: unknown key (not shown)"),
            ("AKIDxxxxhidden!: {a: thehiddenkey}\n", "line 1, column 1: a name (not shown) has other"),
            (
                "default: {}\nsecret_id: thehiddenkey\n",
                "line 2, column 1: a name stands beside single values"
            ),
            (
                "AKIDxxxxhidden: 1\nAKIDxxxxhidden: thehiddenkey\n",
                "line 1, column 1: unknown key (not shown)"
            ),
            (
                "secret_id: AKIDxxxxhidden\nsecret_id: thehiddenkey\n",
                "line 2, column 1: secret_id stands twice"
            ),
            ("{\"AKIDxxxxhidden\": \"thehiddenkey\"}", "line 1, column 2: unknown key (not shown)"),
            ("AKIDxxxxhidden thehiddenkey\n", "the text is"), ("AKIDxxxxhidden: [thehiddenkey\n", "line "),
        ])
    func unknownKeys(profile: String, found: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        let file = try folder.write(profile, to: ".config/cosplan/credentials.yaml")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        _ = try await CosplanProcess.run(["hash", "a", "-o", "m.yaml"], in: folder.url)
        let pushed = try await CosplanProcess.run(
            ["push", "m.yaml"] + TestTarget.flags, in: folder.url, environment: ["HOME": folder.url.path])
        #expect(pushed.status == 78, "\(pushed.errors)")
        #expect(pushed.errors.contains("credentials.yaml: "), "\(pushed.errors)")
        #expect(pushed.errors.contains(found), "\(pushed.errors)")
        if found.contains("unknown") {
            #expect(pushed.errors.contains("known are secret_id and secret_key"), "\(pushed.errors)")
        }
        #expect(!pushed.errors.contains("hidden"), "\(pushed.errors)")
    }
}
