import Foundation
import Testing

@Suite("cosplan hash, when things go wrong")
struct HashFailureTests {
    @Test("a missing file is 66 and names the folder tried and --root; nothing is written")
    func missing() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "there")
        let hashed = try await CosplanProcess.run(
            ["hash", "there", "nosuch", "-o", "m.yaml"], in: folder.url)
        #expect(hashed.status == 66)
        #expect(hashed.errors.contains("nosuch"))
        #expect(hashed.errors.contains(folder.url.path))
        #expect(hashed.errors.contains("--root"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["there"])
    }

    @Test("--keep-going plans the rest and is 2; with nothing left it is the first failure's own status")
    func keepGoing() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "there")
        let some = try await CosplanProcess.run(
            ["hash", "--keep-going", "--format", "json", "nosuch", "there", "gone"], in: folder.url)
        #expect(some.status == 2)
        #expect(try ManifestDocument(some.standardOutput).files.map(\.path) == ["there"])
        #expect(some.errors.contains("nosuch") && some.errors.contains("gone"))
        let none = try await CosplanProcess.run(["hash", "--keep-going", "nosuch"], in: folder.url)
        #expect(none.status == 66)
        #expect(none.output.isEmpty)
    }

    @Test(
        "a folder, a FIFO, a device and a link are refused, each by its name",
        arguments: [
            ("mkdir x", "folder"), ("mkfifo x", "FIFO"), ("ln -s /dev/null x", "link"),
            ("ln -s loop x; ln -s x loop", "link"), ("true", "not found"),
        ])
    func notRegular(make: String, word: String) async throws {
        let folder = try TemporaryFolder()
        let hashed = try await CosplanProcess.shell("\(make); timeout 900 cosplan hash x", in: folder.url)
        #expect(hashed.status == 66, "\(hashed.status) \(hashed.errors)")
        #expect(hashed.errors.contains(word), "\(hashed.errors)")
        #expect(hashed.output.isEmpty)
    }

    @Test("an argument outside the root is 64 and names the --root that would work")
    func outsideRoot() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "in/a")
        try folder.write("x", to: "out/b")
        let outside = try await CosplanProcess.run(["hash", "--root", "in", "../out/b"], in: folder.url)
        #expect(outside.status == 64)
        #expect(outside.errors.contains("--root '\(folder.url.path)/out'"), "\(outside.errors)")
        // A path relative to the current folder: the message has the spelling that works.
        try folder.write("x", to: "in/deep/c")
        for (place, path, name) in [
            (".", "in/a", "a"), ("in/deep", "../deep/c", "in/deep/c"), ("in/deep", "c", "in/deep/c"),
        ] {
            let root = place == "." ? "in" : folder.url.path
            let there = folder.url.appending(path: place)
            let refused = try await CosplanProcess.run(["hash", "--root", root, path], in: there)
            #expect(refused.status == 64)
            #expect(refused.errors.contains("name it '\(name)'"), "\(refused.errors)")
            let taken = try await CosplanProcess.run(["hash", "--root", root, name], in: there)
            #expect(taken.status == 0, "\(taken.errors)")
        }
        let inside = try await CosplanProcess.run(
            ["hash", "--root", "in", "--format", "json", "\(folder.url.path)/in/a"], in: folder.url)
        #expect(try ManifestDocument(inside.standardOutput).files.map(\.path) == ["a"])
    }

    @Test("a full disk and a closed folder are 73 or 74 with words, and leave nothing behind")
    func cannotWrite() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        let full = try await CosplanProcess.shell("cosplan hash a > /dev/full", in: folder.url)
        #expect(full.status == 73 || full.status == 74)
        #expect(full.errors.contains("standard output"), "\(full.errors)")
        let missing = try await CosplanProcess.run(["hash", "a", "-o", "no/such/m.yaml"], in: folder.url)
        #expect(missing.status == 73)
        #expect(missing.errors.contains("no/such/m.yaml"), "\(missing.errors)")
        let dev = try await CosplanProcess.run(["hash", "a", "-o", "/dev/full"], in: folder.url)
        #expect(dev.status == 73)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["a"])
    }

    @Test(
        "a full disk under -o leaves the old manifest as it was",
        .disabled(if: CosplanProcess.isThreadSanitized))
    func fullDisk() async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 4 << 20, seed: 21), to: "a")
        // A file size limit of 8 blocks simulates a full disk: writes beyond it fail with EFBIG.
        try folder.write("old\n", to: "m.yaml")
        let limited = try await CosplanProcess.shell(
            "ulimit -f 8; cosplan hash a --part-size 64K -o m.yaml", in: folder.url)
        #expect(limited.status == 73, "\(limited.errors)")
        #expect(try folder.text("m.yaml") == "old\n")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted() == ["a", "m.yaml"])
    }

    @Test("a low limit of open files is raised as far as allowed; hash and check do with few where it is not")
    func fewOpenFiles() async throws {
        let folder = try TemporaryFolder()
        for index in 0..<60 {
            try folder.write(SampleBytes.random(count: 200_000, seed: UInt64(index + 1)), to: "data/\(index)")
        }
        let planned = try await CosplanProcess.run(
            ["hash", "-r", "data", "--part-size", "64K", "-o", "m.yaml"], in: folder.url)
        #expect(planned.status == 0, "\(planned.errors)")
        for limit in ["-Sn 24", "-n 24", "-n 16"] {
            let again = try await CosplanProcess.shell(
                "ulimit \(limit); cosplan hash --jobs 4 -r data --part-size 64K | cmp - m.yaml",
                in: folder.url)
            #expect(again.status == 0, "\(limit): \(again.errors)")
            let checked = try await CosplanProcess.shell(
                "ulimit \(limit); cosplan verify --bytes m.yaml", in: folder.url)
            #expect(checked.status == 0, "\(limit): \(checked.output)\(checked.errors)")
            #expect(checked.output.contains("60 of 60 files as planned"))
        }
    }

    @Test(
        "a limit that hash or a check cannot do with is 78, with an amount that is enough", arguments: 3...20)
    func tooFewOpenFiles(limit: Int) async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 200_000, seed: 5), to: "a")
        let made = try await CosplanProcess.run(["hash", "a", "-o", "m.yaml"], in: folder.url)
        #expect(made.status == 0, "\(made.errors)")
        // The caller may have left a descriptor open that has a number beyond the limit.
        for (command, inherited) in [
            ("hash a", ""), ("hash a", "exec 19</dev/null; "), ("hash a -o other.yaml", ""),
            ("verify m.yaml", ""),
            ("verify --bytes m.yaml", ""),
        ] {
            let line = "timeout -k 1 900 cosplan \(command)"
            let low = try await CosplanProcess.shell(
                "\(inherited)ulimit -n \(limit); exec \(line)", in: folder.url)
            // The dynamic linker itself needs a descriptor.
            if low.status == 127, limit == 3 { continue }
            guard low.status != 0 else { continue }
            #expect(low.status == 78, "\(command): \(low.status) \(low.errors)")
            let amount = try #require(
                low.errors.firstMatch(of: #/needs at least (\d+); raise it/#), "\(low.errors)")
            let enough = try await CosplanProcess.shell(
                "\(inherited)ulimit -n \(amount.1); exec \(line)", in: folder.url)
            #expect(enough.status == 0, "\(command), \(amount.1): \(enough.errors)")
        }
    }

    @Test("more manifests than files may be open are verified, and their files checked")
    func manyManifests() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        let made = try await CosplanProcess.shell(
            "cosplan hash a > m && for i in {1..60}; do sed s,/a,/$i, m > $i.yaml; done; echo '- ]' > broken.yaml",
            in: folder.url)
        #expect(made.status == 0, "\(made.errors)")
        for bytes in ["", "--bytes"] {
            let checked = try await CosplanProcess.shell(
                "ulimit -n 24; cosplan verify \(bytes) *.yaml 2>&1 | grep -c 'yaml: ok'",
                in: folder.url)
            #expect(checked.output == "60\n", "\(checked.output)\(checked.errors)")
        }
    }

    @Test(
        "a file that states no size, or a wrong one, is 66 and never planned as less than it has",
        .enabled(
            if: access("/proc/version", R_OK) == 0 && access("/sys/devices/system/cpu/online", R_OK) == 0,
            "needs /proc and /sys"))
    func wrongSizes() async throws {
        let folder = try TemporaryFolder()
        for (root, name, words) in [
            ("/proc", "version", "its file system states 0 bytes, but there are more"),
            ("/sys/devices/system/cpu", "online", "bytes, but it ends after"),
        ] {
            let hashed = try await CosplanProcess.run(["hash", "--root", root, name], in: folder.url)
            #expect(hashed.status == 66, "\(hashed.errors)")
            #expect(hashed.errors.contains(words), "\(hashed.errors)")
            #expect(hashed.output.isEmpty)
        }
        // A plan with the reported size is refused as well.
        try folder.write("", to: "version")
        let lying = try await CosplanProcess.shell(
            "cosplan hash version > m.yaml; cosplan verify --bytes --root /proc m.yaml; echo $?; "
                + "cosplan push --rehearse --root /proc m.yaml; echo $?", in: folder.url)
        #expect(lying.output.contains("states 0 bytes"), "\(lying.output)\(lying.errors)")
        #expect(lying.errors.contains("states 0 bytes"), "\(lying.output)\(lying.errors)")
        #expect(
            lying.output.components(separatedBy: "\n").filter { $0 == "66" }.count == 2, "\(lying.output)")
    }

    @Test("a closed pipe ends it without words")
    func closedPipe() async throws {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 16 << 20, seed: 22), to: "a")
        let piped = try await CosplanProcess.shell(
            "cosplan hash -q a --part-size 64K | head -n 1", in: folder.url)
        #expect(piped.output == "---\n")
        #expect(piped.errors.isEmpty, "\(piped.errors)")
    }

    @Test("it never plans the manifest it writes, and says so")
    func ownOutput() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        let redirected = try await CosplanProcess.shell(
            "cosplan hash -r . > m.yaml && cosplan verify --bytes m.yaml", in: folder.url)
        #expect(redirected.status == 0, "\(redirected.errors)\(redirected.output)")
        #expect(redirected.errors.contains("m.yaml"))
        let named = try await CosplanProcess.shell(
            "cosplan hash -r . -o m.yaml && cosplan show m.yaml", in: folder.url)
        #expect(named.output.contains("1 file"), "\(named.output)")
    }

    @Test(
        "an output is never a file that is read: 64, and nothing is changed",
        arguments: [
            ("hash x d/b -o x", "-o x: it is 'x', which is to be planned"),
            ("hash -r d -o d/a", "-o d/a: it is 'd/a', which is to be planned"),
            ("hash -r d --stamps d/a -o p", "--stamps d/a: it is 'd/a', which is to be planned"),
            // Another name of a file that would stay as it is.
            ("hash x d/b -o hard", "-o hard: it is 'x', which is to be planned"),
            ("hash x --stamps new -o new", "-o new and --stamps new: they are one file; name two"),
            ("hash x --stamps ./new -o d/../new", "-o d/../new and --stamps ./new: they are one file"),
            ("hash --files-from list -o list", "-o list: it is the list of files; name another file"),
            ("hash --files-from list --stamps list", "--stamps list: it is the list of files"),
        ])
    func outputs(command: String, says: String) async throws {
        let folder = try TemporaryFolder()
        for name in ["x", "d/a", "d/b"] { try folder.write("precious \(name)", to: name) }
        try folder.write("d/b\n", to: "list")
        let ended = try await CosplanProcess.shell(
            "ln x hard; find . -type f ! -name before | xargs sha1sum > before; cosplan \(command)",
            in: folder.url)
        #expect(ended.status == 64, "\(ended.errors)")
        #expect(ended.messages.hasPrefix("cosplan: error: \(says)"), "\(ended.errors)")
        let same = try await CosplanProcess.shell("sha1sum -c --quiet before; ls", in: folder.url)
        #expect(same.output == "before\nd\nhard\nlist\nx\n", "\(same.output)\(same.errors)")
    }

    @Test("an earlier plan and an empty file in its place are replaced and left out, however they are named")
    func replaced() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        let ended = try await CosplanProcess.shell(
            """
            touch p.yaml; for i in 1 2; do cosplan hash * -o p.yaml && cosplan hash -r . -o p.yaml; done
            cosplan hash * -o j.json --format json && cosplan hash a -o j.json --format json && cosplan show p.yaml
            """, in: folder.url)
        #expect(ended.status == 0 && ended.output.contains("1 file"), "\(ended.errors)")
        #expect(ended.errors.contains("p.yaml: it is being written; left out"), "\(ended.errors)")
    }

    @Test("a folder that is not there is said to be that; a closed standard input, too")
    func places() async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        let none = try await CosplanProcess.run(["hash", "a", "-o", "none/"], in: folder.url)
        #expect(none.status == 73 && none.errors.contains("no such file or directory"), "\(none.errors)")
        for command in ["hash --files-from -", "verify -", "show -", "push --rehearse -"] {
            let closed = try await CosplanProcess.shell("cosplan \(command) <&-", in: folder.url)
            #expect(closed.status == 66, "\(command): \(closed.errors)")
            #expect(closed.errors.contains("standard input is closed; redirect it"), "\(closed.errors)")
        }
        // What a pipe brings is kept in memory as long as it is small.
        let piped = try await CosplanProcess.shell(
            "cosplan hash a | TMPDIR=/none cosplan verify - && cosplan hash a | TMPDIR=/none cosplan show -",
            in: folder.url)
        #expect(piped.status == 0, "\(piped.errors)")
    }

    @Test(
        "a name that is not UTF-8 is 66 however it comes, and with --keep-going the others are planned",
        arguments: ["$'d\\xff' a", "a -- $'-d\\xff'", "--files-from list", "-r ."])
    func notUTF8(names: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        let made = "touch $'d\\xff'; printf 'a\\nd\\xff\\n' > list; "
        let alone = try await CosplanProcess.shell(made + "cosplan hash \(names)", in: folder.url)
        #expect(alone.status == 66, "\(alone.errors)")
        #expect(alone.errors.contains("d\\xff: the name is not UTF-8"), "\(alone.errors)")
        #expect(alone.output.isEmpty)
        let kept = try await CosplanProcess.shell(
            "cosplan hash --keep-going --format json \(names)", in: folder.url)
        #expect(kept.status == 2, "\(kept.errors)")
        #expect(kept.errors.contains("d\\xff: the name is not UTF-8"), "\(kept.errors)")
        #expect(try ManifestDocument(kept.standardOutput).files.first?.path == "a")
    }

    @Test(
        "any other word that is not UTF-8 is 64 and shown",
        arguments: [
            "hash --root $'d\\xff' a", "hash --root=$'d\\xff' a", "hash -o $'d\\xff' a $'b\\xff'",
            "hash --jobs $'d\\xff' a", "verify $'d\\xff'", "$'d\\xff'", "hash --help $'d\\xff'",
        ])
    func notUTF8Elsewhere(words: String) async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        let refused = try await CosplanProcess.shell("cosplan \(words)", in: folder.url)
        #expect(refused.status == 64)
        #expect(refused.errors.hasPrefix("cosplan: error: argument '"), "\(refused.errors)")
        #expect(refused.errors.contains("d\\xff': it is not UTF-8; "), "\(refused.errors)")
        #expect(refused.output.isEmpty)
    }

    @Test("files come from lists, by line and by NUL, and from globs")
    func selection() async throws {
        let folder = try TemporaryFolder()
        for name in ["a.img", "b.img", "c.tmp", "d/e.img", "d/f.tmp"] { try folder.write(name, to: name) }
        let lines = try await CosplanProcess.shell(
            "printf 'a.img\\nd/e.img\\n' | cosplan hash --files-from - --format json", in: folder.url)
        #expect(try ManifestDocument(lines.standardOutput).files.map(\.path) == ["a.img", "d/e.img"])
        let nul = try await CosplanProcess.shell(
            "find . -name '*.img' -print0 | cosplan hash --files-from - -0 --format json", in: folder.url)
        #expect(try ManifestDocument(nul.standardOutput).files.map(\.path) == ["a.img", "b.img", "d/e.img"])
        let globs = try await HashTests.planned(
            ["-r", ".", "--include", "*.img", "--exclude", "b*"], in: folder)
        #expect(globs.files.map(\.path) == ["a.img", "d/e.img"])
        let keyed = try await HashTests.planned(["-r", "d", "--prefix", "/v/1/"], in: folder)
        #expect(keyed.files.map(\.key) == ["/v/1/d/e.img", "/v/1/d/f.tmp"])
    }

    @Test("a file that keeps changing is never planned with mixed bytes")
    func changing() async throws {
        let folder = try TemporaryFolder()
        // It is stopped while the file is written to: however late that is, some of it has not been read yet.
        let hashed = try await CosplanProcess.shell(
            """
            truncate -s 256M a; cosplan hash --progress none a & pid=$!
            until ls -l /proc/$pid/fd | grep -q '/a$'; do kill -0 $pid || exit 9; done
            kill -STOP $pid; printf x | dd of=a bs=1 seek=5 conv=notrunc status=none; kill -CONT $pid
            wait $pid
            """, in: folder.url)
        #expect(hashed.status == 1, "\(hashed.errors)")
        #expect(hashed.output.isEmpty)
        #expect(hashed.errors.contains("a: "), "\(hashed.errors)")
    }

    @Test(
        "usage errors are 64 and name the option",
        arguments: [
            ["--slice-size", "5M"], ["--slice-size", "1MB2"], ["--part-size", "100"], ["--part-size", "4M"],
            ["--datasha", "md5"], ["--format", "xml"], ["--insert-only", "2"], ["--jobs", "0"],
            ["--key", "nokey"],
            ["--prefix", "/a:b"], ["--region", "GZ"], ["--symlinks", "maybe"],
        ])
    func usage(flags: [String]) async throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: "a")
        let hashed = try await CosplanProcess.run(["hash", "a"] + flags, in: folder.url)
        #expect(hashed.status == 64, "\(hashed.errors)")
        #expect(hashed.errors.contains(flags[0]), "\(hashed.errors)")
        #expect(hashed.errors.hasPrefix("cosplan: error: "))
    }
}
