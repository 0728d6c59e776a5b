import Foundation
import Testing

/// The exit statuses of `push` for every fault that the emulator can inject.
@Suite("cosplan push, against faults", .serialized)
struct PushFaultTests {
    /// A line of a fault script, and the exit statuses if it applies once and to every request.
    struct Row: Sendable, CustomTestStringConvertible {
        let fault: String
        let once: Int32
        let always: Int32
        var operations = ["init", "data", "list", "finish"]

        var testDescription: String { fault }
    }

    static let rows = [
        Row(fault: "do: status, status: 503, code: -181", once: 0, always: 75),
        Row(fault: "do: status, status: 400, code: -133", once: 69, always: 69),
        // The code of a lost session is not documented, so an unknown code leads to one new init.
        Row(
            fault: "do: status, status: 200, code: -12345", once: 0, always: 69,
            operations: ["data", "finish"]),
        Row(
            fault: "do: status, status: 200, code: -12345", once: 69, always: 69,
            operations: ["init", "list"]),
        Row(fault: "do: delay, ms: 20", once: 0, always: 0),
        Row(fault: "do: reset, when: before", once: 0, always: 75),
        Row(fault: "do: reset, when: during", once: 0, always: 75),
        Row(fault: "do: reset, when: after", once: 0, always: 75),
        Row(fault: "do: cut_reply", once: 0, always: 75),
        Row(fault: "do: drop_reply", once: 0, always: 75),
        Row(fault: "do: empty_reply", once: 0, always: 75),
        Row(fault: "do: html, status: 403", once: 69, always: 69),
        Row(fault: "do: html, status: 502", once: 0, always: 75),
        Row(fault: "do: redirect, status: 307", once: 69, always: 69),
        Row(fault: "do: throttle, ms: 1", once: 0, always: 75),
        Row(fault: "do: clock_skew, s: 7200", once: 0, always: 0),
        Row(fault: "do: clock_skew, s: -7200", once: 0, always: 0),
        Row(fault: "do: dead_session", once: 0, always: 75, operations: ["data", "finish"]),
        Row(fault: "do: dead_session", once: 0, always: 0, operations: ["list"]),
        Row(fault: "do: expired", once: 0, always: 77),
        Row(fault: "do: slow_read, bytes_per_second: 50000000", once: 0, always: 0),
        Row(fault: "do: slice_size, slice_size: 524288", once: 0, always: 0, operations: ["init"]),
        Row(fault: "do: slice_size, slice_size: 3145728", once: 0, always: 0, operations: ["init"]),
        Row(fault: "do: serial", once: 0, always: 0, operations: ["init"]),
    ]

    @Test(
        "each fault at each request ends as documented; the same command again always ends well",
        arguments: rows)
    func fault(_ row: Row) async throws {
        for operation in row.operations {
            for isOnce in [true, false] {
                try await check(row, at: operation, isOnce: isOnce)
            }
        }
    }

    private func check(_ row: Row, at operation: String, isOnce: Bool) async throws {
        let place = Comment("\(row.fault) at \(operation), \(isOnce ? "once" : "always")")
        let folder = try TemporaryFolder()
        let bytes = SampleBytes.random(count: 2_500_000, seed: 3)
        try folder.write(bytes, to: "a.bin")
        _ = try await CosplanProcess.run(["hash", "a.bin", "-o", "m.yaml"], in: folder.url)
        let script = "- {op: \(operation), times: \(isOnce ? "1" : "all"), \(row.fault)}\n"
        try folder.write(script, to: "faults.yaml")
        // Leaves an unfinished upload, which list then returns.
        let begun = "- {op: data, nth: 2, do: status, status: 400, code: -133}\n"
        try folder.write(begun, to: "begun.yaml")
        if operation == "list" {
            let first = try await push("begun.yaml", in: folder)
            #expect(first.status == 69, place)
        }
        let pushed = try await push("faults.yaml", in: folder)
        #expect(pushed.status == (isOnce ? row.once : row.always), "\(place): \(pushed.errors)")
        let object = "store/\(TestTarget.objects)/a.bin"
        if pushed.status == 0 {
            #expect(try folder.read(object) == bytes, place)
        } else {
            #expect(pushed.errors.contains("/a.bin"), "\(place): \(pushed.errors)")
            // Complete, because only the reply was lost, or missing.
            let stored = try? folder.read(object)
            #expect(stored == nil || stored == bytes, place)
        }
        let again = try await push(nil, in: folder)
        #expect(again.status == 0, "\(place): \(again.errors)")
        #expect(try folder.read(object) == bytes, place)
    }

    private func push(_ faults: String?, in folder: TemporaryFolder) async throws -> Finished {
        let server = try ServeProcess(
            ["--root", "store"] + (faults.map { ["--faults", $0] } ?? []), in: folder.url)
        defer { server.stop() }
        return try await CosplanProcess.run(
            ["push", "--endpoint", server.url] + TestTarget.flags + ["--retries", "2", "m.yaml"],
            in: folder.url, environment: ServeProcess.credentials)
    }
}
