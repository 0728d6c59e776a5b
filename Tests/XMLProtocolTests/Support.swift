import ByteDigests
import Foundation
import PlanCore
import ServiceCore
import Testing

@testable import XMLProtocol

/// A seeded generator (SplitMix64), so that failures can be reproduced.
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

/// The results of `second_opinion.py`, an independent Python program.
enum SecondOpinion {
    /// Whether Python is installed; if not, the tests that need it are skipped.
    static let isThere = ["/usr/bin/python3", "/usr/local/bin/python3"].contains {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    /// One result per case.
    static func answers(to cases: [[String: Any]]) throws -> [String] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "second_opinion.py")
        process.arguments = ["python3", script.path]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let text = try JSONSerialization.data(withJSONObject: cases)
        let writer = Thread {
            input.fileHandleForWriting.write(text)
            try? input.fileHandleForWriting.close()  // The reader is gone then, and its answer tells.
        }
        writer.start()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String])
    }
}

/// CRC-64 computed bit by bit, for short inputs.
func crc64(_ bytes: some Sequence<UInt8>, _ kind: CRC64.Kind) -> UInt64 {
    var register = UInt64.max
    for byte in bytes {
        register ^= UInt64(byte)
        for _ in 0..<8 { register = register >> 1 ^ (register & 1 == 1 ? kind.polynomial : 0) }
    }
    return ~register
}

/// A plan of `size` bytes in slices of 512 KiB; its digests are invented, which the state machine cannot
/// notice.
func plan(
    size: Int64, key: String = "/dir/上传 a+b~(1).bin", insertOnly: InsertOnly = .refuse,
    slice: Int64 = 524_288, bizAttr: ByteString = "", checksums: Checksums = Checksums()
) throws -> PlannedFile {
    let sha = size == 0 ? Digest.ofNoBytes : Digest(words: (1, 2, 3, 4, 5))
    let layout = Layout(fileSize: size, pieceSize: min(slice, 1_048_576))
    return PlannedFile(
        path: try LocalPath("a"), key: try ObjectKey(key), sha: sha, checksums: checksums,
        sliceSize: try SliceSize(bytes: slice),
        insertOnly: insertOnly, bizAttr: bizAttr, datashaKind: .state, partLayout: layout,
        parts: (0..<layout.count).map { Part(range: layout.range(of: $0), datasha: sha, sha1: nil) })
}

func cosAddress(endpoint: String = "https://cos.ap-beijing.myqcloud.com", addressing: Addressing = .host)
    throws
    -> BucketAddress
{
    try BucketAddress(
        dialect: .cos, endpoint: try Endpoint(endpoint), addressing: addressing,
        bucketName: "examplebucket-1250000000", region: "ap-beijing")
}

func s3Address(
    _ checksum: S3Checksum = .crc64nvme, endpoint: String = "http://127.0.0.1:8333",
    addressing: Addressing = .path
) throws -> BucketAddress {
    try BucketAddress(
        dialect: .s3(checksum), endpoint: try Endpoint(endpoint), addressing: addressing,
        bucketName: "bucket",
        region: "us-east-1")
}
