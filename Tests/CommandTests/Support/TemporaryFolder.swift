import Foundation

/// A temporary folder for one test, removed with the object.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appending(path: "cosplan-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        // A leftover folder is harmless, and there is nobody to report to.
        try? FileManager.default.removeItem(at: url)
    }

    /// Writes `data` to `name`; creates the folders in between.
    @discardableResult
    func write(_ data: Data, to name: String) throws -> URL {
        let file = url.appending(path: name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
        return file
    }

    @discardableResult
    func write(_ text: String, to name: String) throws -> URL { try write(Data(text.utf8), to: name) }

    func read(_ name: String) throws -> Data { try Data(contentsOf: url.appending(path: name)) }

    func text(_ name: String) throws -> String { String(decoding: try read(name), as: UTF8.self) }
}

/// Bytes for tests.
enum SampleBytes {
    /// Byte i is (31·i + 7) & 0xff, the pattern that the vendor's SDKs were run with.
    static func pattern(count: Int) -> Data {
        let period = (0..<256).map { UInt8(truncatingIfNeeded: 31 * $0 + 7) }
        var data = Data(capacity: count)
        while data.count + 256 <= count { data.append(contentsOf: period) }
        data.append(contentsOf: period.prefix(count - data.count))
        return data
    }

    /// Non-repeating bytes, the same for a `seed` every time (xorshift64*).
    static func random(count: Int, seed: UInt64) -> Data {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
        var words: [UInt64] = []
        words.reserveCapacity(count / 8 + 1)
        for _ in 0..<(count / 8 + 1) {
            state ^= state >> 12
            state ^= state << 25
            state ^= state >> 27
            words.append(state &* 0x2545_f491_4f6c_dd1d)
        }
        return words.withUnsafeBytes { Data($0.prefix(count)) }
    }
}
