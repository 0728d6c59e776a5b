import Glibc
import PlanCore

/// The lines of a log as they stood at one moment, read without changing anything.
package struct LogLines {
    /// The longest line. **Unit**: bytes.
    package static let lineLimit = 1 << 20

    /// How long the lines are that have their end. **Unit**: bytes.
    package let length: Int64
    /// How long the unfinished last line is; 0 where there is none. **Unit**: bytes.
    package let tornLength: Int64
    private let descriptor: Descriptor
    private let path: ByteString

    init(_ descriptor: Descriptor, path: ByteString, length: Int64, tornLength: Int64) {
        self.descriptor = descriptor
        self.path = path
        self.length = length
        self.tornLength = tornLength
    }

    /// The lines of the file at `path`, relative to the current folder; another process may be writing to it.
    ///
    /// - Throws: ``FileError/noSuchFile(path:)``, ``FileError/linkNotFollowed(path:)``,
    ///   ``FileError/notRegular(path:kind:)``, ``FileError/unreadable(path:code:)``.
    package init(path: ByteString) throws(FileError) {
        let status: stat
        (descriptor, status) = try Descriptor.openRegular(path)
        do throws(SystemError) {
            length = try Self.wholeLength(descriptor, length: Int64(status.st_size))
        } catch {
            throw .readFailed(path: path, offset: 0, code: error.code)
        }
        tornLength = Int64(status.st_size) - length
        self.path = path
    }

    /// Calls `body` with each line that has its end, without it, in their order.
    ///
    /// - Throws: ``FileError/lineTooLong(path:line:limit:)``, ``FileError/readFailed(path:offset:code:)``, and what
    ///   `body` throws.
    package func forEach(_ body: ([UInt8]) throws -> Void) throws {
        var line: [UInt8] = []
        var number = 1
        var offset: Int64 = 0
        while offset < length {
            let range = ByteRange(offset: offset, length: min(65_536, length - offset))
            let chunk = try descriptor.allBytes(range, of: path)
            offset += Int64(chunk.count)
            let pieces = chunk.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            for (index, piece) in pieces.enumerated() {
                if index > 0 {
                    try body(line)
                    line.removeAll(keepingCapacity: true)
                    number += 1
                }
                guard line.count + piece.count < Self.lineLimit else {
                    throw FileError.lineTooLong(path: path, line: number, limit: Self.lineLimit)
                }
                line += piece
            }
        }
    }

    /// The first bytes of the unfinished last line, at most `count`.
    package func tornBytes(upTo count: Int) throws(FileError) -> [UInt8] {
        try descriptor.allBytes(
            ByteRange(offset: length, length: min(tornLength, Int64(count))), of: path)
    }

    /// The length of the lines that have their end.
    static func wholeLength(_ descriptor: Descriptor, length: Int64) throws(SystemError) -> Int64 {
        var end = length
        while end > 0 {
            let start = max(0, end - 65_536)
            let chunk = try descriptor.bytes(ByteRange(offset: start, length: end - start))
            if let last = chunk.lastIndex(of: UInt8(ascii: "\n")) { return start + Int64(last) + 1 }
            end = start
        }
        return 0
    }
}
