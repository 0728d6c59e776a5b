import Foundation
import Testing

@Suite("cosplan show")
struct ShowTests {
    /// The documentation's example: 26,585 bytes in one part.
    ///
    /// The digest is that of the pattern (protocol, section 2).
    private static let sha = "9cfa6477265233231b7e48d9fae396d68ad31b8b"

    private func planned() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.pattern(count: 26_585), to: "uploader1500000000")
        try folder.write(Data(), to: "empty")
        try await CosplanProcess.shell(
            """
            t="--region gz --appid 124566667 --bucket xy2"
            cosplan hash $t uploader1500000000 > m.yaml && cosplan hash $t empty > e.yaml && cat m.yaml e.yaml > both.yaml
            """, in: folder.url
        ).expectSuccess()
        return folder
    }

    @Test("--uploadparts is the wire's JSON to the byte")
    func uploadParts() async throws {
        let folder = try await planned()
        let shown = try await CosplanProcess.run(["show", "--uploadparts", "m.yaml"], in: folder.url)
        #expect(shown.status == 0)
        #expect(shown.output == #"[{"offset":0,"datalen":26585,"datasha":"\#(Self.sha)"}]"# + "\n")
        let two = try await CosplanProcess.shell(
            """
            head -c 26585 /dev/zero > z; cosplan hash --part-size 64K z > z.yaml
            cosplan show --uploadparts z.yaml | cmp - <(cosplan hash --format json z | cosplan show --uploadparts -)
            """, in: folder.url)
        #expect(two.status == 0, "\(two.errors)\(two.output)")
    }

    @Test("--request init is the page's request, field for field, the signature left out")
    func requestInit() async throws {
        let folder = try await planned()
        let shown = try await CosplanProcess.run(["show", "--request", "init", "m.yaml"], in: folder.url)
        #expect(shown.status == 0, "\(shown.errors)")
        let text = shown.output
        #expect(
            text.hasPrefix("POST /files/v2/124566667/xy2/uploader1500000000 HTTP/1.1\r\n"),
            "\(text.prefix(200))")
        #expect(text.contains("Host: gz.file.myqcloud.com\r\n"))
        #expect(!text.contains("irCtRo2B"))
        // The body from the documentation, with the digest of this file.
        let fields = [
            ("op", "upload_slice_init"), ("sha", Self.sha), ("insertOnly", "1"), ("slice_size", "1048576"),
            ("filesize", "26585"),
            ("uploadparts", #"[{"offset":0,"datalen":26585,"datasha":"\#(Self.sha)"}]"#),
        ]
        for (name, value) in fields {
            let part =
                "Content-Disposition: form-data; name=\"\(name)\"\r\nContent-Length: \(value.utf8.count)\r\n\r\n\(value)\r\n"
            #expect(text.contains(part), "\(name)")
        }
    }

    @Test(
        "--request upload is the simple upload with a mark for the file's bytes; --request init stays the init"
    )
    func requestUpload() async throws {
        let folder = try await planned()
        let shown = try await CosplanProcess.run(["show", "--request", "upload", "m.yaml"], in: folder.url)
        #expect(shown.status == 0, "\(shown.errors)")
        let pieces = shown.output.split(separator: "\r\n\r\n", maxSplits: 1).map(String.init)
        let (head, body) = (try #require(pieces.first), try #require(pieces.last))
        let mark = "<26585 bytes of uploader1500000000>"
        let boundary = "BOUNDARY-BOUNDARY-BOUNDARY-BOUNDARY0"
        func field(_ name: String, _ length: Int, _ value: String) -> String {
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\nContent-Length: \(length)\r\n\r\n"
                + "\(value)\r\n"
        }
        let expected =
            field("op", 6, "upload") + field("sha", 40, Self.sha) + field("insertOnly", 1, "1")
            + field("filecontent", 26_585, mark) + "--\(boundary)--\r\n"
        #expect(body == expected)
        #expect(
            head.hasSuffix("Content-Length: \(expected.utf8.count - mark.utf8.count + 26_585)"), "\(head)")
        try await CosplanProcess.shell(
            "truncate -s 20971521 big && cosplan hash --region gz --appid 1 --bucket xy2 big -o big.yaml",
            in: folder.url
        ).expectSuccess()
        let large = try await CosplanProcess.run(["show", "--request", "upload", "big.yaml"], in: folder.url)
        #expect(large.status == 1)
        #expect(large.errors.contains("20971520 at most"), "\(large.errors)")
    }

    @Test("the summary is one line a file")
    func summary() async throws {
        let folder = try await planned()
        let shown = try await CosplanProcess.run(["show", "both.yaml"], in: folder.url)
        #expect(shown.status == 0)
        let lines = shown.output.split(separator: "\n").filter {
            $0.contains("/uploader1500000000") || $0.contains("/empty")
        }
        #expect(lines.count == 2, "\(shown.output)")
    }

    @Test("--format sha1sum is what sha1sum -c agrees with, for every name")
    func sumLines() async throws {
        let folder = try TemporaryFolder()
        let shown = try await CosplanProcess.shell(
            """
            mkdir d; cd d
            printf 1 > plain; printf 2 > ' two  spaces '; printf 3 > 'back\\slash'; printf 6 > 上传; printf 7 > ./-
            printf '' > empty; printf 8 > '*star'
            cd ..; cosplan hash -r --root d . --api xml -o plan.yaml || exit 3
            # No object's key holds these.
            printf 4 > "$(printf 'd/line\\nend')"; printf 5 > "$(printf 'd/cr\\r')"
            cosplan hash --root d --key /4 "$(printf 'line\\nend')" >> plan.yaml || exit 3
            cosplan hash --root d --key /5 "$(printf 'cr\\r')" >> plan.yaml || exit 3
            cosplan show --format sha1sum plan.yaml > sums || exit 4
            cd d && sha1sum -c --strict ../sums || exit 5
            for name in *; do test "$name" = - && name=./-; sha1sum -- "$name"; done | LC_ALL=C sort > ../expected
            LC_ALL=C sort ../sums | cmp - ../expected || exit 6
            printf x > plain; sha1sum -c --status ../sums && exit 7 || exit 0
            """, in: folder.url)
        #expect(shown.status == 0, "\(shown.status) \(shown.output)\(shown.errors)")
    }

    @Test("--format json is one object with the fields of the manifest")
    func json() async throws {
        let folder = try await planned()
        let shown = try await CosplanProcess.shell(
            """
            cosplan show --format json both.yaml > s.json || exit 3
            cosplan show --format json --path empty both.yaml > e.json || exit 4
            python3 - <<'END'
            import json
            s, e = json.load(open('s.json')), json.load(open('e.json'))
            assert (s['version'], s['fileCount'], s['documents'], s['shown'], s['bytes']) == (1, 2, 2, 2, 26585), s
            f = s['files'][0]
            assert (f['path'], f['key'], f['filesize'], f['sha']) == (
                'uploader1500000000', '/uploader1500000000', 26585, '\(Self.sha)'), f
            assert (f['slice_size'], f['slices'], f['parts'], f['document'], f['line']) == (1048576, 1, 1, 1, 7), f
            assert f['target'] == {'api': 'json', 'region': 'gz', 'appid': 124566667, 'bucket': 'xy2'}, f
            assert [x['path'] for x in e['files']] == ['empty'] and e['shown'] == 1, e
            END
            """, in: folder.url)
        #expect(shown.status == 0, "\(shown.output)\(shown.errors)")
        let both = try await CosplanProcess.run(
            ["show", "--format", "json", "--uploadparts", "m.yaml"], in: folder.url)
        #expect(both.status == 64)
    }
}
