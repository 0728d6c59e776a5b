import Foundation
import Testing

/// The exit statuses of `push` against misbehaving servers.
@Suite("cosplan push, against odd servers")
struct PushConnectionTests {
    private static func exists(_ program: String) -> Bool {
        ["/usr/bin", "/bin", "/usr/local/bin"].contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
        }
    }

    private static let hasPython = exists("python3")
    private static let hasTLS = hasPython && exists("openssl")
    private static let time = "/usr/bin/time"

    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "odd_server.py").path

    /// A folder with a planned file and its manifest `m.yaml`.
    private static func prepare() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write(SampleBytes.random(count: 100_000, seed: 70), to: "a")
        _ = try await CosplanProcess.run(["hash", "a", "-o", "m.yaml"], in: folder.url)
        return folder
    }

    /// Runs `line` beside a misbehaving server; `$port` is its port, `$push` the beginning of a push command.
    private static func shell(
        _ line: String, _ mode: String, in folder: TemporaryFolder, environment: [String: String] = [:]
    ) async throws -> Finished {
        let push = "cosplan push m.yaml --progress none " + TestTarget.flags.joined(separator: " ")
        return try await CosplanProcess.shell(
            """
            rm -f port; python3 '\(script)' \(mode) > port & server=$!
            trap 'kill -KILL $server' EXIT
            until [ -s port ] || ! kill -0 $server; do sleep 0.02; done
            port=$(cat port); push='\(push)'
            \(line)
            """, in: folder.url, environment: ServeProcess.credentials.merging(environment) { $1 })
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let mode: String
        let status: Int32
        var flags = "--retries 1"
        var says = ""

        var testDescription: String { mode }
    }

    @Test(
        "each ends as the exit table says, in words",
        .enabled(if: hasPython, "needs python3"),
        arguments: [
            Row(mode: "plain", status: 0), Row(mode: "trailer", status: 0),
            Row(
                mode: "cut", status: 75,
                says:
                    ": the connection closed without a reply; does the port speak TLS? try https://, or try again "
                    + "later"),
            Row(mode: "endless", status: 69, says: ": the reply is longer than 1048576 bytes; "),
            Row(mode: "bomb", status: 69, flags: "--retries 0", says: ": the reply is longer than 1048576"),
            Row(
                mode: "drip", status: 75, flags: "--retries 1 --timeout 1",
                says:
                    "the reply had not come 1 seconds after the request was sent; try again later, or give the "
                    + "service more time with --timeout"),
            Row(mode: "silent", status: 75, flags: "--retries 0 --timeout 1", says: "--timeout"),
        ])
    func ends(_ row: Row) async throws {
        let folder = try await Self.prepare()
        let pushed = try await Self.shell(
            "$push --endpoint http://127.0.0.1:$port \(row.flags)", row.mode, in: folder)
        #expect(pushed.status == row.status, "\(pushed.errors)")
        #expect(
            row.says.isEmpty || pushed.errors.contains("cosplan: error: /a: init: 127.0.0.1:"),
            "\(pushed.errors)")
        #expect(row.says.isEmpty || pushed.errors.contains(row.says), "\(pushed.errors)")
    }

    @Test("an endpoint with an IPv6 address works", .enabled(if: hasPython, "needs python3"))
    func ipv6() async throws {
        let folder = try await Self.prepare()
        let pushed = try await Self.shell(
            """
            [ -n "$port" ] || exit 9
            $push --endpoint "http://[0:0::1]:$port"
            """, "ipv6", in: folder)
        // A machine without IPv6 on loopback cannot run this test.
        if pushed.status != 9 { #expect(pushed.status == 0, "\(pushed.errors)") }
    }

    @Test(
        "whatever a server sends, push takes no more memory than its bodies and 64 MiB",
        .enabled(
            if: hasPython && FileManager.default.isExecutableFile(atPath: time)
                && !CosplanProcess.isSanitized,
            "needs python3, time and no sanitizer"),
        arguments: ["plain", "endless", "bomb"])
    func memory(mode: String) async throws {
        let folder = try await Self.prepare()
        let pushed = try await Self.shell(
            """
            \(Self.time) -f %M -o peak ${push/cosplan/$(command -v cosplan)} --retries 0 \
                --endpoint http://127.0.0.1:$port
            """, mode, in: folder)
        let text = try folder.text("peak")
        // `time` first prints how a command failed.
        let peak = try #require(
            text.split(separator: "\n").last.flatMap { Int($0) }, "\(text) \(pushed.errors)")
        #expect(peak < 128 << 10, "\(peak) KiB")
    }

    @Test(
        "nobody listening is tried twice, a second apart, and every attempt is told of",
        arguments: ["http://127.0.0.1:1", "http://nowhere.invalid"])
    func nobody(endpoint: String) async throws {
        let folder = try await Self.prepare()
        let pushed = try await CosplanProcess.run(
            ["push", "m.yaml", "-v", "--endpoint", endpoint] + TestTarget.flags, in: folder.url,
            environment: ServeProcess.credentials)
        #expect(pushed.status == 75, "\(pushed.errors)")
        let reason = endpoint.contains("invalid") ? "the host was not found" : "the connection was refused"
        let lines = pushed.errors.split(separator: "\n").map(String.init)
        #expect(lines.filter { $0.hasSuffix("s] init /a: \(reason)") }.count == 2, "\(pushed.errors)")
        #expect(lines.filter { $0.contains(": retry ") }.count == 1, "\(pushed.errors)")
        let host = endpoint.dropFirst("http://".count)
        #expect(
            lines.contains(
                "cosplan: error: /a: init: \(host): \(reason), tried twice at most because this endpoint has not answered "
                    + "in this run; check --endpoint, or try again later"), "\(pushed.errors)")
    }

    @Test(
        "a proxy that forbids the endpoint ends push at once with 78, one that reaches nobody is asked again",
        .enabled(if: hasPython, "needs python3"), arguments: [("forbidding", 78, 403), ("failing", 75, 503)])
    func proxy(mode: String, exit: Int32, status: Int) async throws {
        let folder = try await Self.prepare()
        let pushed = try await Self.shell(
            """
            export https_proxy=http://127.0.0.1:$port
            $push -v --retries 1 --endpoint https://cos.example
            """, mode, in: folder)
        #expect(pushed.status == exit, "\(pushed.errors)")
        let port = try folder.text("port").trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(
            pushed.errors.contains(
                "cosplan: error: /a: init: the proxy 127.0.0.1:\(port) (https_proxy) refuses to connect to cos.example "
                    + "(status \(status)); "), "\(pushed.errors)")
        #expect(pushed.errors.contains(": retry 1 ") == (exit == 75), "\(pushed.errors)")
    }

    @Test("https to an http port ends push at once with 78", .enabled(if: hasPython, "needs python3"))
    func plainPort() async throws {
        let folder = try await Self.prepare()
        let server = try ServeProcess(in: folder.url)
        defer { server.stop() }
        let endpoint = server.url.replacingOccurrences(of: "http:", with: "https:")
        let pushed = try await CosplanProcess.run(
            ["push", "m.yaml", "-v", "--endpoint", endpoint] + TestTarget.flags, in: folder.url,
            environment: ServeProcess.credentials)
        #expect(pushed.status == 78, "\(pushed.errors)")
        #expect(pushed.errors.contains("does not speak TLS"), "\(pushed.errors)")
        #expect(!pushed.errors.contains("retry"), "\(pushed.errors)")
    }

    @Test(
        "http to a port that speaks TLS asks whether it does",
        .enabled(if: hasTLS, "needs python3 and openssl"))
    func encryptedPort() async throws {
        let folder = try await Self.prepare()
        try await Self.makeCertificate("IP:127.0.0.1", in: folder)
        let pushed = try await Self.shell(
            "$push --retries 0 --endpoint http://127.0.0.1:$port", "tls .", in: folder)
        #expect(pushed.status == 75, "\(pushed.errors)")
        #expect(pushed.errors.contains("; does the port speak TLS? try https://"), "\(pushed.errors)")
    }

    /// Creates a self-signed certificate for `name` in the folder.
    private static func makeCertificate(_ name: String, in folder: TemporaryFolder) async throws {
        let made = try await CosplanProcess.shell(
            """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test \
                -addext 'subjectAltName=\(name)' -keyout key.pem -out cert.pem
            """, in: folder.url)
        try #require(made.status == 0, "\(made.errors)")
    }

    @Test(
        "a certificate that is not trusted ends push at once with 78; with its authority it is 0",
        .enabled(if: hasTLS, "needs python3 and openssl"))
    func certificate() async throws {
        let folder = try await Self.prepare()
        try await Self.makeCertificate("IP:127.0.0.1", in: folder)
        let endpoint = "--endpoint https://127.0.0.1:$port"
        let refused = try await Self.shell("$push -v \(endpoint)", "tls .", in: folder)
        #expect(refused.status == 78, "\(refused.errors)")
        #expect(
            refused.errors.contains(
                "cosplan: error: /a: init: the certificate of 127.0.0.1 is not trusted: it is self-signed; if the "
                    + "host is yours, pass its authority's certificate with --ca-file\n"), "\(refused.errors)"
        )
        #expect(!refused.errors.contains("retry"), "\(refused.errors)")
        for trust in [
            "$push --ca-file cert.pem", "CURL_CA_BUNDLE=cert.pem SSL_CERT_FILE=none $push",
            "SSL_CERT_FILE=cert.pem $push",
        ] {
            let trusted = try await Self.shell("\(trust) \(endpoint)", "tls .", in: folder)
            #expect(trusted.status == 0, "\(trust): \(trusted.errors)")
        }
        // It replaces the system's certificates.
        let other = try await Self.shell(
            """
            mkdir other; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
                -subj /CN=other -keyout other/key.pem -out other/cert.pem 2> /dev/null
            $push --ca-file other/cert.pem \(endpoint)
            """, "tls .", in: folder)
        #expect(other.status == 78, "\(other.errors)")
    }

    @Test("another host's certificate is said to be that", .enabled(if: hasTLS, "needs python3 and openssl"))
    func otherHost() async throws {
        let folder = try await Self.prepare()
        try await Self.makeCertificate("DNS:cos.example", in: folder)
        let refused = try await Self.shell(
            "$push --ca-file cert.pem --endpoint https://127.0.0.1:$port", "tls .", in: folder)
        #expect(refused.status == 78, "\(refused.errors)")
        #expect(
            refused.errors.contains("the certificate of 127.0.0.1 is not trusted: it belongs to another host")
        )
    }

    /// Makes an authority and a certificate for 127.0.0.1 signed by it, valid from `begin` to `end`.
    private static func makeSignedCertificate(
        from begin: String, to end: String, in folder: TemporaryFolder
    ) async throws {
        try folder.write(
            """
            [ca]
            default_ca = test
            [test]
            database = index
            serial = serial
            new_certs_dir = .
            default_md = sha256
            policy = names
            x509_extensions = extensions
            [names]
            commonName = supplied
            [extensions]
            subjectAltName = IP:127.0.0.1

            """, to: "ca.cnf")
        let made = try await CosplanProcess.shell(
            """
            : > index; echo 01 > serial; new='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
            openssl req -x509 $new -days 2 -subj /CN=authority -keyout ca.key -out ca.pem &&
                openssl req $new -subj /CN=host -keyout key.pem -out request.pem &&
                openssl ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -in request.pem -out cert.pem \
                    -startdate \(begin) -enddate \(end)
            """, in: folder.url)
        try #require(made.status == 0, "\(made.errors)")
    }

    @Test(
        "of a certificate of a trusted authority it is told whether its time is over or has not begun",
        .enabled(if: hasTLS, "needs python3 and openssl"),
        arguments: [
            (
                "20200101000000Z", "20200102000000Z",
                "it has expired; check this machine's clock, or ask whoever"
            ),
            (
                "21000101000000Z", "21000102000000Z",
                "it is not valid yet; check this machine's clock, or ask whoever"
            ),
            ("20200101000000Z", "21000101000000Z", nil),
        ])
    func times(begin: String, end: String, says: String?) async throws {
        let folder = try await Self.prepare()
        try await Self.makeSignedCertificate(from: begin, to: end, in: folder)
        let push = "$push -v --endpoint https://127.0.0.1:$port"
        let trusted = try await Self.shell("\(push) --ca-file ca.pem", "tls .", in: folder)
        #expect(trusted.status == (says == nil ? 0 : 78), "\(trusted.errors)")
        let refusal = "cosplan: error: /a: init: the certificate of 127.0.0.1 is not trusted: "
        if let says { #expect(trusted.errors.contains(refusal + says), "\(trusted.errors)") }
        // Whatever its times: the system does not know its authority.
        let unknown = try await Self.shell(push, "tls .", in: folder)
        #expect(unknown.status == 78, "\(unknown.errors)")
        #expect(
            unknown.errors.contains(refusal + "no trusted authority signed it; if the host is yours, pass "),
            "\(unknown.errors)")
        #expect(!(trusted.errors + unknown.errors).contains("retry"))
    }

    @Test(
        "certificates that cannot be used are 78 before anything is sent, and name where the file came from",
        arguments: [
            (["--ca-file", "none"], [:], "--ca-file 'none': it cannot be read (No such file or directory)"),
            (["--ca-file", "."], [:], "--ca-file '.': it is not a regular file"),
            (["--ca-file", "m.yaml"], [:], "--ca-file 'm.yaml': it holds no PEM certificate"),
            ([], ["CURL_CA_BUNDLE": "none", "SSL_CERT_FILE": "m.yaml"], "CURL_CA_BUNDLE 'none': it cannot"),
            ([], ["CURL_CA_BUNDLE": "", "SSL_CERT_FILE": "none"], "SSL_CERT_FILE 'none': it cannot"),
        ] as [([String], [String: String], String)])
    func unusable(flags: [String], environment: [String: String], says: String) async throws {
        let folder = try await Self.prepare()
        let pushed = try await CosplanProcess.run(
            ["push", "m.yaml", "--endpoint", "https://127.0.0.1:1"] + flags + TestTarget.flags,
            in: folder.url,
            environment: ServeProcess.credentials.merging(environment) { $1 })
        #expect(pushed.status == 78, "\(pushed.errors)")
        #expect(pushed.messages.hasPrefix("cosplan: error: \(says)"), "\(pushed.errors)")
    }

    @Test("a service that is silent is waited for in words", .enabled(if: hasPython, "needs python3"))
    func waiting() async throws {
        let folder = try await Self.prepare()
        // Not before it has waited for five seconds; on a busy machine the first line comes earlier than that.
        let pushed = try await Self.shell(
            """
            ${push/--progress none/--progress lines} --endpoint http://127.0.0.1:$port 2> said & push=$!
            until grep -qsE 'waiting for the reply to init /a, |^cosplan: ' said; do sleep 0.2; done
            kill -TERM $push; wait $push; status=$?
            cat said >&2; exit $status
            """, "silent", in: folder)
        #expect(pushed.status == 143, "\(pushed.errors)")
        #expect(pushed.errors.contains("waiting for the reply to init /a, "), "\(pushed.errors)")
    }
}
