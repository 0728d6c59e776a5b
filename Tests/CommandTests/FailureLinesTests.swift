import COSUpload
import Foundation
import PlanCore
import Testing

@testable import cosplan

/// What a command says where nothing can work: the host and the proxy by name, and a reason for all files once.
@Suite("Failures of a whole run")
struct FailureLinesTests {
    /// A folder with `count` small files and their manifest `m.yaml`.
    private static func batch(_ count: Int, _ flags: [String] = []) async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        for index in 0..<count { try folder.write("\(index)", to: "data/\(index)") }
        try await CosplanProcess.run(["hash", "-qr", "data", "-o", "m.yaml"] + flags, in: folder.url)
            .expectSuccess()
        return folder
    }

    private static func run(
        _ arguments: [String], in folder: TemporaryFolder,
        environment: [String: String] = ServeProcess.credentials
    ) async throws -> Finished {
        try await CosplanProcess.run(arguments, in: folder.url, environment: environment)
    }

    private static let wrongSecret = [
        "COSPLAN_SECRET_ID": "AKIDTESTTESTTESTTEST", "COSPLAN_SECRET_KEY": "wrongwrongwrongwrongwrong",
    ]

    @Test("a host that nobody knows or that refuses is named, with the flag or the variable that names it")
    func hosts() throws {
        let (appID, bucket) = (try AppID(1_251_668_577), try Bucket("iainyu"))
        let xml = Target.xml(
            try XMLTarget(region: Region("ap-guangzou", for: .xml), appID: appID, bucket: bucket))
        func text(
            _ error: TransportError, _ target: Target, _ environment: [String: String] = [:]
        ) -> String {
            ConnectionText(error, from: target, proxies: ProxyVariables(environment: environment)).text
        }
        let tries = ", tried twice at most because this endpoint has not answered in this run"
        let host = "iainyu-1251668577.cos.ap-guangzou.myqcloud.com"
        #expect(
            text(.hostNotFound(answered: false), xml)
                == "\(host): the host was not found\(tries); check --region 'ap-guangzou', or try again later"
        )
        #expect(text(.connectionLost, xml) == "\(host): the connection broke; try again later")
        let own = Target.json(
            try JSONTarget(
                region: Region("gz"), appID: appID, bucket: bucket,
                endpoint: Endpoint("http://store.example:8080")))
        #expect(
            text(.connectionRefused(answered: true), own)
                == "store.example:8080: the connection was refused; check --endpoint, or try again later")
        let proxy = ["http_proxy": "http://user:password@127.0.0.1:9/"]
        #expect(
            text(.connectionRefused(answered: false), own, proxy)
                == "the proxy 127.0.0.1:9 (http_proxy) refused the connection\(tries); check http_proxy, or try again "
                + "later")
        for environment in [
            proxy.merging(["no_proxy": "a.b, .example"]) { $1 }, proxy.merging(["NO_PROXY": "*"]) { $1 },
            ["https_proxy": "p:1"], ["HTTP_PROXY": "p:1"], ["http_proxy": ""],
        ] {
            #expect(
                text(.connectionRefused(answered: true), own, environment).hasPrefix("store.example:8080: "))
        }
        #expect(
            text(.hostNotFound(answered: true), xml, ["HTTPS_PROXY": "", "all_proxy": "socks5://p:1"])
                == "the proxy p:1 (all_proxy) was not found; check all_proxy, or try again later")
        // Nothing of a user or password is shown, whatever they hold.
        for value in [
            "http://user:SEC/RET@p:1", "http://user:SEC?RET@p:1/", "user:SEC#RET@p:1",
            "http://u@SEC/R@ET@p:1/x",
        ] {
            #expect(
                text(.connectionRefused(answered: true), own, ["http_proxy": value])
                    == "the proxy p:1 (http_proxy) refused the connection; check http_proxy, or try again later"
            )
        }
    }

    @Test("a reason for all files is said once and the others are counted; JSON and the receipt have each")
    func once() async throws {
        let folder = try await Self.batch(40)
        let nobody = ["--endpoint", "http://127.0.0.1:1"] + TestTarget.flags
        let pushed = try await Self.run(
            ["push", "m.yaml", "-q", "--format", "json", "--receipt", "r.jsonl"] + nobody, in: folder)
        #expect(pushed.status == 75)
        let lines = pushed.errors.split(separator: "\n")
        #expect(
            lines.count == 2 && lines[0].contains(": init: 127.0.0.1:1: the connection was refused, tried "))
        #expect(
            lines.last
                == "cosplan: error: and 39 more files at http://127.0.0.1:1: the connection was refused",
            "\(pushed.errors)")
        #expect(pushed.output.split(separator: "\n").count { $0.contains(#""result":"failed""#) } == 40)
        #expect(try folder.text("r.jsonl").split(separator: "\n").count == 40)
        let asked = try await Self.run(["verify", "--remote", "-q", "m.yaml"] + nobody, in: folder)
        #expect(asked.status == 75 && asked.errors.split(separator: "\n").count == 2, "\(asked.errors)")
    }

    @Test("a secret that is wrong ends the run at once, by every API", arguments: ["json", "xml", "s3"])
    func wrongSecret(api: String) async throws {
        let folder = try await Self.batch(60)
        let server = try ServeProcess(["--api", api], in: folder.url)
        let target =
            api == "s3"
            ? ["--bucket", "backup"]
            : ["--region", api == "xml" ? "ap-guangzhou" : "gz", "--appid", "1251668577", "--bucket", "xy2"]
        let pushed = try await Self.run(
            ["push", "m.yaml", "-q", "--api", api, "--endpoint", server.url, "--files-at-once", "4"] + target,
            in: folder, environment: Self.wrongSecret)
        #expect(pushed.status == 77)
        #expect(!pushed.errors.contains("warning"), "\(pushed.errors)")
        let lines = pushed.errors.split(separator: "\n")
        #expect((2...3).contains(lines.count), "\(pushed.errors)")
        #expect(
            lines.last?.hasSuffix(" files not begun: the credentials are refused") == true, "\(pushed.errors)"
        )
        let count =
            lines.last.flatMap { $0.split(separator: " ").dropFirst(2).first.flatMap { Int($0) } } ?? 0
        #expect((50..<60).contains(count), "\(pushed.errors)")
    }

    @Test(
        "an endpoint of another API is final at once, and its API is named where it says what it is",
        arguments: [
            ("json", "s3", "the endpoint answers XML: is --api xml or --api s3 meant?"),
            ("xml", "json", "check --endpoint, --api, --region and the proxy"),
            ("s3", "json", "check --endpoint, --api, --region and the proxy"),
        ])
    func otherAPI(api: String, served: String, says: String) async throws {
        let folder = try await Self.batch(2)
        let server = try ServeProcess(["--api", served], in: folder.url)
        let target =
            api == "s3"
            ? ["--bucket", "backup"]
            : [
                "--region", api == "xml" ? "ap-guangzhou" : "gz", "--appid", "1251668577", "--bucket", "xy2",
            ]
        let pushed = try await Self.run(
            ["push", "m.yaml", "-v", "--api", api, "--endpoint", server.url] + target, in: folder)
        #expect(pushed.status == 69, "\(pushed.errors)")
        #expect(pushed.errors.contains(says), "\(pushed.errors)")
        #expect(!pushed.errors.contains(": retry "), "\(pushed.errors)")
        // A reason for all files, where it is one for sure.
        #expect(pushed.errors.contains("and 1 more file at ") == (served == "s3"), "\(pushed.errors)")
    }

    @Test(
        "a result with nowhere to go says that standard output is closed",
        arguments: ["hash data/0", "verify m.yaml", "show m.yaml", "push --rehearse m.yaml", "--version"])
    func closed(command: String) async throws {
        let folder = try await Self.batch(1)
        let ended = try await CosplanProcess.shell("cosplan \(command) >&-", in: folder.url)
        #expect(ended.status == 73)
        #expect(
            ended.errors
                == "cosplan: error: standard output is closed; redirect it to a file, or to /dev/null\n",
            "\(ended)")
        try await CosplanProcess.shell("cosplan hash -q data/0 -o n.yaml >&-", in: folder.url).expectSuccess()
    }

    @Test("what a signal began is said before how it ended, in JSON, too", arguments: ["INT", "TERM"])
    func signalled(name: String) async throws {
        let folder = try await Self.batch(600)
        try folder.write("- {op: init, nth: 2, times: all, do: delay, ms: 200}\n", to: "faults.yaml")
        let server = try ServeProcess(["--faults", "faults.yaml"], in: folder.url)
        let ended = try await CosplanProcess.shell(
            """
            mkfifo pipe
            env --default-signal=\(name) cosplan push -v --progress json --files-at-once 1 m.yaml \
                --endpoint \(server.url) \(TestTarget.flags.joined(separator: " ")) > o 2> pipe & exec 3< pipe
            while IFS= read -r line <&3; do
                printf '%s\\n' "$line" >> e
                case $line in *'finish /data'*) kill -\(name) $!; break;; esac
            done
            cat <&3 >> e; wait $!
            """, in: folder.url, environment: ServeProcess.credentials)
        #expect(ended.status == (name == "INT" ? 130 : 143))
        let lines = try folder.text("e").split(separator: "\n")
        let notes = lines.indices.filter { lines[$0].contains("stopping at a slice boundary") }
        #expect(notes.count == 1, "\(lines)")
        #expect(
            lines.last?.contains(#""event":"error""#) == true && lines.last?.contains("interrupted: ") == true
        )
        #expect(lines.dropLast().allSatisfy { !$0.contains("interrupted: ") })
    }
}
