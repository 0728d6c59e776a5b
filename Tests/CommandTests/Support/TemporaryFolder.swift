import Foundation

/// A folder of its own for one test, removed with it.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
            .appending(path: "cosplan-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        // A left-over folder harms nobody and there is nobody to tell.
        try? FileManager.default.removeItem(at: url)
    }

    /// Writes `data` to `name`, making the folders in between.
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
    /// Byte i is (31·i + 7) & 0xff: the pattern whose digests the vendor's SDKs were run for.
    static func pattern(count: Int) -> Data {
        let period = (0..<256).map { UInt8(truncatingIfNeeded: 31 * $0 + 7) }
        var data = Data(capacity: count)
        while data.count + 256 <= count { data.append(contentsOf: period) }
        data.append(contentsOf: period.prefix(count - data.count))
        return data
    }

    /// Bytes that do not repeat, the same for one `seed` every time (xorshift64*).
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
