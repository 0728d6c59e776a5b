/// Bytes that are read from front to end, and again after a rewind.
public protocol ByteSource: AnyObject {
    /// The next bytes, at least one and at most `count`; none at the end.
    func read(upTo count: Int) throws -> [UInt8]
    /// Goes back to the first byte.
    func rewind() throws
}

/// A byte source over bytes in memory. A class because a source has a position of its own.
public final class MemoryByteSource: ByteSource {
    private let bytes: [UInt8]
    private var position = 0

    /// Reads `bytes`.
    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads the UTF-8 bytes of `text`.
    public convenience init(_ text: String) {
        self.init(Array(text.utf8))
    }

    public func read(upTo count: Int) -> [UInt8] {
        let end = min(bytes.count, position + max(0, count))
        defer { position = end }
        return Array(bytes[position..<end])
    }

    public func rewind() {
        position = 0
    }
}
