import Foundation
import Testing

/// `push` over a link slower than any timeout, in a network namespace of its own.
@Suite("cosplan push, over a slow link")
struct PushSlowLinkTests {
    /// The command that creates a network namespace here; nil if it is not permitted or `tc` is missing.
    private static let namespace: String? = ["unshare -n", "unshare -rn"].first { command in
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "\(command) sh -c '\(shape)'"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        // A program that cannot be run is a valid result.
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    /// 8,000 bytes per second.
    private static let shape =
        "ip link set lo up mtu 1500 && tc qdisc add dev lo root tbf rate 64kbit burst 4k latency 1s"

    @Test(
        "640 kB in two slices at 64 kbit/s: no retry, and at most 1.2 times the file on the wire",
        .enabled(if: namespace != nil, "needs a network namespace and tc"), .timeLimit(.minutes(30)))
    func slowUplink() async throws {
        let namespace = try #require(Self.namespace)
        let folder = try TemporaryFolder()
        let bytes = SampleBytes.random(count: 640_000, seed: 80)
        try folder.write(bytes, to: "a")
        try folder.write(
            """
            \(Self.shape)
            cosplan serve --root store > url & server=$!
            until [ -s url ] || ! kill -0 $server; do sleep 0.02; done
            cosplan push m.yaml -v --progress none --endpoint $(cat url) \(TestTarget.flags.joined(separator: " "))
            status=$?
            kill -KILL $server
            tc -s qdisc show dev lo > wire
            exit $status
            """, to: "inside.sh")
        let pushed = try await CosplanProcess.shell(
            "cosplan hash a --slice-size 512K -o m.yaml && \(namespace) bash inside.sh", in: folder.url,
            environment: ServeProcess.credentials)
        #expect(pushed.status == 0, "\(pushed.errors)")
        #expect(!pushed.errors.contains("retry"), "\(pushed.errors)")
        #expect(try folder.read("store/\(TestTarget.objects)/a") == bytes)
        let words = try folder.text("wire").split { $0 == " " || $0 == "\n" }
        let sent = try #require(words.firstIndex(of: "Sent").flatMap { Int(words[$0 + 1]) })
        #expect(sent < 768_000, "\(sent) bytes on the wire")
    }
}
