import Foundation
import Testing

@Suite("Ctrl-C")
struct InterruptionTests {
    /// Runs a command, interrupts it once it has said `word` on standard error, and waits for its end.
    private static func interrupted(
        _ command: String, after word: String, in folder: TemporaryFolder
    ) async throws -> (status: Int32, output: String, errors: String) {
        let ended = try await CosplanProcess.shell(
            """
            mkfifo pipe; \(command) > o 2> pipe & exec 3< pipe
            while IFS= read -r line <&3; do
                printf '%s\\n' "$line" >> e
                case $line in *'\(word)'*) kill -INT $!; break;; esac
            done
            cat <&3 >> e; wait $!
            """, in: folder.url, environment: ["COSPLAN_KERNEL": "openssl"])
        return (ended.status, try folder.text("o"), try folder.text("e"))
    }

    /// A small file that is as planned, and two of 8 GiB, which are holes with plans made up.
    private static func prepare() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let made = try await CosplanProcess.shell(
            """
            echo small > a; truncate -s 8G b; truncate -s 8G c; cosplan hash a > m.yaml
            for name in b c; do
                printf -- "- {path: $name, key: /$name, filesize: 8589934592, slice_size: 1048576, "
                printf "sha: '%040x', uploadparts: [" 8192
                awk 'BEGIN { for (i = 0; i < 8192; i++) printf "%s{offset: %.0f, datalen: 1048576, datasha: '"'%040x'"'}",
                    i ? ",\\n  " : "", i * 1048576, i + 1 }'
                echo "]}"
            done >> m.yaml
            cosplan verify -q m.yaml
            """, in: folder.url)
        #expect(made.status == 0, "\(made.output)\(made.errors)")
        return folder
    }

    @Test("verify --bytes says of files it did not reach that it was interrupted, and blames no entry")
    func verify() async throws {
        let folder = try await Self.prepare()
        let ended = try await Self.interrupted(
            "cosplan verify -v --jobs 1 --bytes m.yaml", after: "checked a:", in: folder)
        #expect(ended.status == 130, "\(ended)")
        #expect(
            ended.output.hasSuffix(
                "m.yaml: bytes: 1 of 3 files as planned, 2 not checked: interrupted\n"), "\(ended)")
        #expect(!ended.output.contains("rules"), "\(ended)")
    }

    @Test("so does its JSON")
    func verifyJSON() async throws {
        struct Report: Decodable {
            struct Manifest: Decodable {
                struct File: Decodable { var path: String }
                var checkedFiles: [File]
                var uncheckedFiles: Int
                var interruptedFiles: Int?
            }
            var exit: Int
            var manifests: [Manifest]
        }
        let folder = try await Self.prepare()
        let ended = try await Self.interrupted(
            "cosplan verify -v --jobs 1 --bytes --format json m.yaml", after: "checked a:", in: folder)
        let report = try JSONDecoder().decode(Report.self, from: Data(ended.output.utf8))
        let manifest = try #require(report.manifests.first)
        #expect(report.exit == 130)
        #expect(manifest.checkedFiles.map(\.path) == ["a"])
        #expect(manifest.uncheckedFiles == 0)
        #expect(manifest.interruptedFiles == 2)
    }

    @Test("bench takes its bar away and says that it was interrupted")
    func bench() async throws {
        let folder = try TemporaryFolder()
        let ended = try await Self.interrupted(
            "cosplan bench --size 1M --rounds 1000 --progress bar", after: "measuring", in: folder)
        #expect(ended.status == 130)
        #expect(ended.output.isEmpty)
        #expect(
            ended.errors.hasSuffix(
                "\r\u{1b}[1A\u{1b}[Jcosplan: error: interrupted: the measurements were not finished; nothing was "
                    + "written\n"), "\(ended)")
    }
}
