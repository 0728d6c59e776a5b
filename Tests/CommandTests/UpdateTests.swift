import Foundation
import Testing

@Suite("cosplan hash --update")
struct UpdateTests {
    /// Makes files in `d`, and edits them: `edit.py make|edit SEED`.
    ///
    /// The same seed does the same.
    private static let editor = """
        import os, random, sys
        dice = random.Random(int(sys.argv[2]))
        def write(name, data):
            with open(os.path.join('d', name), 'wb') as file: file.write(data)
        def read(name):
            with open(os.path.join('d', name), 'rb') as file: return file.read()
        if sys.argv[1] == 'make':
            os.makedirs('d/sub')
            for i in range(40): write('f%02d' % i, dice.randbytes(dice.randrange(1, 300_000)))
            write('empty', b''); write('sub/one', dice.randbytes(70_000)); write('sub/small', b'x')
            sys.exit()
        for name in sorted(os.listdir('d')):
            if name == 'sub' or dice.random() < 0.2: continue
            data, kind = read(name), dice.randrange(9)
            place = dice.randrange(len(data)) if data else 0
            if kind == 0: data += dice.randbytes(dice.randrange(1, 200_000))
            elif kind == 1: data = data[:place]
            elif kind == 2: data = data[:place] + bytes([data[place] ^ 1]) + data[place + 1:] if data else b'n'
            elif kind == 3: data = dice.randbytes(len(data))
            elif kind == 4: data = data[:place] + dice.randbytes(dice.randrange(100_000)) + data[place:]
            elif kind == 5: os.rename('d/' + name, 'd/r' + name); continue
            elif kind == 6: os.remove('d/' + name); data = dice.randbytes(50_000); name = 'n' + name
            elif kind == 7: data = data[:place // 65536 * 65536]
            else: data += b'end'
            write(name, data)
        """

    private func folder() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write(Self.editor, to: "edit.py")
        return folder
    }

    @Test("the plan is what hash alone writes, whatever became of files and options", arguments: 1...2)
    func edits(_ seed: Int) async throws {
        let folder = try await folder()
        // So many threads that no file is left to itself for the others' sake.
        let shown = try await CosplanProcess.shell(
            """
            python3 edit.py make \(seed)
            cosplan hash -q -r d --part-size 64K -o old.yaml || exit 3
            cosplan hash -q -r d --part-size 128K --format json --no-part-sha1 -o old.json || exit 3
            cosplan hash -q -r d --datasha part -o part.yaml || exit 3
            cat old.yaml part.yaml > both.yaml
            same() { cosplan hash -q -r d "$@" > plain || exit 4
                for old in old.yaml old.json part.yaml; do
                    cosplan hash -q -r d "$@" --jobs 8 --update $old > updated || exit 5
                    cmp plain updated || exit 6
                done; }
            same --part-size 64K
            for round in 1 2; do
                python3 edit.py edit \(seed)$round
                same --part-size 64K
                same --part-size 192K --checksum crc64ecma,crc64nvme --region gz
                cosplan hash -q -r d --part-size 64K -o old.yaml --update old.yaml || exit 7
                cosplan hash -q -r d --part-size 64K | cmp - old.yaml || exit 8
            done
            same --datasha part --part-size 64K --format json
            same --no-part-sha1 --part-size 64K --slice-size 512K --prefix /p
            same --checksum md5,sha256 --part-size 64K
            """, in: folder.url)
        #expect(shown.status == 0, "\(shown.status) \(shown.output)\(shown.errors)")
    }

    @Test("an earlier manifest that breaks rules is a warning, and proves only what the bytes confirm")
    func damaged() async throws {
        let folder = try await folder()
        let shown = try await CosplanProcess.shell(
            """
            head -c 900000 /dev/urandom > a; head -c 700000 /dev/urandom > b
            cosplan hash -q a b --part-size 64K -o old.yaml; cp old.yaml plain
            updated() { cosplan hash a b --part-size 64K --jobs 8 --update "$@" > out 2>> errors || exit 3; cmp plain out || exit 4; }
            sed '0,/datalen: 65536/s//datalen: 65535/' old.yaml > lengths.yaml
            sed 's/filesize: 900000/filesize: 900001/' old.yaml > size.yaml
            sed "s/^  sha: '....../  sha: '000000/" old.yaml > sha.yaml
            python3 -c "
            import re, sys
            n = iter(range(99))
            print(re.sub(r\\"datasha: '..\\", lambda m: m.group(0) if next(n) % 3 else m.group(0)[:-2] + '00', sys.stdin.read()), end='')
            " < old.yaml > states.yaml
            sed 's/^- path:/- pth:/' old.yaml > keys.yaml
            sed '/^datasha:/d' old.yaml > header.yaml
            cat old.yaml old.yaml > twice.yaml
            for old in lengths size sha states keys header twice; do
                echo "$old" >> errors; updated $old.yaml
            done
            """, in: folder.url)
        #expect(shown.status == 0, "\(shown.status) \(shown.output)\(shown.errors)")
        let errors = try folder.text("errors")
        for name in ["lengths", "size", "keys", "header", "twice"] {
            #expect(errors.contains("cosplan: warning: \(name).yaml: "), "\(name): \(errors)")
        }
        #expect(errors.contains("only what the files' bytes confirm is used"))
        #expect(!errors.contains("error:"))
    }

    @Test("an earlier manifest that is missing is 66, one that is not well-formed 65, an emptied one named")
    func refused() async throws {
        let folder = try await folder()
        let shown = try await CosplanProcess.shell(
            """
            echo x > a; cosplan hash -q a -o old.yaml
            printf 'files: [' > torn.yaml; : > empty.yaml; mkdir folder; cp old.yaml kept.yaml
            try() { cosplan hash a "$@" > out 2>> errors; echo $? $(stat -c %s out); }
            try --update nowhere.yaml
            try --update torn.yaml
            try --update empty.yaml
            try --update folder
            try --update - --stamps s < old.yaml
            try --update - < old.yaml
            cosplan hash a --update old.yaml > old.yaml 2>> errors; echo $?
            cosplan hash a --update kept.yaml -o kept.yaml; echo $?
            """, in: folder.url)
        let size = try folder.read("kept.yaml").count
        #expect(
            shown.outputLines == ["66 0", "65 0", "65 0", "66 0", "64 0", "0 \(size)", "64", "0", ""],
            "\(shown.output)\(shown.errors)")
        let errors = try folder.text("errors")
        for line in [
            "torn.yaml: is no manifest to start from; leave out --update",
            "old.yaml: standard output goes there, too, and the shell has emptied it; write with -o old.yaml",
        ] { #expect(errors.contains(line), "\(errors)") }
    }
}

@Suite("cosplan hash --stamps")
struct StampsTests {
    /// `stamps.py later STAMPS`: the planning began a minute later.
    ///
    /// `stamps.py young STAMPS FILE`: it began a second after the file was written.
    /// `stamps.py forge PLAN STAMPS FROM TO`: replaces text in the plan, of which the index is then.
    /// `stamps.py flip STAMPS`: changes a number.
    private static let editor = """
        import hashlib, json, os, re, sys
        def read(name): return open(name, 'rb').read()
        def seal(name, records):
            body = b''.join(record + b'\\0' for record in records)
            open(name, 'wb').write(body + hashlib.sha256(body).hexdigest().encode() + b'\\0')
        if sys.argv[1] == 'flip':
            records = read(sys.argv[2]).split(b'\\0')
            records[1] = re.sub(rb'^\\d+', b'4711', records[1])
            open(sys.argv[2], 'wb').write(b'\\0'.join(records)); sys.exit()
        name = sys.argv[3] if sys.argv[1] == 'forge' else sys.argv[2]
        records = read(name).split(b'\\0')
        assert records[-1] == b'' and hashlib.sha256(b'\\0'.join(records[:-2]) + b'\\0').hexdigest().encode() == records[-2]
        head = json.loads(records[0])
        if sys.argv[1] == 'later': head['begun'] += 60_000_000_000
        elif sys.argv[1] == 'young': head['begun'] = os.stat(sys.argv[3]).st_ctime_ns + 1_000_000_000
        else:
            plan = read(sys.argv[2])
            assert hashlib.sha256(plan).hexdigest() == head['plan'], 'the index is of the plan'
            for record in records[1:-2]:
                fields = record.split(b' ', 7)
                entry = plan[int(fields[5]):int(fields[5]) + int(fields[6])]
                assert fields[7] in entry and b'sha' in entry
            plan = plan.replace(sys.argv[4].encode(), sys.argv[5].encode())
            open(sys.argv[2], 'wb').write(plan)
            head['plan'] = hashlib.sha256(plan).hexdigest()
        seal(name, [json.dumps(head).encode()] + records[1:-2])
        """

    private func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write(Self.editor, to: "stamps.py")
        return folder
    }

    /// Plans `d` with an index, as if a minute before anything else, and forges the digest of d/a: it stays forged as
    /// long as nobody reads the file.
    private static func prelude(_ format: String) -> String {
        """
        mkdir d; for name in a b c; do echo $name > d/$name; done; head -c 300000 /dev/urandom > d/large
        plan() { cosplan hash -r d --part-size 64K --format \(format) "$@" 2>> errors; }
        plan --stamps p.stamps -o p || exit 3
        python3 stamps.py later p.stamps || exit 4
        sha=$(sha1sum < d/a); sha=${sha%% *}
        forged=0123456789abcdef0123456789abcdef01234567
        python3 stamps.py forge p p.stamps $sha $forged || exit 5
        update() { cp p q; cp p.stamps q.stamps; : > errors; plan --update q --stamps q.stamps -o q || exit 6
            plan > plain; cmp -s plain q && echo true || { sed "s/$forged/$sha/g" q | cmp plain - && echo forged; } || exit 7; }

        """
    }

    @Test("files untouched since are taken over unread, others read again", arguments: ["yaml", "json"])
    func untouched(_ format: String) async throws {
        let folder = try folder()
        let shown = try await CosplanProcess.shell(
            Self.prelude(format) + """
                update; grep -c '4 files untouched since' errors
                echo more >> d/b; update; grep -c '3 files untouched since' errors
                rm d/c; echo new > d/0; mv d/large d/x; update; grep -c '1 file untouched since' errors
                cp -p d/a copy; mv copy d/a; update; grep -c untouched errors
                """, in: folder.url)
        let errors = try folder.text("errors")
        #expect(
            shown.outputLines == ["forged", "1", "forged", "1", "forged", "1", "true", "0", ""],
            "\(shown.status) \(shown.output)\(shown.errors) \(errors)")
    }

    @Test(
        "a file is read again once anything shows that it may have been written",
        arguments: [
            "touch d/a", "touch -d 2001-01-01 d/a", "printf z | dd of=d/a conv=notrunc status=none",
            "chmod 600 d/a",
            "ln d/a link", "cp -p d/a x; mv x d/a", "python3 stamps.py flip p.stamps; : 65",
        ])
    func touched(_ change: String) async throws {
        let folder = try folder()
        let shown = try await CosplanProcess.shell(
            Self.prelude("yaml") + "\(change); sha=$(sha1sum < d/a); sha=${sha%% *}; update",
            in: folder.url)
        if change.hasSuffix("65") {
            #expect(shown.status == 6)
            #expect(
                try folder.text("errors").contains("q.stamps: is no index that --stamps wrote, or is damaged")
            )
        } else {
            #expect(shown.outputLines == ["true", ""], "\(shown.status) \(shown.output)\(shown.errors)")
        }
    }

    @Test("a file that was young when it was planned is read again, though nothing shows")
    func young() async throws {
        let folder = try folder()
        let shown = try await CosplanProcess.shell(
            Self.prelude("yaml").replacing("later p.stamps", with: "young p.stamps d/a")
                + "update; grep -c untouched errors", in: folder.url)
        #expect(shown.outputLines == ["true", "0", ""], "\(shown.status) \(shown.output)\(shown.errors)")
    }

    @Test("an index of another manifest or of other options is refused, and nothing is written")
    func refused() async throws {
        let folder = try folder()
        let shown = try await CosplanProcess.shell(
            Self.prelude("yaml") + """
                cp p.stamps before; cp p other; echo >> other; echo text > text; cp text text.before
                refused() { plan "$@" -o out; echo $?; test -e out && echo written; cmp p.stamps before; }
                refused --update other --stamps p.stamps
                refused --update p --stamps p.stamps --prefix /x
                refused --update p --stamps p.stamps --insert-only 0
                refused --update p --stamps text
                refused --stamps text
                cmp text text.before
                plan --update p --stamps none -o out; echo $?; cmp <(plan) out; test -s none; echo $?
                """, in: folder.url)
        #expect(
            shown.outputLines == ["65", "65", "65", "65", "65", "0", "0", ""],
            "\(shown.output)\(shown.errors)")
        let errors = try folder.text("errors")
        for line in [
            "p.stamps: belongs to another manifest than other; leave out --stamps, or remove the file",
            "p.stamps: written with --prefix '', now '/x'; plan with the same options",
            "p.stamps: written with --insert-only '1', now '0'",
            "text: is no index that --stamps wrote, or is damaged; name another file, or remove it",
            "none: not there yet; every file is read",
        ] { #expect(errors.contains(line), "\(line): \(errors)") }
    }

    @Test("the index is no file of the plan, and is kept whole by a kill in the middle")
    func killed() async throws {
        let folder = try folder()
        let shown = try await CosplanProcess.shell(
            """
            mkdir d; echo a > d/a; cosplan hash -q -r d --stamps d/p.stamps -o d/p || exit 3
            cosplan hash -q -r d --stamps d/p.stamps --update d/p -o d/p || exit 4
            grep -c path: d/p
            cp d/p d/p.stamps .; truncate -s 64G d/large
            cosplan hash -q -r d --stamps d/p.stamps --update d/p -o d/p & pid=$!
            until ls -l /proc/$pid/fd | grep -q d/large; do kill -0 $pid || exit 5; done
            kill -9 $pid; wait $pid; echo $?
            cmp p d/p && cmp p.stamps d/p.stamps; ls -A d
            """, in: folder.url)
        #expect(
            shown.outputLines == ["1", "137", "a", "large", "p", "p.stamps", ""],
            "\(shown.output)\(shown.errors)")
    }
}
