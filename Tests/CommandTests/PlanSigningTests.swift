import Foundation
import Testing

/// The commands of the article on what a plan proves.
@Suite("A plan signed with ssh-keygen")
struct PlanSigningTests {
    /// Why `ssh-keygen` cannot be used here; nil where it can.
    private static let obstacle: Comment? = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        guard folders.contains(where: { FileManager.default.isExecutableFile(atPath: "\($0)/ssh-keygen") })
        else { return "ssh-keygen is not installed" }
        return getpwuid(getuid()) == nil ? "ssh-keygen asks for the user's name, and this one has none" : nil
    }()

    @Test(
        "a signed plan is checked by the public key, and one that was changed is not taken",
        .enabled(if: obstacle == nil, obstacle ?? ""))
    func signed() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "data/a")
        let done = try await CosplanProcess.shell(
            """
            set -e
            cosplan hash --checksum crc64ecma,sha256 -r data -o plan.yaml
            ssh-keygen -q -t ed25519 -N '' -f key
            ssh-keygen -Y sign -f key -n cosplan plan.yaml
            printf 'alice@example.com namespaces="cosplan" %s' "$(cat key.pub)" > signers
            check() { ssh-keygen -Y verify -f signers -I alice@example.com -n cosplan -s plan.yaml.sig < "$1"; }
            check plan.yaml
            cosplan verify --bytes plan.yaml
            sed 's/insertOnly: 1/insertOnly: 0/' plan.yaml > changed.yaml
            if check changed.yaml; then echo "a changed plan was taken"; exit 1; fi
            cosplan hash --checksum crc64ecma,sha256 -r data -o again.yaml
            check again.yaml
            """, in: folder.url)
        #expect(done.status == 0, "\(done.output)\(done.errors)")
    }
}
