import Foundation
import Testing

@Suite("cosplan diff")
struct DiffTests {
    /// The differing ranges of two files of the same size, in whole parts of `size`, computed by Python.
    private static let oracle = """
        import sys
        a, b, size = open(sys.argv[1], 'rb').read(), open(sys.argv[2], 'rb').read(), int(sys.argv[3])
        runs = []
        for start in range(0, max(len(a), len(b)), size):
            x, y = a[start:start + size], b[start:start + size]
            if x == y: continue
            end = start + max(len(x), len(y))
            if runs and runs[-1][1] == start: runs[-1][1] = end
            else: runs.append([start, end])
        for start, end in runs: print(f'differs  offset {start}, length {end - start}')
        """

    private func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write(Self.oracle, to: "oracle.py")
        return folder
    }

    @Test("changed bytes are told by whole parts, as a comparison of the files themselves tells them")
    func ranges() async throws {
        let folder = try folder()
        let shown = try await CosplanProcess.shell(
            """
            set -e
            python3 -c 'import random, sys; sys.stdout.buffer.write(random.Random(1).randbytes(1000000))' > f; cp f before
            cosplan hash --part-size 64K f > old.yaml
            for offset in 5 65536 131071 700000 999999; do printf X | dd of=f bs=1 seek=$offset conv=notrunc 2>/dev/null; done
            cosplan hash --part-size 64K f > new.yaml
            python3 oracle.py before f 65536 > expected
            cosplan diff old.yaml new.yaml > found && exit 9 || test $? = 1
            grep differs found | sed 's/^ *//' | cmp expected -
            printf YY >> f; cosplan hash --part-size 64K f > longer.yaml
            python3 oracle.py before f 65536 > expected
            cosplan diff old.yaml longer.yaml > found && exit 9 || test $? = 1
            grep differs found | sed 's/^ *//' | cmp expected -
            """, in: folder.url)
        #expect(shown.status == 0, "\(shown.output)\(shown.errors)")
    }

    @Test(
        "the same plan in the other format, or twice, is 0; without part digests it says what it cannot tell")
    func sameAndUncertain() async throws {
        let folder = try folder()
        let shown = try await CosplanProcess.shell(
            """
            head -c 300000 /dev/zero > f; cosplan hash f > a.yaml; cosplan hash --format json f > a.json
            cosplan diff a.yaml a.json || exit 3
            cosplan hash f | cosplan diff a.yaml - > /dev/null || exit 4
            cosplan hash --no-part-sha1 --part-size 64K f > bare.yaml
            printf X | dd of=f bs=1 seek=70000 conv=notrunc 2>/dev/null
            cosplan hash --no-part-sha1 --part-size 64K f > changed.yaml
            cosplan diff bare.yaml changed.yaml
            """, in: folder.url)
        #expect(shown.status == 1, "\(shown.errors)")
        #expect(shown.outputLines.first == "0 files changed, 0 added, 0 removed, 1 the same")
        #expect(shown.output.contains("differs  offset 65536, length 65536\n"), "\(shown.output)")
        #expect(
            shown.output.contains("may differ  offset 131072, length 168928; no digest of just these bytes"))
    }

    @Test("added, removed, renamed in another normal form, keys and settings, as text")
    func text() async throws {
        let folder = try folder()
        let shown = try await CosplanProcess.shell(
            """
            printf x > same; printf y > gone; printf z > "$(printf 'e\\314\\201')"; printf w > moved
            cosplan hash --region gz same gone moved "$(printf 'e\\314\\201')" > old.yaml
            rm gone; mv "$(printf 'e\\314\\201')" "$(printf '\\303\\251')"; printf v > extra
            cosplan hash --region sh --prefix /p same moved extra "$(printf '\\303\\251')" > new.yaml
            cosplan diff old.yaml new.yaml
            """, in: folder.url)
        #expect(shown.status == 1, "\(shown.errors)")
        #expect(
            shown.outputLines == [
                "added    extra  1 B (1)", "changed  moved", "         key  /moved -> /p/moved",
                "changed  same",
                "         key  /same -> /p/same", "added    \u{e9}  1 B (1)",
                "         its name is that of a removed file but for the normal form (NFC, NFD): was U+0301, is U+00E9",
                "removed  e\u{301}  1 B (1)", "removed  gone  1 B (1)",
                "settings region  gz -> sh  in 2 files",
                "2 files changed, 2 added, 2 removed, 0 the same", "",
            ], "\(shown.output)")
    }

    @Test("JSON is one object with everything the text says, exactly")
    func json() async throws {
        let folder = try folder()
        let shown = try await CosplanProcess.shell(
            """
            printf x > f; cosplan hash f > old.yaml; printf xy > f; cosplan hash f > new.yaml
            cosplan diff --format json old.yaml new.yaml > d.json; test $? = 1 || exit 3
            cosplan diff --format json old.yaml old.yaml > s.json || exit 4
            python3 - <<'END'
            import json
            d, s = json.load(open('d.json')), json.load(open('s.json'))
            assert (d['changed'], d['added'], d['removed'], d['same'], d['exit']) == (1, 0, 0, 0, 1), d
            f = d['files'][0]
            assert f['change'] == 'changed' and f['path'] == 'f' and f['sameContent'] is False, f
            assert f['ranges'] == [{'offset': 0, 'length': 2, 'certain': True}], f
            assert {x['name']: (x['old'], x['new']) for x in f['fields']}['filesize'] == ('1', '2'), f
            assert s['files'] == [] and s['same'] == 1 and s['exit'] == 0, s
            END
            """, in: folder.url)
        #expect(shown.status == 0, "\(shown.output)\(shown.errors)")
    }

    @Test("a manifest that is missing is 66, one that is none or breaks rules 65, both inputs from stdin 64")
    func exits() async throws {
        let folder = try folder()
        try folder.write("x", to: "f")
        try folder.write("[1]", to: "none.yaml")
        let shown = try await CosplanProcess.shell(
            """
            cosplan hash f > a.yaml; sed 's/insertOnly: 1/insertOnly: 7/' a.yaml > broken.yaml
            for arguments in "a.yaml nowhere.yaml" "none.yaml a.yaml" "a.yaml broken.yaml" "- -"; do
                cosplan diff $arguments 2>> errors; echo $?
            done
            cat errors
            """, in: folder.url)
        #expect(Array(shown.outputLines.prefix(4)) == ["66", "65", "65", "64"], "\(shown.output)")
        #expect(shown.output.contains("broken.yaml:11:15: error R27"), "\(shown.output)")
    }
}
