import Foundation
import Testing

/// Processes that are killed, and what they leave.
@Suite("cosplan push, killed", .serialized)
struct PushCrashTests {
    /// A folder with a batch of files, a server with its store, and pushes between them.
    private final class Bench {
        /// Names and sizes: empty, one byte, a shortened last slice, whole slices.
        static let sizes = ["empty": 0, "one": 1, "cut.bin": 5_000_001, "whole.bin": 4 << 20]
        /// Through the XML API, in parts as long as the slices are.
        static let xml = ["--api", "xml", "--region", "ap-guangzhou", "--upload-part-size", "1M"]

        let folder: TemporaryFolder
        /// What `push` is told beside the target.
        let flags: [String]
        private(set) var contents: [String: Data] = [:]

        init(_ flags: [String] = []) throws {
            self.flags = TestTarget.flags + flags
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

        static func push(
            _ url: String, _ more: [String], in folder: URL
        ) async throws -> Finished {
            try await CosplanProcess.run(
                ["push", "--endpoint", url, "m.yaml"] + more, in: folder,
                environment: ServeProcess.credentials)
        }

        /// Pushes slowly, and kills the process `seconds` after its start, or after the first slice or part is there.
        func killedPush(
            _ url: String, after seconds: Double, ofFirstPiece: Bool, receipt: String
        ) async throws {
            let begun = "grep -qs . store/uploads/*/slices store/uploads/*/parts"
            let wait = "until \(begun) || ! kill -0 $pid 2>/dev/null; do sleep 0.01; done;"
            _ = try await CosplanProcess.shell(
                """
                cosplan push --endpoint \(url) \(flags.joined(separator: " ")) \
                --limit-rate \(ofFirstPiece ? 4 : 16)M --receipt \(receipt) m.yaml & pid=$!
                \(ofFirstPiece ? wait : "") sleep \(seconds); kill -9 $pid; wait $pid
                """, in: folder.url, environment: ServeProcess.credentials)
        }

        /// The number of slices or parts of unfinished uploads that the server has recorded, by the object's key.
        func piecesThere() throws -> [String: Int] {
            let uploads = folder.url.appending(path: "store/uploads")
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: uploads.path) else {
                return [:]  // No upload was begun yet.
            }
            func text(_ name: String) -> String {
                // An upload whose files are just being created or removed has none.
                (try? String(contentsOf: uploads.appending(path: name), encoding: .utf8)) ?? ""
            }
            var pieces: [String: Int] = [:]
            for name in names {
                let plan = text("\(name)/plan.json").components(separatedBy: "\"key\":\"")
                guard let key = plan.dropFirst().first?.components(separatedBy: "\"").first else { continue }
                let slices = text("\(name)/slices").split(separator: "\n").count { $0.hasPrefix("+") }
                pieces[key, default: 0] += slices + text("\(name)/parts").count { $0 == "\n" }
            }
            return pieces
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
        let found = try await kills(by: [], rounds: 50)
        #expect(found > 0, "no kill fell between two slices")
    }

    @Test("through the XML API, killed at 30 random moments and run again: the same, of parts")
    func killsXML() async throws {
        let found = try await kills(by: Bench.xml, rounds: 30)
        #expect(found > 0, "no kill fell between two parts")
    }

    /// Kills on several benches at once, each with a server of its own; gives the number of slices that were found.
    private func kills(by flags: [String], rounds: Int) async throws -> Int {
        try await withThrowingTaskGroup { group in
            for _ in 0..<5 {
                group.addTask { try await self.kill(try Bench(flags), rounds: rounds / 5) }
            }
            return try await group.reduce(0, +)
        }
    }

    /// Gives the number of slices that were found by the second push of a round.
    private func kill(_ bench: Bench, rounds: Int) async throws -> Int {
        let server = try ServeProcess(["--root", "store"], in: bench.folder.url)
        var random = UInt64.random(in: 1 ... .max)
        let seed = random
        var found = 0
        for round in 0..<rounds {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            // How long a start takes depends on the machine: every other kill waits for the first piece.
            let waits = round % 2 == 1
            let delay = Double(random >> 40) / Double(1 << 24) * (waits ? 0.4 : 0.8)
            let comment = Comment(
                "seed \(seed), round \(round), killed after \(delay) s\(waits ? " of sending" : "")")
            try await bench.plan(round: round)
            let receipt = "r\(round).jsonl"
            try await bench.killedPush(server.url, after: delay, ofFirstPiece: waits, receipt: receipt)
            let lines = bench.wholeLines(receipt)
            let before = try bench.piecesThere()
            let again = try await Bench.push(
                server.url, bench.flags + ["--receipt", receipt], in: bench.folder.url)
            #expect(again.status == 0, comment)
            try bench.expectAllObjects(round: round, comment)
            for line in try bench.receipt(receipt, from: lines) where line["result"] as? String == "uploaded"
            {
                let size = try #require(line["filesize"] as? Int)
                let there = try #require(line["slices_found"] as? Int)
                let sent = try #require(line["slices_sent"] as? Int)
                #expect(
                    there + sent == (size + 1_048_575) / 1_048_576 || line["api"] != nil && size == 0, comment
                )
                // What was on its way at the kill may still have arrived after the count.
                #expect(there >= before[try #require(line["key"] as? String)] ?? 0, comment)
                found += there
            }
        }
        server.stop()
        return found
    }

    @Test("a server killed at random moments and started again loses nothing that it acknowledged")
    func serverKilled() async throws { try await killServer(try Bench(), rounds: 6) }

    @Test("through the XML API, a server killed at random moments: the same")
    func serverKilledXML() async throws { try await killServer(try Bench(Bench.xml), rounds: 3) }

    private func killServer(_ bench: Bench, rounds: Int) async throws {
        var server = try ServeProcess(["--root", "store"], in: bench.folder.url)
        for round in 0..<rounds {
            try await bench.plan(round: round)
            let (url, place, flags) = (server.url, bench.folder.url, bench.flags)
            async let pushed = Bench.push(
                url, flags + ["--limit-rate", "16M", "--receipt", "s\(round).jsonl"], in: place)
            let delay = Double.random(in: 0.05...0.5)
            try await Task.sleep(for: .seconds(delay))
            server.kill()
            server = try await server.restarted(["--root", "store"], in: bench.folder.url)
            var finished = try await pushed
            // An endpoint that never replied is given up quickly, and a start may outlast all retries.
            for _ in 0..<3 where finished.status == 75 || finished.status == 2 {
                finished = try await Bench.push(
                    server.url, flags + ["--receipt", "s\(round).jsonl"], in: place)
            }
            let comment = Comment("round \(round), killed after \(delay) s: \(finished.errors)")
            #expect(finished.status == 0, comment)
            try bench.expectAllObjects(round: round, comment)
        }
        server.stop()
    }
}
