import Foundation

/// A plan computed independently by `second_opinion.py`, with hashlib and libcrypto's SHA_CTX.
struct SecondOpinion: Decodable, Equatable, Sendable {
    struct Part: Decodable, Equatable, Sendable {
        var offset: Int64
        var datalen: Int64
        var datasha: String
        var sha1: String?
    }

    var sha: String
    var uploadparts: [Part]

    static func of(_ file: URL, partSize: Int64, kind: String = "state") async throws -> SecondOpinion {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "second_opinion.py")
        let finished = try await CosplanProcess.run(
            URL(filePath: "/usr/bin/env"),
            ["python3", script.path, file.path, String(partSize), kind],
            in: file.deletingLastPathComponent())
        return try JSONDecoder().decode(SecondOpinion.self, from: finished.standardOutput)
    }
}

/// A JSON manifest, decoded independently.
struct ManifestDocument: Decodable, Sendable {
    struct File: Decodable, Sendable {
        var path: String
        var key: String
        var filesize: Int64
        var sha: String
        var sliceSize: Int64
        var insertOnly: Int?
        var bizAttr: String?
        var uploadparts: [SecondOpinion.Part]

        enum CodingKeys: String, CodingKey {
            case path, key, filesize, sha, insertOnly, uploadparts
            case sliceSize = "slice_size"
            case bizAttr = "biz_attr"
        }

        var plan: SecondOpinion { SecondOpinion(sha: sha, uploadparts: uploadparts) }
    }

    struct Target: Decodable, Equatable, Sendable {
        var region: String?
        var appid: Int64?
        var bucket: String?
    }

    var cosplan: Int
    var datasha: String
    var target: Target?
    var files: [File]

    init(_ data: Data) throws { self = try JSONDecoder().decode(ManifestDocument.self, from: data) }
}
