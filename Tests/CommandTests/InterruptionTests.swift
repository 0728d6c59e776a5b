import Foundation
import Testing

@Suite("Ctrl-C")
struct InterruptionTests {
    /// A shell without job control starts `&` jobs with SIGINT ignored; this restores the default.
    private static let interruptible = "env --default-signal=INT "

    /// Runs a command, interrupts it once it has printed `word` on standard error, and waits for its end.
    private static func interrupted(
        _ command: String, after word: String, in folder: TemporaryFolder
    ) async throws -> (status: Int32, output: String, errors: String) {
        let ended = try await CosplanProcess.shell(
            """
            mkfifo pipe; \(interruptible)\(command) > o 2> pipe & exec 3< pipe
            while IFS= read -r line <&3; do
                printf '%s\\n' "$line" >> e
                case $line in *'\(word)'*) kill -INT $!; break;; esac
            done
            cat <&3 >> e; wait $!
            """, in: folder.url, environment: ["COSPLAN_KERNEL": "openssl"])
        return (ended.status, try folder.text("o"), try folder.text("e"))
    }

    /// A small file that matches its plan, and two sparse files of 48 GiB with invented plans, which take long to read.
    private static func prepare() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let made = try await CosplanProcess.shell(
            """
            echo small > a; truncate -s 48G b; truncate -s 48G c; cosplan hash a > m.yaml
            for name in b c; do
                printf -- "- {path: $name, key: /$name, filesize: 51539607552, slice_size: 3145728, "
                printf "sha: '%040x', uploadparts: [" 16384
                awk 'BEGIN { for (i = 0; i < 16384; i++) printf "%s{offset: %.0f, datalen: 3145728, datasha: '"'%040x'"'}",
                    i ? ",\\n  " : "", i * 3145728, i + 1 }'
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
        // What was cut short was not checked.
        #expect(ended.errors.contains("checked 1 file, 6 B, in "), "\(ended.errors)")
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

    @Test("two signals at any distance end hash with one line that says why", arguments: 0..<12)
    func twice(distance: Int) async throws {
        let folder = try TemporaryFolder()
        let ended = try await CosplanProcess.shell(
            """
            truncate -s 48G b c
            \(Self.interruptible) cosplan hash --jobs 2 b c -o p.yaml --progress json 2> e & pid=$!
            # SIGINT is the second bit of the mask of signals that are caught.
            until grep -qx cosplan /proc/$pid/comm && grep -q '^SigCgt:.*[2367abef]$' /proc/$pid/status; do
                kill -0 $pid || exit
            done
            kill -INT $pid; sleep $(printf 0.%03d \(distance)); kill -INT $pid 2> gone; wait $pid
            """, in: folder.url, environment: ["COSPLAN_KERNEL": "openssl"])
        #expect(ended.status == 130, "\(ended)")
        let said = try folder.text("e").split(separator: "\n").filter { $0.contains("interrupted") }
        #expect(said.count == 1, "\(said)")
    }

    @Test("an interruption that came when all files were checked changes nothing")
    func late() async throws {
        let folder = try TemporaryFolder()
        let made = try await CosplanProcess.shell(
            "echo a > a; echo b > b; cosplan hash a b > m.yaml", in: folder.url)
        #expect(made.status == 0, "\(made.errors)")
        let ended = try await Self.interrupted(
            "cosplan verify -v --bytes m.yaml", after: "checked b:", in: folder)
        #expect(ended.status == 0, "\(ended)")
        #expect(ended.output.hasSuffix("m.yaml: bytes: 2 of 2 files as planned\n"), "\(ended)")
        #expect(!ended.errors.contains("interrupted"), "\(ended)")
    }

    @Test("bench takes its bar away and says that it was interrupted")
    func bench() async throws {
        let folder = try TemporaryFolder()
        let ended = try await Self.interrupted(
            "cosplan bench --size 64M --rounds 1000 --progress bar", after: "measuring", in: folder)
        #expect(ended.status == 130)
        #expect(ended.output.isEmpty)
        #expect(
            ended.errors.hasSuffix(
                "\r\u{1b}[1A\u{1b}[Jcosplan: error: interrupted: the measurements were not finished; nothing was "
                    + "written\n"), "\(ended)")
    }

    @Test("hash says so, too, while it still reads the list of files")
    func list() async throws {
        let folder = try TemporaryFolder()
        let ended = try await CosplanProcess.shell(
            """
            mkfifo list; \(Self.interruptible) cosplan hash --progress none --files-from list -o m.yaml & exec 3> list
            kill -INT $!; wait $!
            """, in: folder.url)
        #expect(ended.status == 130)
        #expect(
            ended.errors == "cosplan: error: interrupted: nothing was written; start the same command again\n"
        )
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["list"])
    }

    @Test("a signal that was ignored when it started stays ignored")
    func ignored() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        let ended = try await CosplanProcess.shell(
            """
            trap '' TERM; mkfifo list; cosplan hash --files-from list -o m.yaml & exec 3> list
            kill -INT $!; kill -TERM $!; echo a >&3; exec 3>&-; wait $!
            """, in: folder.url)
        #expect(ended.status == 0, "\(ended.errors)")
        #expect(try folder.text("m.yaml").contains("path: 'a'"))
    }

    @Test(
        "again and again it ends a command at once, also where nobody reads what that says",
        arguments: ["hash --jobs 1 b", "verify --jobs 1 --bytes m.yaml"])
    func stuck(command: String) async throws {
        let folder = try await Self.prepare()
        // The pipe is full: the command's own thread is blocked in the middle of a line.
        let ended = try await CosplanProcess.shell(
            """
            mkfifo pipe; exec 3<> pipe; dd if=/dev/zero of=pipe oflag=nonblock bs=4096 status=none 2> dd
            \(Self.interruptible) cosplan \(command) --progress bar > o 2> pipe & pid=$!
            # SIGINT is the second bit of the mask of signals that are caught.
            until grep -qx cosplan /proc/$pid/comm && grep -q '^SigCgt:.*[2367abef]$' /proc/$pid/status; do
                kill -0 $pid || exit
            done
            while kill -INT $pid 2> gone; do sleep 0.1; done; wait $pid
            """, in: folder.url, environment: ["COSPLAN_KERNEL": "openssl"])
        #expect(ended.status == 130, "\(ended)")
    }
}
