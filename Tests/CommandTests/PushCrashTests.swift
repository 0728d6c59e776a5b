import Foundation
import Testing

/// Processes that are killed, and what they leave.
@Suite("cosplan push, killed", .serialized)
struct PushCrashTests {
    /// A folder with a batch of files, a server with its store, and pushes between them.
    private final class Bench {
        /// Names and sizes: empty, one byte, a shortened last slice, whole slices.
        static let sizes = ["empty": 0, "one": 1, "cut.bin": 5_000_001, "whole.bin": 4 << 20]

        let folder: TemporaryFolder
        private(set) var contents: [String: Data] = [:]

        init() throws {
            folder = try TemporaryFolder()
            for (name, size) in Self.sizes {
                contents[name] = SampleBytes.random(count: size, seed: UInt64(size))
            }
        }

        /// Creates new contents and plans them: bytes that no earlier round sent, under keys of this round.
        func plan(round: Int) async throws {
            for (name, size) in Self.sizes {
                if size > 0 { contents[name]?[0] = UInt8(truncatingIfNeeded: round) }
                try folder.write(contents[name] ?? Data(), to: "data/\(name)")
            }
            let planned = try await CosplanProcess.run(
                ["hash", "-r", "data", "--prefix", "/r\(round)", "-o", "m.yaml"], in: folder.url)
            #expect(planned.status == 0, "\(planned.errors)")
        }

        static func push(_ url: String, _ more: [String], in folder: URL) async throws -> Finished {
            try await CosplanProcess.run(
                ["push", "--endpoint", url] + TestTarget.flags + ["m.yaml"] + more, in: folder,
                environment: ServeProcess.credentials)
        }

        /// Pushes slowly, and kills the process after `seconds`.
        func killedPush(_ url: String, after seconds: Double, receipt: String) async throws {
            _ = try await CosplanProcess.shell(
                """
                cosplan push --endpoint \(url) \(TestTarget.flags.joined(separator: " ")) \
                --limit-rate 16M --receipt \(receipt) m.yaml & pid=$!
                sleep \(seconds); kill -9 $pid; wait $pid
                """, in: folder.url, environment: ServeProcess.credentials)
        }

        /// The number of slices of unfinished uploads that the server has recorded.
        func slicesThere() throws -> Int {
            let uploads = folder.url.appending(path: "store/uploads")
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: uploads.path) else {
                return 0  // No upload was begun yet.
            }
            return names.reduce(0) { count, name in
                let log = uploads.appending(path: "\(name)/slices")
                // An upload whose files are just being created has none.
                let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
                return count + text.split(separator: "\n").count { $0.hasPrefix("+") }
            }
        }

        func expectAllObjects(round: Int, _ comment: Comment) throws {
            for name in Self.sizes.keys {
                let stored = try folder.read("store/\(TestTarget.objects)/r\(round)/data/\(name)")
                #expect(stored == contents[name], comment)
            }
        }

        /// The receipt's lines from `first` on.
        func receipt(_ name: String, from first: Int) throws -> [[String: Any]] {
            try folder.text(name).split(separator: "\n").dropFirst(first).map { line in
                try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            }
        }

        /// The number of complete lines of a receipt.
        func wholeLines(_ name: String) -> Int {
            guard let text = try? folder.text(name) else { return 0 }  // It was killed before it made one.
            return text.count { $0 == "\n" }
        }
    }

    @Test("killed at 50 random moments and run again, every object is whole and no slice is sent twice")
    func fiftyKills() async throws {
        let bench = try Bench()
        let server = try ServeProcess(["--root", "store"], in: bench.folder.url)
        var random = UInt64.random(in: 1 ... .max)
        let seed = random
        var found = 0
        for round in 0..<50 {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let delay = Double(random >> 40) / Double(1 << 24) * 0.8
            let comment = Comment("seed \(seed), round \(round), killed after \(delay) s")
            try await bench.plan(round: round)
            let receipt = "r\(round).jsonl"
            try await bench.killedPush(server.url, after: delay, receipt: receipt)
            let lines = bench.wholeLines(receipt)
            let before = try bench.slicesThere()
            let again = try await Bench.push(server.url, ["--receipt", receipt], in: bench.folder.url)
            #expect(again.status == 0, comment)
            try bench.expectAllObjects(round: round, comment)
            var foundNow = 0
            for line in try bench.receipt(receipt, from: lines) where line["result"] as? String == "uploaded"
            {
                let size = try #require(line["filesize"] as? Int)
                let there = try #require(line["slices_found"] as? Int)
                let sent = try #require(line["slices_sent"] as? Int)
                #expect(there + sent == (size + 1_048_575) / 1_048_576, comment)
                foundNow += there
            }
            // Slices in flight at the kill may have arrived after the count.
            #expect(foundNow >= before, comment)
            found += foundNow
        }
        #expect(found > 0, "no kill fell between two slices; seed \(seed)")
        server.stop()
    }

    @Test("a server killed at random moments and started again loses nothing that it acknowledged")
    func serverKilled() async throws {
        let bench = try Bench()
        var server = try ServeProcess(["--root", "store"], in: bench.folder.url)
        for round in 0..<6 {
            try await bench.plan(round: round)
            let (url, port, place) = (server.url, server.port, bench.folder.url)
            async let pushed = Bench.push(
                url, ["--limit-rate", "16M", "--receipt", "s\(round).jsonl"], in: place)
            let delay = Double.random(in: 0.05...0.5)
            try await Task.sleep(for: .seconds(delay))
            server.kill()
            server = try ServeProcess(["--root", "store", "--port", port], in: bench.folder.url)
            var finished = try await pushed
            // It was killed before the first reply: an endpoint that never replied is given up quickly.
            if finished.status == 75 {
                finished = try await Bench.push(server.url, ["--receipt", "s\(round).jsonl"], in: place)
            }
            let comment = Comment("round \(round), killed after \(delay) s: \(finished.errors)")
            #expect(finished.status == 0, comment)
            try bench.expectAllObjects(round: round, comment)
        }
        server.stop()
    }
}
