import CLibCrypto
import Foundation
import PlanCore
import PlanFiles
import Testing

@testable import COSUpload

/// A temporary folder of test files.
final class Folder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "cosplan-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        // A leftover test folder is harmless.
        try? FileManager.default.removeItem(at: url)
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        try Data(bytes).write(to: url.appending(path: name))
    }

    func root() throws -> Root { try Root(path: ByteString(url.path)) }
}

/// Pseudo-random bytes, the same every time.
func pattern(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
    let words = (0...(count / 8)).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
    return words.withUnsafeBytes { Array($0.prefix(count)) }
}

/// The plan of these bytes, computed with OpenSSL.
func plan(
    _ bytes: [UInt8], path: String = "a", key: String? = nil, partSize: Int64 = 1_048_576,
    sliceSize: Int64 = 1_048_576, kind: DatashaKind = .state, insertOnly: InsertOnly = .refuse
) throws -> PlannedFile {
    let layout = Layout(fileSize: Int64(bytes.count), pieceSize: partSize)
    let sha = sha1(bytes[...])
    var context = SHA_CTX()
    SHA1_Init(&context)
    let parts = (0..<layout.count).map { index in
        let range = layout.range(of: index)
        let part = bytes[Int(range.offset)..<Int(range.end)]
        _ = part.withUnsafeBytes { SHA1_Update(&context, $0.baseAddress, $0.count) }
        let state = RunningState(words: (context.h0, context.h1, context.h2, context.h3, context.h4))
        let datasha: Digest =
            switch kind {
            case .part: sha1(part)
            case .state: index + 1 == layout.count ? sha : state.datasha
            }
        return Part(range: range, datasha: datasha, sha1: sha1(part))
    }
    return PlannedFile(
        path: try LocalPath(ByteString(path)), key: try ObjectKey(key ?? "/" + path), sha: sha,
        sliceSize: try SliceSize(bytes: sliceSize), insertOnly: insertOnly, datashaKind: kind,
        partLayout: layout, parts: parts)
}

func sha1(_ bytes: ArraySlice<UInt8>) -> Digest {
    var digest = [UInt8](repeating: 0, count: 20)
    _ = bytes.withUnsafeBytes { SHA1($0.baseAddress, $0.count, &digest) }
    let hex = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return Digest(hex: hex) ?? .ofNoBytes
}

func testTarget() throws -> Target { .json(try jsonTarget()) }

func jsonTarget() throws -> JSONTarget {
    try JSONTarget(region: Region("gz"), appID: AppID(1_251_668_577), bucket: Bucket("xy2"))
}
