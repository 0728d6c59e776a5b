/// A source of bytes that can be read front to back, and again after a rewind.
package protocol ByteSource: AnyObject {
    /// The next bytes, at most `count`; empty only at the end.
    func read(upTo count: Int) throws -> [UInt8]
    /// Goes back to the first byte.
    func rewind() throws
}

/// A byte source in memory.
///
/// A class, because it has a position.
package final class MemoryByteSource: ByteSource {
    private let bytes: [UInt8]
    private var position = 0

    /// Creates a source of `bytes`.
    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Creates a source of the UTF-8 bytes of `text`.
    package convenience init(_ text: String) {
        self.init(Array(text.utf8))
    }

    /// The next bytes, at most `count`; empty at the end.
    package func read(upTo count: Int) -> [UInt8] {
        let end = min(bytes.count, position + max(0, count))
        defer { position = end }
        return Array(bytes[position..<end])
    }

    /// Goes back to the first byte.
    package func rewind() {
        position = 0
    }
}
