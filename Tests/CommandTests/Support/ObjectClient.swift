import Foundation
import Testing

/// `object_client.py`: what is in a store, asked by another program.
struct ObjectClient: Sendable {
    enum Kind: String, Sendable { case cos, s3 }

    /// What HEAD answers.
    struct Head: Decodable, Sendable {
        var key: String
        var status: Int
        var length: Int
        var etag: String?
        var crc64ecma: String?
        var crc64nvme: String?
    }

    let kind: Kind
    let url: String
    let bucket: String
    let folder: TemporaryFolder
    var environment = ServeProcess.credentials

    func run(_ arguments: [String]) async throws -> String {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "object_client.py")
        let finished = try await CosplanProcess.run(
            URL(filePath: "/usr/bin/env"), ["python3", script.path, kind.rawValue, url, bucket] + arguments,
            in: folder.url, environment: environment)
        #expect(finished.status == 0, "\(arguments): \(finished.errors)")
        return finished.output
    }

    /// Keys without their leading slash.
    func heads(_ keys: [String]) async throws -> [String: Head] {
        let heads = try await run(["head"] + keys).split(separator: "\n").map {
            try JSONDecoder().decode(Head.self, from: Data($0.utf8))
        }
        return Dictionary(heads.map { ($0.key, $0) }) { first, _ in first }
    }

    /// How many parts of unfinished uploads each key has.
    func parts(_ keys: [String]) async throws -> [String: Int] {
        struct Parts: Decodable {
            var key: String
            var parts: Int
        }
        let found = try await run(["parts"] + keys).split(separator: "\n").map {
            try JSONDecoder().decode(Parts.self, from: Data($0.utf8))
        }
        return Dictionary(found.map { ($0.key, $0.parts) }) { first, _ in first }
    }

    /// Downloads objects and compares each with the file of its key.
    func expectSame(_ keys: [String], as files: String = ".") async throws {
        _ = try await run(["get", "downloaded"] + keys)
        for key in keys {
            let compared = try await CosplanProcess.shell(
                "cmp 'downloaded/\(key)' '\(files)/\(key)'", in: folder.url)
            #expect(compared.status == 0, "\(key): \(compared.output)\(compared.errors)")
        }
    }
}

/// Checksums as a plan records them, read by another program.
struct PlannedChecksums: Decodable, Sendable {
    struct File: Decodable, Sendable {
        var key: String
        var filesize: Int
        var crc64ecma: String?
        var crc64nvme: String?
    }

    var files: [File]

    /// Of a plan in JSON.
    init(_ data: Data) throws { self = try JSONDecoder().decode(PlannedChecksums.self, from: data) }
}
